"""Vendure's orders and their items."""
