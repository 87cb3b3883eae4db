"""The command line: which commands there are, and how errors end."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from cli import errors
from cli.session import Session, common

COMMANDS = {
    "completion": "completion of a shell",
    "connect": "connect a shop",
    "erase": "erase a person",
    "export": "export a person",
    "keys": "list, make and revoke staff keys",
    "logs": "what functions logged",
    "outbox": "what is to be done at shops",
    "redrive": "put dead letters back",
    "rotate": "change a secret",
    "run": "do now what a schedule does",
    "status": "how everything is",
    "sync": "sync a store now",
    "webhooks": "webhooks that came",
}


class Commands(click.Group):
    """Imports a command when it is asked for, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"cli.commands.{name}")
        found: click.Command = module.command
        return found


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 not understood, 3 nothing found, 4 not reached, "
    "5 refused, 130 stopped.",
)
@common
def backshop() -> None:
    """Operate backshop: here, beside `make run`, or on AWS with --stack.

    \b
    backshop status
    backshop sync --store woocommerce
    backshop --stack prod logs webhook_ingest --since 15m
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; says in a sentence on standard error what went wrong."""
    session, stdout = Session(), sys.stdout
    try:
        backshop.main(arguments, prog_name="backshop", standalone_mode=False, obj=session)
        # Here, and not when Python ends, is the pipe of whoever has enough an answer.
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as wrong:
        wrong.show()
        return errors.USAGE
    except click.Abort:
        return _complain("stopped; nothing more was done", 130)
    except BrokenPipeError:
        return _unread()
    except SystemExit:
        # Of a pipe that breaks while it writes click makes its own exit, and wraps the stream.
        if sys.stdout is not stdout:
            return _unread()
        raise
    except Exception as error:
        if session.debug:
            raise
        return _explain(error)
    return 0


def _unread() -> int:
    """Who reads, as `head`, has enough; what is buffered still is not for anybody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())  # type: ignore[union-attr]
    return 0


def _explain(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        return _complain(error.format_message(), error.exit_code)
    kinds = {each.__name__ for each in type(error).__mro__}
    if "ClientError" in kinds:
        return _aws_refused(error)
    if "BotoCoreError" in kinds:
        text = str(error).rstrip(".")
        return _complain(f"{text}: are AWS_PROFILE and AWS_REGION set?", errors.UNREACHABLE)
    if isinstance(error, ConnectionError):
        return _complain(f"{error}: is it running?", errors.UNREACHABLE)
    name = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return _complain(f"{name}; --debug shows where", errors.FAILED)


def _aws_refused(error: Any) -> int:
    """AWS' own words; they name the call, and who may not make it."""
    refusal = error.response["Error"]
    is_denied = (
        "Denied" in refusal["Code"] or "Token" in refusal["Code"] or "Signature" in refusal["Code"]
    )
    what = f"AWS refused {error.operation_name}: {refusal.get('Message') or refusal['Code']}"
    hint = "; use a login that may (AWS_PROFILE), or sign in anew" if is_denied else ""
    return _complain(what.rstrip(".") + hint, errors.REFUSED if is_denied else errors.FAILED)


def _complain(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code
