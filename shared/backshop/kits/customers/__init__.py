"""Vendure's customers and their addresses."""
