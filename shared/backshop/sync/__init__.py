"""Syncs: runs and their jobs, what is due, and how a job is worked off."""
