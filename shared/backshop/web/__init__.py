"""HTTP: routes, problems, pages of lists, and who is calling."""
