"""How far an order is on its way to the shopper, and who may change it."""
