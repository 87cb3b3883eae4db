"""backshop's own layer: what every function shares."""
