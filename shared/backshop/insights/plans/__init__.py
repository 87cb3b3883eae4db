"""How much a store may ask, by its plan."""
