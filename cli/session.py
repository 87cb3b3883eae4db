"""What every command has: the place, its API, and how answers are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click

from cli import places, show
from cli.errors import NothingFound, Stopped

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Session:
    """One call of `backshop`."""

    stack: str | None = None
    state: Path = field(default=places.ROOT / ".local")
    is_json: bool = False
    debug: bool = False

    @cached_property
    def place(self) -> places.Place:
        """Raises `Stopped`."""
        if self.stack is None or self.stack == "local":
            return places.local(self.state)
        with show.progress(f"asking CloudFormation for {self.stack}"):
            return places.on_aws(self.stack)

    @cached_property
    def api(self) -> Any:
        """The `Api` of the place, with the staff key. Raises `Stopped`."""
        from cli.api import Api

        return Api(self.place.api_url, self.place.key)

    def answer(self, result: Any, print_text: Callable[[], None]) -> None:
        """Print what a program reads, or what a person does."""
        if self.is_json:
            click.echo(json.dumps(result, indent=2, ensure_ascii=False, default=str))
        else:
            print_text()

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Says so on standard error where it takes long."""
        with show.progress(what):
            yield

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """What one of the functions without a route answers. Raises `Stopped`."""
        name = self.place.functions[function]
        with show.progress(f"{function} works"):
            answer = self.place.client("lambda").invoke(
                FunctionName=name, Payload=json.dumps(event)
            )
        result = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise Stopped(f"{function} failed; `backshop logs {function} --since 5m` says why")
        return result

    def store(self, named: str) -> dict[str, Any]:
        """The store of this id, address or, where one is meant, platform: its line of GET /status.
        Raises `NothingFound`."""
        with show.progress("looking the store up"):
            stores: list[dict[str, Any]] = list(self.api.all("/status"))
        found = [each for each in stores if _is(each, named)]
        if len(found) == 1:
            return found[0]
        if found:
            which = ", ".join(str(each["store_url"]) for each in found)
            raise NothingFound(f"{named} is {len(found)} stores: name one of {which}")
        raise NothingFound(f"there is no store {named}; `backshop status` lists them")

    def stores(self, named: str | None) -> list[dict[str, Any]]:
        """The one that is named, or all."""
        if named:
            return [self.store(named)]
        with show.progress("reading the stores"):
            return list(self.api.all("/status"))

    def one_store(self, named: str | None) -> dict[str, Any]:
        """The one that is named, or the only one. Raises a usage error where that is not said."""
        if named:
            return self.store(named)
        found = self.stores(None)
        if len(found) != 1:
            raise click.UsageError(
                "say which store with --store ID or --store URL; `backshop status` lists them"
            )
        return found[0]


def _is(store: Mapping[str, Any], named: str) -> bool:
    wanted = named.lower().rstrip("/")
    url = str(store["store_url"] or "").rstrip("/")
    is_platform = wanted == store["platform"] and store["connection"] == "active"
    return is_platform or wanted in (store["store_id"], url, url.partition("://")[2])


pass_session = click.make_pass_decorator(Session)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value not in (None, False):
            setattr(ctx.ensure_object(Session), name, value)

    return keep


def common(command: F) -> F:
    """The options that every command takes."""
    for option in (
        click.option(
            "--debug", is_flag=True, expose_value=False, callback=_keep("debug"),
            help="Show the traceback of an error.",
        ),
        click.option(
            "--state", type=click.Path(path_type=Path, file_okay=False), envvar="BACKSHOP_STATE",
            expose_value=False, callback=_keep("state"), metavar="FOLDER",
            help="The folder of a second local stack (default: .local).",
        ),
        click.option(
            "--json", "is_json", is_flag=True, expose_value=False, callback=_keep("is_json"),
            help="Print JSON for programs.",
        ),
        click.option(
            "--stack", envvar="BACKSHOP_STACK", expose_value=False, callback=_keep("stack"),
            metavar="NAME", help="A stack on AWS: a stage of samconfig.toml or a stack's name "
            "(default: what `make run` serves here).",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


store_option = click.option(
    "--store", "store", metavar="ID|URL", help="One store, by its id, address or platform."
)
yes_option = click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")


def sure(question: str, is_sure: bool) -> None:
    """Go on only where a person says yes, or said --yes. Raises a usage error where nobody can be
    asked."""
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody can be asked here: say --yes.")
    click.confirm(question, abort=True, err=True)
