"""From a merchant's English to a query: `rules.plan` is the deterministic planner, `bedrock` the
model's, and both give a `Plan` or a `Declined`."""
