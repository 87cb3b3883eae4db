"""Where containers find this machine, by what Docker says of its bridge."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import containers


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ('[{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]', "172.17.0.1"),
        ('[{"Subnet": "172.17.0.0/16"}]', "172.17.0.1"),
        ('[{"Subnet": "fd00::/80"}, {"Subnet": "10.9.8.0/24", "Gateway": "10.9.8.7"}]', "10.9.8.7"),
    ],
)
def test_the_address_on_the_bridge(
    told: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, monkeypatch, told)
    assert containers.bridge() == address


@pytest.mark.parametrize("told", ["[]", "null", '[{"Subnet": "fd00::/80", "Gateway": "fd00::1"}]'])
def test_a_bridge_without_an_address_is_said(
    told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, monkeypatch, told)
    with pytest.raises(containers.NoContainers, match="no address of its own"):
        containers.bridge()


def docker(folder: Path, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    """A `docker` that answers every command with this."""
    command = folder / "docker"
    command.write_text(f"#!/bin/sh\necho '{told}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
