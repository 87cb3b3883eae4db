"""An order as its shopper sees it."""
