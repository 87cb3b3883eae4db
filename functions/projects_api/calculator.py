"""The calculator that a shop's own pages show: quantities of given measures; nothing is stored."""

from backshop.projects.quantities import rules
from backshop.projects.quantities.models import Measures, Quantities
from served import app


@app.post("/quantities", tags=["Quantities"])
async def calculate(measures: Measures) -> Quantities:
    """What surfaces take of tile and materials, rounded up over all of them once."""
    return rules.calculate(measures)
