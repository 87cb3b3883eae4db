"""Which shade is recommended, and why."""
