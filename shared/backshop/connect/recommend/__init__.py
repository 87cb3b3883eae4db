"""What to offer a customer next: two lists with calibrated probabilities
(docs/recommendations.md)."""
