"""What was released stays: its migrations as they are, and its code working on the newer schema.

A deployment migrates first and shifts traffic afterwards, and a rollback leaves the migrations
where they are: so the code of the release before works on the schema of this one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local import releases

ROOT = Path(__file__).parents[2]
TESTS = (
    "tests/backshop/saving/test_projections.py",
    "tests/sql/test_kits_functions.py",
    "tests/sql/test_projects_sql.py",
)
"""Of a release, what writes and reads its tables through its own code and functions. Tests that
compare the catalogue with a list are left out: newer migrations add to it."""

pytestmark = pytest.mark.timeout(900)


def git(*words: str, root: Path = ROOT) -> bytes:
    return subprocess.run(["git", "-C", root, *words], capture_output=True, check=True).stdout


def has_commit(commit: str) -> bool:
    found = subprocess.run(
        ["git", "-C", ROOT, "cat-file", "-e", f"{commit}^{{commit}}"],
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


def run_tests(commit: str, migrations: Path, folder: Path, *tests: str) -> tuple[int, str]:
    """The tests of that commit, with its code, on a database of these migrations."""
    # Not by Python: `tarfile` wants a filter, which the first versions of 3.11 do not have.
    subprocess.run(["tar", "-x", "-C", folder], input=git("archive", commit), check=True)
    shutil.rmtree(folder / "sql/migrations")
    shutil.copytree(migrations, folder / "sql/migrations")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "no:cacheprovider"]
        + [test for test in tests if (folder / test.split("::")[0]).exists()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "shared:."},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


def test_released_migrations_are_what_they_were() -> None:
    assert bool(releases.named()) == bool(releases.kept()), "a release names both, or there is none"
    assert releases.changed() == []


def test_migrations_are_added_after_those_that_were_released() -> None:
    """A number between them would come too late where they are applied already."""
    released = releases.kept()
    added = releases.digests(ROOT / "sql/migrations").keys() - released.keys()
    assert [name for name in added if released and name < max(released)] == []


def test_code_of_the_last_release_works_on_this_schema(tmp_path: Path) -> None:
    if not releases.named():
        pytest.skip("CHANGELOG.md names no release yet; `make release` does")
    last = releases.named()[0]
    if not has_commit(last.commit):
        pytest.skip(
            f"{last.version} is {last.commit}, which this clone lacks: git fetch --unshallow"
        )
    status, said = run_tests(last.commit, ROOT / "sql/migrations", tmp_path, *TESTS)
    assert status == 0, said


@pytest.mark.parametrize(
    "name, statement, works",
    [
        ("added", "ALTER TABLE kits.customers ADD COLUMN a_newer_one text;", True),
        ("taken_away", "ALTER FUNCTION kits.generate_batch_number() RENAME TO make_number;", False),
    ],
)
def test_a_migration_that_takes_something_away_is_found(
    name: str, statement: str, works: bool, tmp_path: Path
) -> None:
    """With the commit that is there in place of a release, and one small test of it."""
    head = git("rev-parse", "HEAD").decode().strip()
    migrations = tmp_path / "migrations"
    shutil.copytree(ROOT / "sql/migrations", migrations)
    (migrations / f"9000_{name}_something.sql").write_text(statement)
    folder = tmp_path / "then"
    folder.mkdir()
    status, said = run_tests(head, migrations, folder, "tests/sql/test_kits_functions.py")
    assert (status == 0) is works, said


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """A small repository that could be released."""

    def make(
        version: str = "0.1.0", changes: str = "# Changes\n\n## Unreleased\n\n- All.\n"
    ) -> Path:
        root = tmp_path / "repository"
        (root / "sql/migrations").mkdir(parents=True)
        (root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
        (root / "CHANGELOG.md").write_text(changes)
        (root / "sql/migrations/0001_create_all.sql").write_text("SELECT 1;\n")
        git("init", "-q", root=root)
        git("config", "user.email", "test@example.com", root=root)
        git("config", "user.name", "A test", root=root)
        commit(root)
        return root

    return make


def commit(root: Path) -> None:
    git("add", ".", root=root)
    git("commit", "-q", "-m", "Change something", root=root)


def test_a_release_is_the_commit_before_the_one_that_names_it(repository) -> None:
    root = repository()
    before = git("rev-parse", "HEAD", root=root).decode().strip()
    made = releases.make(root, "2026-11-29")
    assert made == releases.Release("0.1.0", before)
    assert releases.named(root) == [made]
    assert git("rev-parse", "HEAD~1", root=root).decode().strip() == before
    assert git("status", "--porcelain", root=root) == b""
    assert releases.changed(root) == []


def test_a_released_migration_that_was_changed_or_taken_away_is_told(repository) -> None:
    root = repository()
    releases.make(root, "2026-11-29")
    path = root / "sql/migrations/0001_create_all.sql"
    (root / "sql/migrations/0002_add_one.sql").write_text("SELECT 2;\n")
    assert releases.changed(root) == [], "one that was added is no change"
    path.write_text("SELECT 3;\n")
    assert releases.changed(root) == [path.name]
    path.unlink()
    assert releases.changed(root) == [path.name]


def test_the_next_release_stands_above_the_first(repository) -> None:
    root = repository()
    first = releases.make(root, "2026-11-29")
    (root / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    text = (root / "CHANGELOG.md").read_text()
    (root / "CHANGELOG.md").write_text(
        text.replace("## 0.1.0", "## Unreleased\n\n- More.\n\n## 0.1.0")
    )
    (root / "sql/migrations/0002_add_one.sql").write_text("SELECT 2;\n")
    commit(root)
    second = releases.make(root, "2026-12-24")
    assert releases.named(root) == [second, first]
    assert list(releases.kept(root)) == ["0001_create_all.sql", "0002_add_one.sql"]


def edit(path: str, text: str) -> Callable[[Path], None]:
    def do(root: Path) -> None:
        (root / path).write_text(text)

    return do


@pytest.mark.parametrize(
    "change, commits, reason",
    [
        (edit("new.txt", "x"), False, "not committed"),
        (edit("CHANGELOG.md", "# Changes\n"), True, "Unreleased"),
        (edit("pyproject.toml", '[project]\nversion = "0.1.0"\n'), True, "is released"),
        (edit("sql/migrations/0001_create_all.sql", "SELECT 9;\n"), True, "were changed"),
    ],
)
def test_what_is_not_ready_is_not_named(repository, change, commits, reason) -> None:
    root = repository()
    if reason in ("is released", "were changed"):
        releases.make(root, "2026-11-29")
        edit("CHANGELOG.md", "## Unreleased\n\n" + (root / "CHANGELOG.md").read_text())(root)
        edit("pyproject.toml", '[project]\nversion = "0.2.0"\n')(root)
    change(root)
    if commits:
        commit(root)
    before = git("rev-parse", "HEAD", root=root)
    with pytest.raises(releases.NotReady, match=reason):
        releases.make(root, "2026-12-24")
    assert git("rev-parse", "HEAD", root=root) == before
