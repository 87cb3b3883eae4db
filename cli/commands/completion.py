"""`backshop completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cli.session import common


@click.command("completion", short_help="The script that completes commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes backshop's commands, options and functions.

    \b
    source <(backshop completion bash)     # or put the line into ~/.bashrc
    source <(backshop completion zsh)
    backshop completion fish > ~/.config/fish/completions/backshop.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "backshop", "_BACKSHOP_COMPLETE").source())
