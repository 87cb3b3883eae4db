"""What staff and shop ask a platform to do about an order: refunds and address changes."""
