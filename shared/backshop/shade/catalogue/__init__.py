"""The shades of a store."""
