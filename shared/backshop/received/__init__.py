"""Webhooks that were received, kept for 30 days so that staff can look at them and replay them.

`webhook_ingest` keeps them, `received_webhooks` alone can read their bodies again.
"""
