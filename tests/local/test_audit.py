"""What is audited is what is shipped, and an audit that asked nobody has not passed."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from local import audit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(audit, "MADE", tmp_path)
    monkeypatch.setattr(audit, "TOOLS", tmp_path)
    return tmp_path


def test_every_pin_of_every_layer_is_in_it_once_with_its_hashes(made: Path) -> None:
    text = audit.shipped().read_text()
    pins = re.findall(r"^[A-Za-z0-9._-]+==[^ ;\\]+", text, re.M)
    assert len(pins) == len(set(pins)) > 40
    for path in (ROOT / "layers").glob("*/requirements.txt"):
        for pin in re.findall(r"^[A-Za-z0-9._-]+==[^ ;\\]+", path.read_text(), re.M):
            assert pin in pins
    assert text.count("--hash=sha256:") >= len(pins)


@pytest.mark.parametrize(
    ("licence", "binds"),
    [
        ("GPL-3.0-only", True),
        ("GNU Affero General Public License v3", True),
        ("GNU General Public License v2 (GPLv2)", True),
        ("SSPL-1.0", True),
        ("LGPL-3.0-only", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT", False),
        ("Mozilla Public License 2.0 (MPL 2.0)", False),
    ],
)
def test_which_licences_bind(licence: str, binds: bool) -> None:
    assert audit.binds(licence) is binds


def says(made: Path, text: str, error: str = "") -> None:
    """What pip-audit says from now on."""
    tool = made / "pip-audit"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\necho '{error}' >&2\nexit 1\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)


def test_a_hole_is_told_and_so_is_whoever_could_not_be_asked(made: Path) -> None:
    hole = {"id": "CVE-1", "fix_versions": ["2.0"]}
    known = {"name": "one", "version": "1.0", "vulns": [hole]}
    skipped = {"name": "two", "skip_reason": "not found"}
    says(made, json.dumps({"dependencies": [known, skipped]}))
    assert audit.holes(made) == (["one 1.0: CVE-1, mended in 2.0"], "nothing is known of two")
    says(made, json.dumps({"dependencies": [{"name": "one", "version": "1.0", "vulns": []}]}))
    assert audit.holes(made) == ([], "")
    says(made, "", "no such host")
    assert audit.holes(made) == ([], "no such host")
