"""`python serve_toys.py STATE PORT RESULTS AWS_PYTHON`: the local stack, with the toy functions."""

import os
import sys
from pathlib import Path

from local import errors, stack


async def prepare(running):
    return stack.Ready({"keys": running.resources.attribute("Key", "Ref")})


state, port, results, aws_python = sys.argv[1:]
settings = stack.Settings(
    template=Path(__file__).parent / "template.yaml",
    state=Path(state),
    aws_python=Path(aws_python),
    port=int(port),
    python_client="PYTHON_CLIENT" in os.environ,
)
try:
    stack.serve(settings, stack.Application(lambda *_: {"Results": results}, prepare))
except errors.UserError as error:
    sys.exit(f"error: {error}")
