"""Customers' discounts."""
