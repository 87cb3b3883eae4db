"""`make release`: names the commit that is there as the release of the version in pyproject.toml.

The commit is named by the next one: in CHANGELOG.md, and beside the digests of its migrations in
sql/released.txt. Those files stay as they are from then on (`tests/sql/test_released.py`).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from local.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
UNRELEASED = "## Unreleased\n"
_NAMED = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+), \d{4}-\d\d-\d\d\n\nCommit `(?P<commit>[0-9a-f]{40})`\.$", re.M
)


class Release(NamedTuple):
    version: str
    commit: str


class NotReady(UserError):
    """Nothing was named; the message says what is in the way."""


def named(root: Path = ROOT) -> list[Release]:
    """The releases of CHANGELOG.md, newest first."""
    text = (root / "CHANGELOG.md").read_text()
    return [Release(each["version"], each["commit"]) for each in _NAMED.finditer(text)]


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each migration by its name."""
    files = sorted(folder.glob("*.sql"))
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


def kept(root: Path = ROOT) -> dict[str, str]:
    """The digests of the migrations that were released; none before the first release."""
    path = root / "sql/released.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def changed(root: Path = ROOT) -> list[str]:
    """The released migrations that are not what they were."""
    now = digests(root / "sql/migrations")
    return [name for name, digest in kept(root).items() if now.get(name) != digest]


def make(root: Path, today: str) -> Release:
    """Name HEAD, in a commit of its own. Raises NotReady."""
    with (root / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    text = (root / "CHANGELOG.md").read_text()
    if _git(root, "status", "--porcelain"):
        raise NotReady("there is something that is not committed; commit it, or put it away")
    if version in {each.version for each in named(root)}:
        raise NotReady(f"{version} is released; raise the version in pyproject.toml, and commit it")
    if UNRELEASED not in text:
        raise NotReady('CHANGELOG.md has no "## Unreleased"; say there what is new, and commit it')
    if names := changed(root):
        raise NotReady(
            f"released migrations were changed: {', '.join(names)}; add new ones instead"
        )
    release = Release(version, _git(root, "rev-parse", "HEAD"))
    heading = f"## {version}, {today}\n\nCommit `{release.commit}`.\n"
    (root / "CHANGELOG.md").write_text(text.replace(UNRELEASED, heading, 1))
    files = digests(root / "sql/migrations")
    lines = [f"{digest}  {name}\n" for name, digest in files.items()]
    (root / "sql/released.txt").write_text("".join(lines))
    _git(root, "add", "CHANGELOG.md", "sql/released.txt")
    _git(root, "commit", "--quiet", "-m", f"Name the commit of release {version}")
    return release


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReady(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def main() -> int:
    try:
        release = make(ROOT, f"{datetime.now(UTC):%Y-%m-%d}")
    except NotReady as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    sys.stdout.write(
        f"{release.version} is {release.commit}. Tag it where releases are looked for:\n"
        f"  git tag v{release.version} {release.commit} && git push origin v{release.version}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
