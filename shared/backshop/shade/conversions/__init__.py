"""Sales that came of recommendations."""
