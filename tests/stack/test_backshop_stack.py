"""The whole application as `make run` serves it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

ROOT = Path(__file__).parents[2]


def rows(running: Any, table: str) -> int:
    """How many rows the demo shops have."""
    with psycopg.connect(running.database_urls["owner"]) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert found is not None
        return int(found[0])


def test_stack_json_says_what_its_readers_need(stack: Any) -> None:
    about = stack.about
    assert set(about) == {"base_url", "database_urls", "staff_key", "connectors"}
    assert (stack.state / "stack.json").stat().st_mode & 0o077 == 0
    assert [each["platform"] for each in about["connectors"]] == [
        "shopify",
        "woocommerce",
        "vendure",
    ]
    for each in about["connectors"]:
        assert set(each) == {"id", "platform", "webhook_path", "webhook_secret", "store_key"}
        assert each["webhook_path"] == f"/webhooks/{each['id']}"


def test_every_database_url_logs_in_as_its_role(stack: Any) -> None:
    urls = stack.database_urls
    assert set(urls) == {"owner", "backshop_service", "backshop_shopper", "backshop_analyst"}
    for name, url in urls.items():
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_user").fetchone()
        assert row == ("backshop_owner" if name == "owner" else name,)


def test_keys_open_what_they_should(stack: Any) -> None:
    shop = stack.connectors["vendure"]
    with stack.http() as http:
        asked = [
            http.get("/connectors", headers={"Authorization": f"Bearer {key}"})
            for key in (stack.staff_key, shop["store_key"], "nonsense")
        ]
        none = http.get("/connectors")
    assert [each.status_code for each in (*asked, none)] == [200, 200, 403, 401]
    assert len(asked[0].json()["items"]) == 3
    assert [each["id"] for each in asked[1].json()["items"]] == [shop["id"]]


def test_the_printed_curl_lines_work(stack: Any) -> None:
    lines = [
        line.strip() for line in stack.output.read_text().splitlines() if line.startswith("  curl ")
    ]
    assert len(lines) == 4
    for line in lines:
        said = subprocess.run(
            ["bash", "-c", f". {stack.state}/env; {line}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        answer = json.loads(said.stdout)
        assert "items" in answer or "id" in answer or answer == {"status": "accepted"}


def test_the_demo_tile_shop_has_a_quote_that_its_customer_can_open(stack: Any) -> None:
    shop = json.loads((stack.state / "keys.json").read_text())["tile_shop"]
    path = f"/quotes/{shop['token']}/pdf"
    assert f" {stack.base_url}{path}\n" in stack.output.read_text()
    with stack.http() as client:
        pdf = client.get(path)
        assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
        assert "Accept this quote" in client.get(f"/quote/{shop['token']}").text
        as_shop = {"Authorization": f"Bearer {shop['store_key']}"}
        [quote] = client.get("/quotes", headers=as_shop).json()["items"]
        assert (quote["quote_status"], quote["first_seen_at"]) == ("sent", None)
        listed = client.get("/projects", headers=as_shop).json()["items"]
        phases = sorted(each["project_status"] for each in listed)
    assert phases == ["inquiry", "inquiry", "quoted"]


def test_a_start_is_told_in_a_few_lines(stack: Any) -> None:
    """A pipe gets no progress, and no requests but those that others made after the start."""
    told, marker, _ = stack.output.read_text().partition("`make demo` replays")
    assert marker
    steps = [line.split(" ")[1] for line in told.splitlines() if line.startswith("✓")]
    assert steps[:4] == ["Postgres", "AWS", "Migrations", "Demo"]
    assert "irst sync of the demo shops" in told, "done or going on"
    assert " 200 " not in told
    assert "\x1b" not in told
    assert len(told.splitlines()) <= 30


def test_the_demo_shows_the_rows_of_every_context(stack: Any) -> None:
    first = stack.command("demo")
    assert first.returncode == 0, first.stdout + first.stderr
    for part in ("connect.platform_order", "shade.orders", "insights.orders", "ERK5MR14MC1RPZ6U"):
        assert part in first.stdout
    counts = {
        table: rows(stack, table)
        for table in ("connect.platform_order", "insights.orders", "shade.orders", "kits.customers")
    }
    assert all(counts.values()), counts

    # Deliveries that were taken once change nothing.
    second = stack.command("demo")
    assert second.returncode == 0, second.stdout
    assert {table: rows(stack, table) for table in counts} == counts


def test_ctrl_c_while_it_starts_leaves_no_process(state: Path) -> None:
    import signal
    import sys
    import time

    for seconds in (0.3, 1.0, 2.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "--state", str(state), "run", "--port", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # What a shell starts in the background ignores Ctrl-C, and so would what it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        time.sleep(seconds)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors
        _, alive = psutil.wait_procs(family, timeout=120)
        assert not alive


@pytest.mark.parametrize("command", [[], ["run"], ["reset"], ["demo"], ["invoke"]])
def test_help_everywhere(command: list[str]) -> None:
    import sys

    said = subprocess.run(
        [sys.executable, "-m", "local", *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("usage: .venv/bin/python -m local")


def test_logs_hold_nothing_private(stack) -> None:
    """What functions logged while the demo shops were synced and recordings were replayed."""
    from tests.private_lines import private

    assert stack.command("demo").returncode == 0
    files = list((stack.state / "logs").glob("*.log"))
    lines = [line for file in files for line in file.read_text(errors="replace").splitlines()]
    assert len(lines) > 20
    planted = {stack.staff_key, *(each["store_key"] for each in stack.about["connectors"])}
    planted |= {each["webhook_secret"] for each in stack.about["connectors"]}
    told = [line for line in lines if private(line, set()) or any(key in line for key in planted)]
    assert told == []
