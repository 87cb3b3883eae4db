"""Charts: a small spec of our own (`models`), held to the result that it draws (`rules`), compiled
to Vega-Lite (`vega`) and drawn without a browser or network (`drawing`)."""
