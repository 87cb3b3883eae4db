"""`backshop redrive`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import click

from cli import show
from cli.errors import NothingFound
from cli.session import Session, common, pass_session


@click.command("redrive", short_help="Put dead letters back into their queues.")
@click.argument("queues", nargs=-1, metavar="[QUEUE]…")
@common
@pass_session
def command(session: Session, queues: tuple[str, ...]) -> None:
    """Put dead letters back into their queues: all, or those of the QUEUEs.

    Mend first what they failed for: `backshop logs` has it. A message that fails again comes back
    here.

    \b
    backshop redrive
    backshop redrive WebhookQueue --stack prod
    """
    from cli import queues as of_place

    with session.waiting("reading the queues"):
        found = of_place.queues(session.place)
    unknown = set(queues) - {each.name for each in found}
    if unknown:
        known = ", ".join(each.name for each in found)
        raise NothingFound(f"there is no queue {sorted(unknown)[0]}; there are {known}")
    wanted = [each for each in found if not queues or each.name in queues]
    sqs = session.place.client("sqs")
    with session.waiting("moving dead letters"), ThreadPoolExecutor(len(wanted) or 1) as pool:
        numbers = pool.map(lambda each: of_place.redrive(sqs, each), wanted)
        moved = dict(zip([each.name for each in wanted], numbers, strict=True))

    def tell() -> None:
        for name, number in moved.items():
            click.echo(f"{name}: {show.counted(number, 'message')} put back")

    items = [{"queue": name, "put_back": number} for name, number in moved.items()]
    session.answer({"items": items}, tell)
