"""What a merchant keeps: charts on a dashboard, conversations."""
