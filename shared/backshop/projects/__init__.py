"""Quoting tiling projects."""
