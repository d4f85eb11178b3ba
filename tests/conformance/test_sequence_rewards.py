"""Rewards of the sequence library: published tables, motifs and mirrors."""

import json
import math
import os
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import torch

from conformance.test_environments import larger
from gflowspec.compiler.environment import Environment
from gflowspec.executor.exact import RankedGraph, log_partition, path_counts

FOLDER = os.environ.get("GFLOWSPEC_DATA", "")
FILES = {"tfbind8": "tfbind8.npz", "qm9_small": "qm9_small_rewards.npz"}


def golden(name):
    if not FOLDER or not Path(FOLDER, FILES[name]).is_file():
        pytest.skip(f"{FILES[name]} is not in GFLOWSPEC_DATA")
    path = Path(FOLDER).parent / "golden" / f"{name}_golden.json"
    if not path.is_file():
        pytest.skip(f"the reference rows {path.name} do not stand beside GFLOWSPEC_DATA")
    return json.loads(path.read_text())


@cache
def made(environment, reward, **parameters):
    found = larger("sequences.gfs", environment, reward, parameters)
    return Environment.of(*found)


def rewards_of(environment, strings):
    ends = environment.encode([(tuple(string),) for string in strings])
    assert bool(environment.is_terminal(ends).all())
    return environment.log_reward(ends).exp().tolist(), environment.is_mode(ends).tolist()


def test_binding_scores():
    rows = golden("tfbind8")["rows"]
    environment = made("TwoEnded", "TFBind8", length=8, alphabet="ACGT")
    strings = [["ACGT".index(letter) for letter in row["seq"]] for row in rows]
    found, modes = rewards_of(environment, strings)
    assert found == pytest.approx([max(10 * row["y"] ** 3, 1e-3) for row in rows], rel=1e-12)
    assert modes[:20] == [True] * 20
    assert environment.objects(environment.encode([(tuple(strings[0]),)])) == [rows[0]["seq"]]


def test_modes_are_the_best_half_per_cent_of_all_strings():
    golden("tfbind8")
    environment = made("TwoEnded", "TFBind8", length=8, alphabet="ACGT")
    found, modes = rewards_of(environment, product(range(4), repeat=8))
    assert sum(modes) == 328  # 0.5 % of 65,536
    best = sorted(found)[-328]
    assert all((value >= best) == mode for value, mode in zip(found, modes, strict=True))


def test_properties_of_chains():
    rows = golden("qm9_small")
    greatest = rows["stats"]["max"]
    environment = made("TwoEnded", "QM9Small", length=5, alphabet="0123456789a")
    for part in ("top20", "random50"):
        found, modes = rewards_of(environment, [row["blocks"] for row in rows[part]])
        raw = [max(row["reward"], 1e-3) for row in rows[part]]
        assert found == pytest.approx([100 * (y / greatest) ** 5 for y in raw], rel=1e-12)
        assert part == "random50" or all(modes)


@pytest.mark.parametrize("environment", ["LeftToRight", "TwoEnded", "Anywhere"])
def test_motifs_and_mirrors(environment):
    strings = list(product(range(3), repeat=5))
    motif = made(environment, "Motif", length=5, alphabet="abc")
    places = [sum(s[i : i + 2] == (0, 1) for i in range(4)) for s in strings]
    found, modes = rewards_of(motif, strings)
    assert found == pytest.approx([3**count for count in places])
    assert modes == [count >= 2 for count in places]
    palindrome = made(environment, "Palindrome", length=5, alphabet="abc")
    broken = [sum(a != b for a, b in zip(s, reversed(s), strict=True)) for s in strings]
    found, modes = rewards_of(palindrome, strings)
    assert found == pytest.approx([math.exp(-count) for count in broken])
    assert sum(modes) == 3**3


def test_a_motif_in_sequences_that_stop_anywhere():
    environment = made("Sequence", "Motif", min_length=0, max_length=4, vocab=2)
    table = environment.enumerate(1_000)
    strings = [s for length in range(5) for s in product(range(2), repeat=length)]
    total = sum(3 ** sum(s[i : i + 2] == (0, 1) for i in range(len(s) - 1)) for s in strings)
    assert log_partition(table.log_reward) == pytest.approx(math.log(total))


@pytest.mark.parametrize(
    ("environment", "orders"),
    [
        ("LeftToRight", lambda n: 1),
        ("TwoEnded", lambda n: 2 ** max(0, n - 1)),
        ("Anywhere", math.factorial),
    ],
)
def test_strings_have_as_many_construction_orders_as_there_are_ways(environment, orders):
    table = made(environment, "Motif", length=4, alphabet="ab").enumerate(1_000)
    counts = path_counts(RankedGraph.of(table)).exp()
    expected = torch.tensor([float(orders(int(rank))) for rank in table.rank], dtype=counts.dtype)
    torch.testing.assert_close(counts, expected, rtol=1e-12, atol=0)
