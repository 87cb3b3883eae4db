"""The one way in: records are prepared, claimed in the ledger and saved in every context.

One way down: `prepare` makes lines of records (`rows`) without those who were erased (`erasures`),
`ledger` says which are new, `projections` gives those to the contexts (`contexts`, `ports`).
"""
