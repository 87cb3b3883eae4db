"""backshop's own layer: what every function shares."""

import gc

# What is imported stays. Looked through for garbage every few hundred objects, as Python does, it
# costs a function a thirtieth of its cold start.
gc.set_threshold(20_000)
