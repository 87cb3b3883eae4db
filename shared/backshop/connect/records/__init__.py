"""What a shop has told, as staff and programs look it up: orders, products, customers."""
