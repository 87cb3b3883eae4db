"""The app that all routes of this function are declared on."""

from pathlib import Path

from backshop.web import fast

app = fast.app(
    title="Insights",
    version="1",
    description=(
        "A store's numbers: queries by name, a dashboard, saved charts, exports. Amounts of money are "
        "decimal texts in major units of their currency, proportions are fractions, days are the "
        "store's own, times are in UTC."
    ),
    openapi_path="/openapi/insights.json",
    examples=Path(__file__).with_name("examples.json"),
)
app.router.tags = ["Insights"]
