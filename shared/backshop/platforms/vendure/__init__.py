"""Vendure: signed events of the plugin in integrations/vendure, and the Admin API."""
