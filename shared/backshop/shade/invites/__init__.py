"""Invitations to the survey."""
