"""`python serve_one.py FOLDER LOGS DEPENDENCIES [portable]`: one frozen function, until killed.

Prints its process's id. `portable` leaves out what only Linux has.
"""

import asyncio
import sys
from pathlib import Path

from local import processes
from local.functions import Functions
from local.runtime import Function, Surroundings


async def main(folder, logs, dependencies):
    function = Function("echo", folder, "echo.handler", 5.0, 256, {})
    functions = Functions(
        [function], Surroundings("eu-west-1", "http://127.0.0.1:1", dependencies, logs)
    )
    answer = await functions.invoke("echo", b"{}")
    print(answer.payload.decode(), flush=True)
    await asyncio.sleep(60)


if "portable" in sys.argv:
    processes._prctl = None
asyncio.run(main(*map(Path, sys.argv[1:4])))
