"""Quotes: what a project costs, sent to be accepted."""
