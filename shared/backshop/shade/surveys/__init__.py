"""Customers' answers about their sample kit."""
