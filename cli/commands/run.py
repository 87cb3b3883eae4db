"""`backshop run`."""

from __future__ import annotations

import click

from cli import schedules
from cli.errors import NothingFound
from cli.session import Session, common, pass_session


@click.command("run", short_help="Do now what a schedule does.")
@click.argument("schedule")
@common
@pass_session
def command(session: Session, schedule: str) -> None:
    """Have a SCHEDULE's function called now, with what it is called with on time; `backshop status`
    lists them. It may be done at any time, and does not wait: the function's log tells what came
    of it.

    \b
    backshop run sync_plan_every_minute
    backshop run maintain_nightly --stack prod
    """  # fmt: skip
    with session.waiting("reading the schedules"):
        found = {each.name: each for each in schedules.schedules(session.place)}
    if schedule not in found:
        raise NothingFound(f"there is no schedule {schedule}; there are {', '.join(found)}")
    wanted = found[schedule]
    with session.waiting("calling"):
        session.place.client("lambda").invoke(
            FunctionName=wanted.target, InvocationType="Event", Payload=wanted.input
        )
    result = {"schedule": wanted.name, "function": wanted.function, "input": wanted.input}
    hint = f"`backshop logs {wanted.function} --since 5m` tells what it does"
    session.answer(result, lambda: click.echo(f"{wanted.name} was called; {hint}"))
