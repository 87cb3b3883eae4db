"""WooCommerce: signed webhooks and the REST API v3, which share one form."""
