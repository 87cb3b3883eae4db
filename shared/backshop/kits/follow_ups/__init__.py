"""What a changed delivery causes: the platform is repaired, the shopper is notified."""
