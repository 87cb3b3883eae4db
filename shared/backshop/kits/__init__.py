"""Signature Kits: phone check, delivery tracking and supplier batches."""
