"""`python -m local`: run the application on this machine, and look into it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "shared"))  # `make` sets it; a person who types the command does not


def main() -> int:
    """Read the command line, do it, and say in a sentence what went wrong."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.command(arguments))
    except UserError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=".venv/bin/python -m local", description=__doc__)
    parser.add_argument(
        "--state",
        type=Path,
        default=ROOT / ".local",
        help="the folder of the stack's data (default: .local)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="serve the whole application until Ctrl-C")
    run.add_argument("--port", type=int, default=8080, help="of the gateway (default: 8080)")
    run.add_argument(
        "--python-client",
        action="store_true",
        help="run functions with the Runtime API client in Python, as on macOS",
    )
    run.add_argument(
        "--orders",
        type=int,
        default=200,
        help="of a demo shop that is made (default: 200); one that is there stays as it is",
    )
    run.add_argument(
        "--invoices",
        action="store_true",
        help="fill the WooCommerce shop from ../shared/data/online_retail.csv.gz, where that is",
    )
    run.add_argument(
        "--containers",
        action="store_true",
        help="let containers of `sam local` reach the stack: listen on Docker's bridge, too",
    )
    run.set_defaults(command=_run)
    reset = commands.add_parser("reset", help="delete all local data")
    reset.add_argument("--force", action="store_true", help="do not ask on a terminal")
    reset.set_defaults(command=_reset)
    drill = commands.add_parser("drill", help="back the database up, restore it elsewhere, compare")
    drill.set_defaults(command=_drill)
    demo = commands.add_parser("demo", help="replay recorded deliveries and show the rows")
    demo.set_defaults(command=_demo)
    invoke = commands.add_parser("invoke", help="call one function with an event")
    invoke.add_argument("function", help="the name of its folder, such as webhook_ingest")
    invoke.add_argument(
        "event",
        nargs="?",
        default="{}",
        help="a file, - for standard input, JSON, or `last` for the last one it got (default: {})",
    )
    invoke.add_argument(
        "--here",
        action="store_true",
        help="run it in this process, for a debugger: breakpoint() works, and nothing ends it",
    )
    invoke.set_defaults(command=_invoke)
    return parser


# What a command needs is imported when it runs: `--help` and a typing error answer at once.


def _run(arguments: argparse.Namespace) -> int:
    from local import containers, stack
    from local.application import application
    from local.shops import Wanted

    settings = stack.Settings(
        template=ROOT / "template.yaml",
        state=arguments.state.resolve(),
        aws_python=ROOT / ".venv-aws" / "bin" / "python",
        port=arguments.port,
        python_client=arguments.python_client,
        bridge=containers.bridge() if arguments.containers else None,
    )
    stack.serve(settings, application(Wanted(arguments.orders, arguments.invoices)))
    return 0


def _reset(arguments: argparse.Namespace) -> int:
    import shutil

    from local import postgres, stack

    state = arguments.state.resolve()
    if stack.is_running(state):
        return _complain("the stack is running: stop it with Ctrl-C first")
    if not state.exists():
        print("there is no local data")
        return 0
    print(f"{state} holds the local database, the demo shops, stored objects, keys and logs.")
    if not arguments.force and not _agrees("Delete it all? (yes/no) "):
        print("nothing was deleted")
        return 1
    postgres.end_leftovers(state / "postgres")
    shutil.rmtree(state)
    print("deleted; `make run` begins anew")
    return 0


def _agrees(question: str) -> bool:
    """Whether the person says yes; a script, which calls on purpose, is not asked."""
    if not sys.stdin.isatty():
        return True
    try:
        return input(question).strip().lower() == "yes"
    except EOFError:
        print()
        return False


def _drill(arguments: argparse.Namespace) -> int:
    from local import drill

    drill.run(arguments.state.resolve())
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from local import demo

    return demo.run(arguments.state)


def _invoke(arguments: argparse.Namespace) -> int:
    from local import commands

    call = commands.invoke_here if arguments.here else commands.invoke
    return call(arguments.state, arguments.function, arguments.event)


def _complain(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
