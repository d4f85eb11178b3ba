"""A table of strengths and counts, and what follows from declarations without visiting a state."""

import pytest

from compiler.proofs import naive, worlds
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.report import Strength
from gflowspec.semantics.explore import explore
from gflowspec.semantics.transition import parents

# text, reachable, states that types and invariants allow, edges, phantom parents, parentless.
TABLE = {
    "prefix": (worlds.PREFIX, 5, 16, 4, 6, 4),
    "prefix with invariant": (worlds.PREFIX_WHOLE, 5, 5, 4, 0, 0),
    "permutations": (worlds.PERMUTATION_FREE, 34, 64, 63, 0, 12),
    "permutations with invariant": (worlds.PERMUTATION, 34, 34, 63, 0, 0),
    "ordering with cursor": (worlds.ORDERING, 16, 16, 15, 0, 0),
    "bags": (worlds.BAG_FREE, 17, 27, 27, 0, 6),
    "bags with invariant": (worlds.BAG, 17, 17, 27, 0, 0),
    "hypergrid": (worlds.HYPERGRID, 25, 25, 40, 0, 0),
    "bit sequences": (worlds.WORDS, 125, 125, 300, 0, 0),
}


@pytest.mark.parametrize("name", TABLE)
def test_reachable_states_edges_and_phantoms(name):
    text, reachable, allowed, edges, phantoms, parentless = TABLE[name]
    derived = worlds.derived(text)
    environment = derived.environment
    found = explore(derived, 1_000)
    assert (len(found.states), len(found.edges)) == (reachable, edges)
    legal = [s for s in naive.all_states(environment) if naive.is_legal(environment, s)]
    assert len(legal) == allowed
    beyond = [p.state for s in found.states for p in parents(derived, s)]
    assert len({s for s in beyond if s not in found.index}) == phantoms
    first = naive.source(environment)
    alone = [s for s in legal if s != first and next(parents(derived, s), None) is None]
    assert len(alone) == parentless


@pytest.mark.parametrize("name", TABLE)
def test_the_inductive_form_holds_exactly_where_invariants_describe_what_is_reached(name):
    text, reachable, allowed, _, phantoms, _ = TABLE[name]
    report, _ = worlds.proved(text)
    if report.inductive:
        assert reachable == allowed
    assert (report.strength("O4") is Strength.FAILED) == (phantoms > 0)
    assert report.inductive == (reachable == allowed)


# text, forward mask, backward mask, rank, horizon
DERIVED = {
    "hypergrid": (worlds.HYPERGRID, "x[i] < 4", "x[i] > 0", "sum(x[k] for k in 0..1)", 8),
    "words": (worlds.WORDS, "w[p] == empty", "w[p] != empty", "count_filled(w)", 3),
    "permutation": (
        worlds.PERMUTATION,
        "v not in w and w[p] == empty",
        "w[p] != empty",
        "count_filled(w)",
        3,
    ),
    "ordering": (worlds.ORDERING, "t < 3 and v not in w and w[t] == empty", "t > 0", "t", 3),
    "bag": (
        worlds.BAG,
        "c[i] < 2 and sum(c[k] for k in 0..2) != 3",
        "c[i] > 0",
        "sum(c[k] for k in 0..2)",
        3,
    ),
}


@pytest.mark.parametrize("name", DERIVED)
def test_masks_are_as_short_as_hand_written_ones(name):
    text, forward, backward, rank, horizon = DERIVED[name]
    derived = worlds.derived(text)
    (action,) = derived.actions
    assert show(action.forward_mask) == forward
    assert show(action.backward_mask) == backward
    assert action.simplified
    assert action.blocked_by == ""
    assert [
        (w, show(t)) for w, t in zip(derived.rank.weights, derived.rank.terms, strict=True)
    ] == [(1, rank)]
    assert derived.sizes.horizon == horizon


def test_a_full_mask_names_what_blocked_it():
    (action,) = worlds.derived(worlds.PREFIX).actions
    assert not action.simplified
    assert action.blocked_by == "guard `v == 0 or taken[v - 1] == 1`"
    (load,) = worlds.derived(worlds.RUCKSACK).actions
    assert show(load.backward_mask) == "packed[i]"
    slack = worlds.RUCKSACK.replace("  invariant load <= capacity\n", "")
    (action,) = worlds.derived(slack).actions
    assert action.blocked_by == "guard `load + weight[i] <= capacity`"


def test_addresses_and_payloads():
    (write,) = worlds.derived(worlds.WORDS).actions
    assert [binder.name for binder in write.addresses] == ["p"]
    assert [(p.binder.name, show(p.value)) for p in write.payloads] == [("v", "w[p]")]
    (following,) = worlds.derived(worlds.ORDERING).actions
    assert following.addresses == ()
    assert [(s.variable, show(s.value)) for s in following.undo] == [("t", "t - 1"), ("w", "empty")]
    assert show(following.undo[1].indices[0]) == "t - 1"


def test_sizes_of_large_instances_need_no_state():
    big = worlds.HYPERGRID.replace("= 2, side", "= 4, side").replace("= 5)", "= 20)")
    report, found = worlds.proved(big)
    counts = report.counts
    assert (counts.states, counts.edges, counts.terminal_states) == (160_000, 608_000, 160_000)
    assert (counts.horizon, counts.parallel_edges) == (76, 0)
    assert report.inductive
    assert report.enumerable(2_000_000)
    assert not report.enumerable(100_000)
    assert all(result.strength is Strength.PROVED for result in report.results.values())
    assert found == ()
    words = worlds.WORDS.replace("= 3, bits", "= 15, bits").replace("= 2)", "= 8)")
    report, found = worlds.proved(words)
    assert report.counts.states == 257**15
    assert report.counts.edges == 15 * 256 * 257**14
    assert report.counts.terminal_states == 256**15
    assert report.enumerable(2_000_000) is False
    assert found == ()


@pytest.mark.parametrize("text", [worlds.HYPERGRID, worlds.WORDS])
def test_closed_counts_equal_enumerated_ones(text):
    report, _ = worlds.proved(text)
    closed, _ = worlds.proved(text, limit=10)
    assert closed.counts == report.counts
    assert closed.inductive


def test_partial_permutations_in_closed_form():
    text = worlds.PERMUTATION.replace("= 3)", "= 6)")
    report, _ = worlds.proved(text, limit=10)
    assert report.counts.states == 13_327
    assert report.strength("O5") is Strength.SAMPLED
