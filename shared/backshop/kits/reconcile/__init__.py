"""Keeping deliveries here and at the platform in step."""
