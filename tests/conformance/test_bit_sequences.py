"""The published bit sequences: modes, rewards and test set against the reference data."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from conformance.flips import flips
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.components.discover import vocabulary
from gflowspec.core.resources import std_directory
from gflowspec.lang.spec import load
from gflowspec.semantics.draws import draw_ints

PATTERNS = ("00000000", "11111111", "11110000", "00001111", "00111100")


@pytest.fixture
def golden():
    folder = os.environ.get("GFLOWSPEC_DATA", "")
    path = Path(folder).parent / "golden" / "bitseq_golden.json"
    if not folder or not path.is_file():
        pytest.skip("the reference file bitseq_golden.json does not stand beside GFLOWSPEC_DATA")
    return json.loads(path.read_text())["by_seed"]["42"]


@cache
def published():
    spec, _ = load(str(std_directory() / "bitseq.gfs"), (), vocabulary())
    instance, _ = instantiate(spec, "BitSeq", {"n": 120, "k": 8}, "ModeSet", {})
    derived, _ = derive(instance.environment)
    return Environment.of(derived, instance.rewards[0])


def states(strings):
    words = [tuple(int(text[i : i + 8], 2) for i in range(0, 120, 8)) for text in strings]
    return published().encode([(word,) for word in words])


def bits(strings):
    return np.array([[int(bit) for bit in text] for text in strings])


def test_the_sixty_modes_are_the_published_ones_in_their_order(golden):
    drawn = draw_ints(60 * 15, 0, 4, 42, "mt19937")
    modes = ["".join(PATTERNS[i] for i in drawn[row : row + 15]) for row in range(0, 900, 15)]
    assert modes == golden["modes"]
    ends = states(modes)
    assert bool(published().is_terminal(ends).all())
    # log R = 0 nowhere but at the modes of the specification, of which there are 60
    assert published().log_reward(ends).tolist() == [0.0] * 60
    assert bool(published().is_mode(ends).all())
    apart = (bits(modes)[:, None] != bits(modes)[None]).sum(-1)
    assert apart[~np.eye(60, dtype=bool)].min() == golden["min_pairwise_distance"]


def test_rewards_and_modes_of_the_reference_strings(golden):
    samples = golden["samples"]
    assert len(samples) == 20
    ends = states([item["s"] for item in samples])
    expected = [item["log_reward_exponent_2"] for item in samples]
    assert published().log_reward(ends).tolist() == pytest.approx(expected, abs=1e-9)
    assert published().is_mode(ends).tolist() == [item["min_distance"] <= 30 for item in samples]


def test_the_test_set_is_the_published_one(golden):
    found = ["".join(map(str, row)) for row in flips(bits(golden["modes"]), seed=42).tolist()]
    expected = golden["test_set"]
    assert len(found) == expected["size"] == 7200
    assert found[:5] == expected["first_5"]
    assert found[-3:] == expected["last_3"]
    digest = hashlib.sha256("\n".join(found).encode()).hexdigest()
    assert digest == expected["sha256_of_newline_joined"]


def test_a_test_set_has_every_distance_once_for_each_row():
    rows = np.random.default_rng(0).integers(0, 2, size=(3, 7))
    found = flips(rows, seed=1)
    assert found.shape == (21, 7)
    apart = (found.reshape(3, 7, 7) != rows[:, None]).sum(-1)
    assert apart.tolist() == [list(range(7))] * 3
    assert not np.array_equal(found, flips(rows, seed=2))
