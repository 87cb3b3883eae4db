"""The tenants: connected stores, their credentials and keys, the inbox of their deliveries."""
