"""Virtual try-on: a selfie, the products to see on it, and what came of each."""
