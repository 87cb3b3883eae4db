"""What a store's numbers mean: queries by name (`models`), the catalogue of metrics (`metrics`),
and what turns one into SQL and an answer."""
