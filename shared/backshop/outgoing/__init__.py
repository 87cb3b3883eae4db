"""The one way out over HTTP, and to whom it leads."""
