"""The app that all routes of this function are declared on."""

from pathlib import Path

from backshop.web import fast

app = fast.app(
    title="Projects",
    version="1",
    description=(
        "From a tile shop's first conversation with a customer to the accepted quote: customers, "
        "projects with their rooms, surfaces and products, conversations, quotes and the catalogue. "
        "Amounts of money are decimals in major units, as strings; areas are square feet, rooms are "
        "measured in feet and products in inches. Times are in UTC."
    ),
    openapi_path="/openapi/projects.json",
    examples=Path(__file__).with_name("examples.json"),
)
