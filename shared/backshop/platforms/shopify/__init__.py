"""Shopify: signed webhooks in the form of its REST API, reading through GraphQL Admin."""
