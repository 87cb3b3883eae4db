"""Supplier batches: orders collected, bought and walked on together."""
