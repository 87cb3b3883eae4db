"""What sync_run needs beside the surroundings of every function."""

import pytest


@pytest.fixture(autouse=True)
def _public_url(aws, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9/")
