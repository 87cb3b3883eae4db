"""The AWS stand-in as a child process."""

from pathlib import Path

import pytest

from local import aws, processes

PYTHON = Path(__file__).parents[2] / ".venv-aws" / "bin" / "python"


def test_what_a_killed_stack_left_behind_is_ended_and_its_state_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where nothing tells a child of its parent's death."""
    monkeypatch.setattr(processes, "_prctl", None)
    left = aws.start(folder / "aws", PYTHON)
    aws.wait(left, folder / "aws")
    url = left.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    with aws.running(folder / "aws", PYTHON) as after:
        assert left.process is not None
        assert left.process.poll() is not None
        assert after.client("sqs").get_queue_url(QueueName="kept")["QueueUrl"] == url
    assert after.process is not None
    assert after.process.returncode == 0


def test_a_missing_installation_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(aws.NotStarted, match="run `make setup`"):
        aws.start(tmp_path, tmp_path / "python")


def test_a_stand_in_that_does_not_start_points_to_its_log(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(aws.NotStarted, match="log says why"), aws.running(tmp_path, python):
        pass
