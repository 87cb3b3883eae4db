"""The cart that a recommendation leads to."""
