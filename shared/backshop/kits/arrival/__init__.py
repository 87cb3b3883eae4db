"""When an order will come, learnt from how long the store's orders took from stage to stage."""
