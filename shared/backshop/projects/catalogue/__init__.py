"""The catalogue that products are selected from."""
