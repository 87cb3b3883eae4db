"""What stops a command: one sentence that names the next step, and the exit code."""

from __future__ import annotations

import click

FAILED = 1
USAGE = 2
NOTHING_FOUND = 3
UNREACHABLE = 4
REFUSED = 5


class Stopped(click.ClickException):
    """The command cannot do what was asked."""

    exit_code = FAILED


class NothingFound(Stopped):
    """There is no such store, row, key, webhook or person."""

    exit_code = NOTHING_FOUND


class Unreachable(Stopped):
    """No stack runs here, or AWS or the API does not answer."""

    exit_code = UNREACHABLE


class Refused(Stopped):
    """The key or the AWS login may not do it."""

    exit_code = REFUSED
