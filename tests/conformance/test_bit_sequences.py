"""The published bit sequences: modes, rewards and test set against the reference data."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import gflowspec
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.preimages import Preimage, rows_of
from gflowspec.components.contracts import MetricInputs, TestLaw
from gflowspec.components.discover import vocabulary
from gflowspec.components.metrics.correlation import Pearson, Spearman
from gflowspec.components.test_sets.flips import FlippedObjects, flips
from gflowspec.components.test_sets.rows import RowObjects
from gflowspec.components.test_sets.samples import SampledObjects
from gflowspec.core.resources import std_directory
from gflowspec.executor import exact
from gflowspec.executor.tables import Tables
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


# ---- the test set as a metric sees it -----------------------------------------------------------


def test_the_published_test_set_is_found_from_the_specification(golden):
    expected = states(golden["test_set"]["first_5"])
    source = Rows(published())
    found = FlippedObjects(of="M", via="bits", seed=42).states(source)
    assert found.shape == (7200, 15)
    assert torch.equal(found[:5], expected)
    assert torch.equal(found[-3:], states(golden["test_set"]["last_3"]))
    assert bool(published().is_terminal(found).all())
    assert torch.equal(found[::120], RowObjects(of="M", via="bits").states(source))


class Rows:
    """The part of an `ObjectSource` that needs no experiment."""

    def __init__(self, environment):
        self.environment = environment

    def rows(self, of):
        return rows_of(self.environment.reward, of)

    def shown(self, via, rows):
        preimage = Preimage.of(self.environment.derived.environment, via)
        return self.environment.encode(preimage.states(rows))


SPEC = """
gfs 1.0
import "gfs:std/bitseq" { BitSeq, ModeSet }
experiment toy {
  environment = BitSeq(n = 8, k = 2)
  reward = ModeSet(modes = 3, radius = 1)
  objective = tb()
  train { steps = 1 }
  evaluate { final = [spearman(test = TEST)] }
}
"""


@pytest.fixture
def toy(tmp_path):
    def load_toy(test):
        path = tmp_path / "toy.gfs"
        path.write_text(SPEC.strip().replace("TEST", test) + "\n")
        return path

    return load_toy


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("flips(of = M, via = bits)", None),
        ("rows(of = M, via = bits)", None),
        ("flips(of = M, via = bit)", "no `let` called `bit`; it has `bits`"),
        ("rows(of = N, via = bits)", "`N` is no constant array"),
        ("rows(of = H, via = bits)", "`H` has no rows"),
    ],
)
def test_a_test_set_that_is_not_made_of_objects_is_refused(toy, test, why):
    found = [item for item in gflowspec.check(toy(test)).diagnostics if item.is_error]
    if why is None:
        assert found == []
    else:
        assert [item.code for item in found] == ["GFS126"]
        assert why in found[0].message


def test_a9_spearman_of_the_exact_solution_is_one(toy):
    """P_F balanced for a random P_B: exactly by DP, and by the mean over all paths."""
    experiment = gflowspec.compile(gflowspec.load(toy("flips(of = M, via = bits)"))).experiment
    tables = Tables.of(experiment.environment, 10_000)
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(tables.table.parent.shape, generator=generator, dtype=torch.float64)
    totals = torch.zeros_like(tables.table.rank, dtype=torch.float64)
    totals.index_add_(0, tables.table.child, logits.exp())
    log_pb = logits - totals.log()[tables.table.child]
    solution = exact.solve(tables.graph, log_pb)
    log_p = exact.visits(tables.graph, solution.log_pf) + solution.log_pf_stop
    ends = tables.table.terminating
    log_reward = tables.table.log_reward
    for values in (log_p, log_pb_mean(tables, solution, log_pb)):
        law = TestLaw(log_reward=log_reward[ends], log_p=values[ends])
        inputs = MetricInputs(tests={(SampledObjects(), 10): law})
        assert Spearman().compute(inputs) == {"spearman": pytest.approx(1.0, abs=1e-12)}
        assert Pearson().compute(inputs) == {"pearson": pytest.approx(1.0, abs=1e-12)}


def log_pb_mean(tables, solution, log_pb):
    """Log of the sum over all paths into each state of P_B times P_F / P_B, path by path."""
    table = tables.table
    outgoing = {}
    for edge, parent in enumerate(table.parent.tolist()):
        outgoing.setdefault(parent, []).append(edge)
    child, terms = table.child.tolist(), {}
    weights, chances = (solution.log_pf - log_pb).tolist(), log_pb.tolist()

    def walk(state, weight, chance):
        terms.setdefault(state, []).append(chance + weight)
        for edge in outgoing.get(state, ()):
            walk(child[edge], weight + weights[edge], chance + chances[edge])

    walk(0, 0.0, 0.0)
    rows = [
        torch.tensor(terms[state], dtype=torch.float64).logsumexp(0)
        for state in range(len(table.rank))
    ]
    return torch.stack(rows)
