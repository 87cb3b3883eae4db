"""The one way in: records made ready, claimed and saved in every context."""
