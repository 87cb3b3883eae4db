"""Importing the catalogue from files that spreadsheets save."""
