"""What needs a person today, in all stores, and what happened."""
