"""`make demo`: recorded deliveries through the public route, and the rows that they became."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import psycopg
from psycopg import sql
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from local import commands, recordings
from local.console import console, say
from local.errors import UserError
from local.queues import Sqs

CONTEXTS = {
    "connect": "catalogue, orders and refunds of every platform",
    "shade": "kits and shades of Shopify shops",
    "insights": "what questions about a shop's numbers are answered from",
    "kits": "deliveries of Vendure shops",
}
"""What deliveries feed. `projects`, the quotes that staff make for tiling jobs, gets nothing from a
shop."""

_SHOWN = {
    "connect": ("platform_order", "platform code status total_amount currency created_at"),
    "shade": ("orders", "code order_status product_type total_amount currency order_date"),
    "insights": ("orders", "code status total refunded_total currency date_created"),
    "kits": ("customer_orders_summary", "order_code state total_with_tax currency order_date"),
}
"""The table of each context that tells most at a glance, and its columns; the last one is a
time."""
_ROWS = 6
_DRAIN_SECONDS = 120.0


@dataclass(frozen=True)
class Sent:
    """A delivery and what the stack answered."""

    delivery: recordings.RecordedDelivery
    status: int


def run(state: Path) -> int:
    """Replay everything and print the rows; 1 when a delivery was refused or not worked off.

    Raises `commands.NotDone` when no stack is running.
    """
    with commands.while_it_answers():
        return _run(commands.stack(state), commands.host(state))


def _run(stack: dict[str, Any], host: dict[str, Any]) -> int:
    ids = [UUID(each["id"]) for each in stack["connectors"]]
    with psycopg.connect(stack["database_urls"]["owner"]) as connection:
        before = _counts(connection, ids)
        connection.rollback()
        sent, left = asyncio.run(_replay(stack, host, _shop_domain(connection, stack)))
        refused = [each for each in sent if each.status != 200]
        _show_deliveries(sent)
        _show_rows(
            connection, ids, before, [code for each in sent for code in _codes(each.delivery)]
        )
    for each in refused:
        name = f"{each.delivery.platform} {each.delivery.name}"
        say(f"[red]refused:[/red] {name} was answered with {each.status}")
    if left:
        say(f"[red]not worked off:[/red] {left}; `.venv/bin/backshop logs webhook_ingest` says why")
    return 1 if refused or left else 0


def _shop_domain(connection: psycopg.Connection, stack: dict[str, Any]) -> str:
    """What the Shopify demo shop calls itself, which it tells in its first sync: its deliveries
    have to name it."""
    [id] = [each["id"] for each in stack["connectors"] if each["platform"] == "shopify"]
    ends = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < ends:
        row = connection.execute(
            "SELECT shop_domain FROM connect.connector_config WHERE id = %s", (id,)
        ).fetchone()
        connection.rollback()
        if row and row[0]:
            return str(row[0])
        time.sleep(0.2)
    raise UserError("The Shopify demo shop was not synced yet; try again in a minute.")


async def _replay(
    stack: dict[str, Any], host: dict[str, Any], domain: str
) -> tuple[list[Sent], str]:
    """Send everything and see it worked off; what was sent, and what is left in words."""
    sqs = Sqs(host["aws_endpoint"])
    try:
        queues, dead_queues = await _queues(sqs, host)
        dead = await _all_waiting(sqs, dead_queues)
        sent = await _send_all(stack, domain)
        return sent, await _worked_off(sqs, queues, dead_queues, dead)
    finally:
        await sqs.close()


async def _send_all(stack: dict[str, Any], domain: str) -> list[Sent]:
    shops = {each["platform"]: each for each in stack["connectors"]}
    deliveries = recordings.of_shops(shops, domain)
    sent = []
    async with aiohttp.ClientSession(stack["base_url"]) as session:
        with _progress("sending deliveries", len(deliveries)) as advance:
            for delivery in deliveries:
                path = shops[delivery.platform]["webhook_path"]
                async with session.post(
                    path, data=delivery.body, headers=delivery.headers
                ) as answer:
                    sent.append(Sent(delivery, answer.status))
                advance()
    return sent


async def _queues(sqs: Sqs, host: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The queues that functions work off, and those of their dead letters: URLs by name."""
    named = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in host["resources"]
        if each["ResourceType"] == "AWS::SQS::Queue"
    }
    worked: dict[str, str] = {}
    dead: dict[str, str] = {}
    for name, url in named.items():
        answer = await sqs.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
        is_worked_off = "RedrivePolicy" in answer["Attributes"]
        (worked if is_worked_off else dead)[name] = url
    return worked, dead


async def _worked_off(
    sqs: Sqs, queues: dict[str, str], dead_queues: dict[str, str], dead_before: int
) -> str:
    """Wait until no message is left; what is still there when it takes too long."""
    ends = time.monotonic() + _DRAIN_SECONDS
    with console.status("waiting for the queues to be worked off …"):
        while True:
            waiting = {name: await _waiting(sqs, url) for name, url in queues.items()}
            if (dead := await _all_waiting(sqs, dead_queues)) > dead_before:
                return f"{dead - dead_before} messages became dead letters"
            if not any(waiting.values()):
                return ""
            if time.monotonic() > ends:
                return ", ".join(f"{count} in {name}" for name, count in waiting.items() if count)
            await asyncio.sleep(0.2)


async def _all_waiting(sqs: Sqs, queues: dict[str, str]) -> int:
    return sum([await _waiting(sqs, url) for url in queues.values()])


async def _waiting(sqs: Sqs, url: str) -> int:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    answer = await sqs.call("GetQueueAttributes", QueueUrl=url, AttributeNames=names)
    return sum(int(each) for each in answer["Attributes"].values())


@contextmanager
def _progress(what: str, total: int) -> Iterator[Any]:
    """A bar on a terminal, one line elsewhere."""
    if not console.is_terminal:
        say(f"{what}: {total} …")
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def _counts(connection: psycopg.Connection[Any], ids: list[UUID]) -> dict[tuple[str, str], int]:
    """The rows of the shops in every table of the contexts, by context and table."""
    found = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n"
        " ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND a.attname = 'store_id' ORDER BY 1, 2",
        [list(CONTEXTS)],
    ).fetchall()
    counts = {}
    for context, table in found:
        statement = sql.SQL("SELECT count(*) FROM {} WHERE store_id = ANY (%s)")
        row = connection.execute(statement.format(sql.Identifier(context, table)), [ids]).fetchone()
        counts[context, table] = row[0] if row else 0
    return counts


def _show_deliveries(sent: list[Sent]) -> None:
    table = Table(title="deliveries", title_justify="left", title_style="bold")
    table.add_column("platform")
    table.add_column("sent", justify="right")
    table.add_column("accepted", justify="right")
    for platform in ("shopify", "woocommerce", "vendure"):
        of_it = [each for each in sent if each.delivery.platform == platform]
        accepted = sum(each.status == 200 for each in of_it)
        table.add_row(platform, str(len(of_it)), str(accepted))
    console.print(table)


def _codes(delivery: recordings.RecordedDelivery) -> list[str]:
    """What the shops call the order that a delivery tells of."""
    body = json.loads(delivery.body) if delivery.body.startswith(b"{") else {}
    record = body.get("data", body)
    return [str(record[name]) for name in ("number", "name", "code") if name in record]


def _show_rows(
    connection: psycopg.Connection[Any],
    ids: list[UUID],
    before: dict[tuple[str, str], int],
    codes: list[str],
) -> None:
    after = _counts(connection, ids)
    for context, about in CONTEXTS.items():
        console.print(f"\n[bold]{context}[/bold]: {about}")
        table = Table("table", box=None, pad_edge=False)
        table.add_column("rows", justify="right")
        table.add_column("new", justify="right")
        for (schema, name), rows in after.items():
            if schema == context and rows:
                table.add_row(name, str(rows), str(rows - before[schema, name]))
        console.print(table if table.row_count else "  no rows")
        _show_newest(connection, ids, context, codes)
    console.print(
        "\n[bold]projects[/bold]: quotes for tiling jobs, made by staff; shops tell nothing of them, so"
        " that no delivery adds a row"
    )


def _show_newest(
    connection: psycopg.Connection[Any], ids: list[UUID], context: str, codes: list[str]
) -> None:
    """The newest of the orders that were replayed: the demo shops have others of their own."""
    name, columns = _SHOWN[context]
    shown = columns.split()
    statement = sql.SQL(
        "SELECT {} FROM {} WHERE store_id = ANY (%s) AND {} = ANY (%s) ORDER BY {} DESC LIMIT %s"
    )
    rows = connection.execute(
        statement.format(
            sql.SQL(", ").join(map(sql.Identifier, shown)),
            sql.Identifier(context, name),
            sql.Identifier(next(each for each in shown if each.endswith("code"))),
            sql.Identifier(shown[-1]),
        ),
        [ids, codes, _ROWS],
    ).fetchall()
    if not rows:
        return
    table = Table(*shown, title=f"{context}.{name}", title_justify="left")
    for row in rows:
        table.add_row(*(_spell(value) for value in row))
    console.print(table)


def _spell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)
