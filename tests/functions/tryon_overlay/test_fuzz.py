"""Two thousand damaged, strange and hostile files: each is drawn on or refused with a reason,
soon."""

from __future__ import annotations

import random
import resource
import time
from collections import Counter

import pytest
from vision import makeup, pictures, render, tone

from bench.try_on import fuzz


def run(number: int, seed: int) -> Counter[str]:
    """What came of so many files: `drawn`, or the code of the refusal."""
    random_ = random.Random(seed)
    came: Counter[str] = Counter()
    for _ in range(number):
        data = fuzz.strange(random_)
        began = time.process_time()
        try:
            scene, _notes = render.sit(data)
            tone.read(scene)
            makeup.foundation(scene, makeup.Foundation(scene.skin.color * 0 + 0.8, 0.8, "matte"))
            came["drawn"] += 1
        except pictures.Refused as refused:
            came[refused.code if refused.reason else "no reason"] += 1
        assert time.process_time() - began < 5, "too slow"
    assert not came["no reason"]
    return came


def test_strange_files_do_no_harm():
    came = run(20, seed=1)
    assert came["drawn"] > 1
    assert came["damaged"] > 1


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_thousand_strange_files_do_no_harm_and_leave_nothing_behind():
    run(200, seed=2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    came = run(2000, seed=3)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000, f"{grown} KB more than after the first two hundred"
    assert sum(came.values()) == 2000
    assert len(came) >= 8, came
