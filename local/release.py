"""Says in the built template which functions have changed; `make template` runs it.

SAM publishes a new version of a function when its own folder changed. A layer's content changes the
function, too, and without a new version the alias that callers reach would go on with the old one.
So each function gets the digest of everything that it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from local import template


def main(built: Path) -> None:
    """Write `AutoPublishCodeSha256` into each function of the built template."""
    path = built / "template.yaml"
    document = template.read(path)
    shared = document["Globals"]["Function"]
    for each in document["Resources"].values():
        if each["Type"] == "AWS::Serverless::Function":
            properties = each["Properties"]
            properties.pop("AutoPublishCodeSha256", None)
            used = [layer["Ref"] for layer in [*shared["Layers"], *properties.get("Layers", [])]]
            properties["AutoPublishCodeSha256"] = digest(
                [built / folder for folder in (properties["CodeUri"], *used)], [shared, properties]
            )
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    sys.stdout.write(f"{path}: each function with the digest of what it runs\n")


def digest(folders: Iterable[Path], settings: Any) -> str:
    """Of names and contents of the files, and of the settings: a version keeps both."""
    made = sha256(repr(settings).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                made.update(f"{path.relative_to(folder)}\0".encode())
                made.update(sha256(path.read_bytes()).digest())
    return made.hexdigest()


if __name__ == "__main__":
    main(Path(".aws-sam/build"))
