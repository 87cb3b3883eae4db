"""What the funnel brought."""
