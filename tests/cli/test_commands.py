"""Every command beside a running stack: what it does, prints, and exits with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cli import app, show
from tests.cli.conftest import QUEUES
from tests.private_lines import PRIVATE
from tests.stack.conftest import eventually

ROOT = Path(__file__).parents[2]


def place_order(stack: Any, here: Any) -> None:
    """One order of the demo shop, and its webhooks saved."""
    listed = httpx.get(
        f"{stack.base_url}/connectors", headers={"Authorization": f"Bearer {stack.staff_key}"}
    ).json()
    [url] = [each["store_url"] for each in listed["items"] if each["platform"] == "woocommerce"]
    httpx.post(f"{url}/_control/place_order", json={"email": "shopper@example.com"})
    eventually(
        lambda: here("webhooks", "list", "--store", "woocommerce", "--status", "saved").code == 0
    )


def on_time(status: Any) -> Any:
    """The status, once the sync that is due is done: a slow machine is late with it."""
    behind = {each["platform"]: each["seconds_behind"] for each in status["stores"]}
    return status if behind["woocommerce"] == 0 else None


def test_status_shows_queues_stores_and_schedules(here: Any, stack: Any, woocommerce: str) -> None:
    said = eventually(lambda: on_time(here("status", "--json").json), seconds=200)
    assert said["health"] == "ok"
    assert said["api"] == stack.base_url
    assert {each["name"] for each in said["queues"]} == QUEUES
    assert "WebhookQueue" in QUEUES
    assert all(each["dead_letters"] == 0 for each in said["queues"])
    by_platform = {each["platform"]: each for each in said["stores"]}
    assert by_platform.keys() == {"shopify", "woocommerce", "vendure", None}
    assert by_platform["woocommerce"]["store_id"] == woocommerce
    assert by_platform["woocommerce"]["last_sync"] == "completed"
    assert {each["state"] for each in said["schedules"]} == {"ENABLED"}
    told = here("status")
    assert told.code == 0
    for word in ("WebhookQueue", "woocommerce", "sync_plan", "DEAD LETTERS", "BEHIND"):
        assert word in told.out


def test_a_schedule_is_done_now(here: Any, stack: Any) -> None:
    names = [each["name"] for each in here("status", "--json").json["schedules"]]
    assert {"maintain_nightly", "maintain_try_on", "sync_plan_every_minute"} <= {*names}
    log = stack.state / "logs" / "maintain.log"
    before = log.stat().st_size if log.exists() else 0
    told = here("run", "maintain_try_on")
    assert (told.code, "backshop logs maintain --since 5m" in told.out) == (0, True), told.err
    eventually(lambda: log.exists() and log.stat().st_size > before)
    last = httpx.get(f"{stack.base_url}/local/events/maintain").json()
    assert last == {"part": "try_on"}
    assert here("run", "maintain").code == 3


def test_status_of_one_store_by_id_address_and_platform(here: Any, woocommerce: str) -> None:
    [store] = here("status", "--store", woocommerce, "--json").json["stores"]
    for named in ("woocommerce", store["store_url"], store["store_url"].removeprefix("http://")):
        assert (
            here("status", "--store", named, "--json").json["stores"][0]["store_id"] == woocommerce
        )


def test_a_sync_is_followed_to_its_end(here: Any) -> None:
    told = here("sync", "--store", "woocommerce")
    assert told.code == 0, told.err
    assert "incremental sync completed" in told.out
    assert "orders: " in told.err, "how far it is"
    assert "orders: " not in told.out
    assert here("sync", "--store", "woocommerce", "--full", "--json").json["type"] == "full"


def test_a_sync_that_runs_already_is_followed_first(here: Any) -> None:
    first = here("sync", "--store", "vendure", "--full", "--no-wait", "--json").json
    assert first["status"] == "running"
    told = here("sync", "--store", "vendure", "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["id"] != first["id"]


def test_webhooks_are_listed_and_replayed(here: Any, stack: Any) -> None:
    place_order(stack, here)
    items = here("webhooks", "list", "--store", "woocommerce", "--json").json["items"]
    assert {"id", "topic", "status", "received_at"} <= items[0].keys()
    assert "body" not in items[0]
    kept = next(each for each in items if each["is_kept"])
    one = here("webhooks", "replay", kept["id"], "--store", "woocommerce", "--json").json
    assert one == {"replayed": 1, "not_kept": 0}
    window = here("webhooks", "replay", "--store", "woocommerce", "--since", "1h", "--yes")
    assert window.code == 0
    assert "replayed" in window.out
    again = here("webhooks", "list", "--store", "woocommerce", "--json").json["items"]
    assert next(each for each in again if each["id"] == kept["id"])["replays"] == 2


def test_dead_letters_go_back(here: Any, stack: Any) -> None:
    sqs = stack.aws("sqs")
    body = json.dumps({"store_id": str(uuid4()), "key": "order:none"})
    sqs.send_message(
        QueueUrl=stack.queue_url("OutboxWorkerDeadLetters.fifo"), MessageBody=body,
        MessageGroupId="g", MessageDeduplicationId=str(uuid4()),
    )  # fmt: skip
    [queue] = [
        each for each in here("status", "--json").json["queues"]
        if each["name"] == "OutboxWorkerQueue"
    ]  # fmt: skip
    assert queue["dead_letters"] == 1
    assert here("redrive", "OutboxWorkerQueue", "--json").json["items"] == [
        {"queue": "OutboxWorkerQueue", "put_back": 1}
    ]
    assert "OutboxWorkerQueue: 0 messages put back" in here("redrive").out
    assert here("redrive", "NoQueue").code == 3


@pytest.fixture
def row(rows: Any, woocommerce: str) -> Any:
    """Makes rows of the outbox whose next try is far away."""

    def make(status: str, attempts: int = 1, error: str = "the shop is away") -> int:
        made = rows.execute(
            """INSERT INTO backshop.outbox
                 (store_id, key, kind, payload, status, attempts, next_attempt_at, response)
               VALUES (%s, 'order:' || gen_random_uuid(), 'delivery_stage',
                 '{"order_code": "none"}', %s, %s, now() + interval '1 day', %s)
               RETURNING id""",
            [woocommerce, status, attempts, json.dumps({"error": error})],
        ).fetchone()
        return int(made["id"])

    return make


def test_the_outbox_says_why_each_row_waits(here: Any, row: Any) -> None:
    id = row("pending", error="no answer for shopper@example.com, +1 555 010 0123")
    items = here("outbox", "list", "--store", "woocommerce", "--json").json["items"]
    [mine] = [each for each in items if each["id"] == id]
    assert mine["why"] == "no answer for […], […]"
    assert not {"payload", "response"} & mine.keys()
    told = here("outbox", "list")
    assert "no answer for […]" in told.out
    none = here("outbox", "list", "--status", "failed", "--store", "shopify")
    assert (none.code, "no row is failed" in none.err) == (3, True)


def test_rows_are_given_up_and_tried_again(here: Any, row: Any, rows: Any) -> None:
    def state(id: int) -> Any:
        return rows.execute("SELECT status FROM backshop.outbox WHERE id = %s", [id]).fetchone()

    waits = row("pending")
    assert here("outbox", "give-up", str(waits), "--store", "woocommerce").code == 2, (
        "who is asked?"
    )
    given_up = here("outbox", "give-up", str(waits), "--store", "woocommerce", "--yes")
    assert given_up.code == 0, given_up.err
    eventually(lambda: state(waits) == {"status": "failed"})
    tried = here("outbox", "retry", str(waits), "--store", "woocommerce", "--json").json
    assert tried["items"][0]["id"] == waits
    unknown = here("outbox", "retry", "999999999", "--store", "woocommerce")
    assert (unknown.code, "`backshop outbox list --status failed` lists them" in unknown.err) == (
        3,
        True,
    )


def test_keys_are_made_listed_and_revoked(here: Any, stack: Any, tmp_path: Path) -> None:
    made = here("keys", "make", "Alice", "--json").json
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert httpx.get(f"{stack.base_url}/connectors", headers=headers).status_code == 200
    told = here("keys", "make", "Bob", "--to", str(tmp_path / "key"))
    assert "bs_staff_" not in told.out
    assert (tmp_path / "key").read_text().startswith("bs_staff_")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    listed = here("keys", "list")
    assert "Alice" in listed.out
    assert "bs_staff_" not in listed.out
    assert here("keys", "revoke", "Alice", "--yes").code == 0
    assert "Alice" not in here("keys", "list").out
    assert here("keys", "revoke", "Alice", "--yes").code == 3
    assert here("keys", "make").code == 2


def test_logs_are_filtered_by_function_store_and_time(here: Any, woocommerce: str) -> None:
    here("sync", "--store", "woocommerce")
    told = here("logs", "sync_run", "--store", "woocommerce", "--since", "5m", "--json")
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert lines
    assert {each["function"] for each in lines} == {"sync_run"}
    assert {each["store_id"] for each in lines} == {woocommerce}
    assert here("logs", "--until", "2001-01-01").code == 3
    assert "there are logs of" in here("logs", "nobody").err


def test_nothing_private_is_printed(here: Any, stack: Any) -> None:
    place_order(stack, here)
    for command in (
        ["status"], ["webhooks", "list", "--store", "woocommerce"], ["outbox", "list"],
        ["keys", "list"], ["logs", "--since", "2h", "-n", "5000"],
    ):  # fmt: skip
        for form in ([], ["--json"]):
            told = here(*command, *form)
            found = [kind for kind, what in PRIVATE.items() if what.search(told.out + told.err)]
            assert found == [], command


@pytest.mark.parametrize("name", [[], *([each] for each in app.COMMANDS)])
def test_help_has_something_to_try(run: Any, name: list[str]) -> None:
    told = run(*name, "--help")
    assert told.code == 0
    assert (
        "backshop " + " ".join(name) in told.out.partition("Usage:")[2].partition("\n")[2] or name
    )
    assert "--json" in told.out or "Commands:" in told.out


def test_every_command_of_a_group_has_an_example_and_json(run: Any) -> None:
    import click

    for name in app.backshop.list_commands(click.Context(app.backshop)):
        command = app.backshop.get_command(click.Context(app.backshop), name)
        parts = command.commands.values() if isinstance(command, click.Group) else [command]
        for part in parts:
            path = [name] if part is command else [name, str(part.name)]
            told = run(*path, "--help").out
            assert f"  backshop {' '.join(path)}" in told or f"(backshop {name}" in told, path
            assert "--json" in told, path
            assert "--stack" in told, path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(run: Any, shell: str) -> None:
    assert "_BACKSHOP_COMPLETE" in run("completion", shell).out


def test_words_are_completed() -> None:
    asked = {
        "_BACKSHOP_COMPLETE": "bash_complete",
        "COMP_WORDS": "backshop logs webhook_i",
        "COMP_CWORD": "2",
    }
    import os

    said = subprocess.run(
        [sys.executable, "-m", "cli"], cwd=ROOT, env=os.environ | asked, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == "plain,webhook_ingest"


def test_without_a_stack_it_says_how_to_start_one(run: Any, tmp_path: Path) -> None:
    for command in (
        ["status"],
        ["sync"],
        ["redrive"],
        ["outbox", "list"],
        ["keys", "list"],
        ["logs"],
    ):
        told = run(*command, "--state", str(tmp_path))
        assert told.code == 4, command
        assert told.err.startswith("error: no stack is running here: start one with `make run`")
        assert "Traceback" not in told.err


def test_unknown_stores_and_words(here: Any) -> None:
    assert here("status", "--store", "https://nowhere.example.com").code == 3
    assert here("sync").code == 2, "there are several stores"
    assert here("no-such-command").code == 2
    assert here("logs", "--since", "yesterday").code == 2
    assert "write 15m" in here("logs", "--since", "yesterday").err


def test_a_key_of_another_stack_is_refused(here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSHOP_KEY", "bs_staff_" + "0" * 32 + "_none")
    told = here("status")
    assert told.code == 5
    assert "BACKSHOP_KEY" in told.err
    assert "bs_staff_" not in told.err


def test_a_traceback_only_where_it_is_asked_for(here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(show, "table", broken)
    told = here("status")
    # What it waits for is said on the same stream, on a slow machine.
    lines = [each for each in told.err.splitlines() if " … " not in each]
    assert (told.code, len(lines)) == (1, 1)
    with pytest.raises(KeyError):
        here("status", "--debug")


def test_output_can_be_piped(stack: Any) -> None:
    """No colour, and whoever has read enough ends it without noise."""
    line = f"{sys.executable} -m cli status --state {stack.state} | head -n 1"
    said = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("local at http://127.0.0.1:")
    assert "\x1b" not in said.stdout
    assert said.stderr == "" or "…" in said.stderr


def test_whoever_waits_is_told_what_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setattr(show, "PROGRESS_SECONDS", 0.01)
    with show.progress("asking the shop"):
        time.sleep(0.2)
    told = capsys.readouterr()
    assert "asking the shop … " in told.err
    assert told.out == ""
