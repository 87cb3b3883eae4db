"""`make audit`: what is shipped in layers, its licences, an SBOM, and which holes are known."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".venv-audit" / "bin"
MADE = ROOT / "dist"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_BINDING = re.compile(r"\b(AGPL|GPL|SSPL|BUSL)|GNU (Affero )?General Public", re.I)


def shipped() -> Path:
    """The pins of all layers in one file, each package once."""
    blocks: dict[str, str] = {}
    for path in sorted((ROOT / "layers").glob("*/requirements.txt")):
        for block in re.split(r"\n(?=[A-Za-z0-9])", path.read_text()):
            if found := _PINNED.match(block):
                blocks[f"{found[1]}=={found[2]}"] = block.rstrip()
    file = MADE / "shipped.txt"
    file.write_text("\n".join(blocks[name] for name in sorted(blocks)) + "\n")
    return file


def sbom(requirements: Path) -> Path:
    """The bill of materials, as CycloneDX."""
    file = MADE / "sbom.cdx.json"
    command = ["requirements", str(requirements), "--output-reproducible", "-o", str(file)]
    _run("cyclonedx-py", *command)
    return file


def licences(requirements: Path) -> dict[str, list[str]]:
    """Packages by their licence, as they name it themselves."""
    pins = map(_PINNED.match, requirements.read_text().splitlines())
    names = [pin[1] for pin in pins if pin]
    python = ROOT / ".venv" / "bin" / "python"
    options = ["--python", str(python), "--from", "mixed", "--format", "json", "--packages", *names]
    found: dict[str, list[str]] = defaultdict(list)
    for each in json.loads(_run("pip-licenses", *options)):
        found[" ".join(each["License"].split())[:80]].append(each["Name"])
    missing = set(map(_plain, names)) - {_plain(name) for each in found.values() for name in each}
    if missing:
        found["not installed here"] = sorted(missing)
    return found


def binds(licence: str) -> bool:
    """Whether it would bind backshop's own code. The lesser GPL does not, where it is imported."""
    return bool(_BINDING.search(licence))


def holes(requirements: Path) -> tuple[list[str], str]:
    """What is known against what is shipped, and why nobody could be asked, if so."""
    options = [
        "--disable-pip",
        "--require-hashes",
        "-r",
        str(requirements),
        "-f",
        "json",
        "-s",
        "osv",
    ]
    done = subprocess.run(
        [TOOLS / "pip-audit", *options, "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return [], (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1][:200]
    skipped = [each["name"] for each in report["dependencies"] if "skip_reason" in each]
    found = [
        f"{each['name']} {each['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions'])}"
        for each in report["dependencies"]
        for hole in each.get("vulns", ())
    ]
    return found, f"nothing is known of {', '.join(skipped)}" if skipped else ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _run(tool: str, *arguments: str) -> str:
    done = subprocess.run([TOOLS / tool, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{tool} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def main() -> int:
    """1 where a hole is known or a licence would bind our code, 2 where nobody could be asked."""
    MADE.mkdir(exist_ok=True)
    requirements = shipped()
    parts = len(json.loads(sbom(requirements).read_text())["components"])
    print(f"dist/sbom.cdx.json: {parts} packages are shipped")
    by_licence = licences(requirements)
    for licence, names in sorted(by_licence.items(), key=lambda item: -len(item[1])):
        print(f"  {licence}: {', '.join(sorted(names))}")
    bound = sorted(filter(binds, by_licence))
    found, unasked = holes(requirements)
    for each in found:
        print(f"KNOWN: {each}")
    if unasked:
        print(f"NOT AUDITED: {unasked}")
    if bound:
        print(f"LICENCES that would bind our code: {', '.join(bound)}")
    if not (found or unasked):
        print("no known holes")
    return 1 if found or bound else 2 if unasked else 0


if __name__ == "__main__":
    sys.exit(main())
