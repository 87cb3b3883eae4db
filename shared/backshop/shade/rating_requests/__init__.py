"""Asking a customer, weeks after the full size arrived, how well the recommended shade does."""
