"""The shop of the try-on's drawing tests."""

from tests.functions.tryon_overlay.conftest import shop as shop
