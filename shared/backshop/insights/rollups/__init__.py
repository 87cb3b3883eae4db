"""Sums that are kept: by day and currency, by product, and how many different customers bought in a
month. `keeping` changes them with the rows that they are sums of, `rebuilding` makes them anew."""

from backshop.insights.rollups.keeping import Keeping

__all__ = ["Keeping"]
