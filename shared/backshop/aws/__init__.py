"""AWS: configuration and secrets, queues, objects."""
