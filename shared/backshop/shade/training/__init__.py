"""Rated matches as a training set."""
