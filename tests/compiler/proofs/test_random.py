"""Brute force against the clever path: masks, parents, ranks, counts and verdicts.

An environment is compared with its naive meaning on *all* states that types and invariants
allow, not only on those that are reached.
"""

from functools import lru_cache

import pytest
import texts
from hypothesis import HealthCheck, assume, given, settings

from compiler.proofs import naive
from compiler.proofs.random_environments import FIXED
from compiler.proofs.random_environments import texts as random_texts
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.obligations.pipeline import prove_afresh
from gflowspec.compiler.report import Strength
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import machine
from gflowspec.semantics.transition import parents, redone_by, successors, undone_by

MOST = 700
MANY = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


CYCLE = """gfs 1.0
environment E() {
  state { x: int[0..2] = 0 }
  action up() { x += 1 }
  action down() { x += -1 }
  stop
}
"""
on_fixed_texts = pytest.mark.parametrize("text", [*FIXED, CYCLE])


@lru_cache(maxsize=64)
def world(text):
    """(instance, derived, legal states, naive steps of each); None for what is not looked at."""
    instances, found = texts.library(text)
    if any(item.is_error for item in found):
        return None
    (instance,) = instances
    environment = instance.environment
    derived, found = derive(environment)
    assert derived is not None, found
    if derived.sizes.states_upper > MOST:
        return None
    legal = [s for s in naive.all_states(environment) if naive.is_legal(environment, s)]
    return instance, derived, legal, {s: naive.steps(environment, s) for s in legal}


def arguments(step):
    return tuple(sorted(step.arguments.items()))


@on_fixed_texts
def test_forward_actions_are_those_of_the_declaration(text):
    _, derived, legal, steps = world(text)
    for state in legal:
        found = [(s.action, arguments(s), s.state) for s in successors(derived, state)]
        assert found == steps[state], (text, state)


@on_fixed_texts
def test_backward_actions_are_the_forward_ones_reversed(text):
    """On every state that types and invariants allow: the right and the left inverse of O3."""
    _, derived, legal, steps = world(text)
    located = {a.action.name: {b.name for b in a.addresses} for a in derived.actions}
    wanted = {state: [] for state in legal}
    for parent in legal:
        for name, bound, child in steps[parent]:
            if child in wanted:
                address = tuple((k, v) for k, v in bound if k in located[name])
                wanted[child].append((name, address, parent))
    for state in legal:
        found = [(s.action, arguments(s), s.state) for s in parents(derived, state)]
        assert sorted(found, key=repr) == sorted(wanted[state], key=repr), (text, state)


@on_fixed_texts
def test_flat_indices_of_both_directions_belong_together(text):
    _, derived, legal, _ = world(text)
    known = set(legal)
    for state in legal:
        for step in successors(derived, state):
            if step.state in known:
                back = undone_by(derived, step.flat)
                assert redone_by(derived, step.state, back) == step.flat
                assert (back, state) in {(p.flat, p.state) for p in parents(derived, step.state)}


@on_fixed_texts
def test_the_rank_rises_and_bounds_the_horizon(text):
    _, derived, legal, steps = world(text)
    rank = derived.rank
    if rank is None:
        return
    codes = [compile_expr(term) for term in rank.terms]

    def value(state):
        frame = machine(derived).frame(state)
        return sum(w * code(frame) for w, code in zip(rank.weights, codes, strict=True))

    known = set(legal)
    for state in legal:
        for _, _, child in steps[state]:
            if child in known:
                assert value(child) >= value(state) + 1, (text, state, child)
    if naive.source(derived.environment) not in known:
        return
    reached = naive.reachable(derived.environment, lambda s: [t for t in steps[s] if t[2] in known])
    longest = naive.longest(reached, lambda s: [t for t in steps[s] if t[2] in known])
    assert longest <= derived.sizes.horizon


def truths(instance, legal):
    """What O1 to O7 say about the reachable states, by the letter."""
    environment = instance.environment
    cache = {}

    def steps(state):
        if state not in cache:
            cache[state] = naive.steps(environment, state)
        return cache[state]

    reached = naive.reachable(environment, steps)
    known = set(legal)
    incoming = dict.fromkeys(reached, 0)
    for state in reached:
        for _, _, child in steps(state):
            incoming[child] += 1
    ends = {
        s for s in reached if naive.is_terminal(environment, s) or naive.may_stop(environment, s)
    }
    legal_parents = {
        child for p in legal for _, _, child in naive.steps(environment, p) if p not in reached
    }
    return {
        "reached": reached,
        "ends": ends,
        "edges": sum(incoming.values()),
        "O1": reached <= known,
        "O2": naive.longest(reached, steps) is not None,
        "O4": not legal_parents & (reached - {naive.source(environment)}),
        "O5": all(steps(s) or s in ends for s in reached),
        "O6": not any(
            child == naive.source(environment)
            for p in legal
            for _, _, child in naive.steps(environment, p)
        ),
        "O7": bool(ends),
        "wide": len(known - reached),
    }


@on_fixed_texts
def test_verdicts_are_the_truth(text):
    instance, derived, legal, _ = world(text)
    truth = truths(instance, legal)
    report, diagnostics = prove_afresh(instance, derived, None, 20_000)
    failed = {name for name, r in report.results.items() if r.strength is Strength.FAILED}
    for name in ("O1", "O2", "O5", "O6", "O7"):
        assert (name not in failed) == truth[name], (text, name, report.results[name])
    if truth["O1"]:
        assert ("O4" not in failed) == truth["O4"], (text, report.results["O4"])
    assert all(
        r.strength in (Strength.PROVED, Strength.ENUMERATED, Strength.FAILED)
        for name, r in report.results.items()
        if truth["O1"] or name != "O4"
    )
    assert bool(failed) == any(item.is_error for item in diagnostics), diagnostics
    counts = report.counts
    assert counts.states in (None, len(truth["reached"]))
    assert counts.edges in (None, truth["edges"])
    assert counts.terminal_states in (None, len(truth["ends"]))
    if report.inductive:
        assert truth["wide"] == 0


@pytest.mark.slow
@MANY
@given(random_texts())
def test_random_environments(text):
    assume(world(text) is not None)
    test_forward_actions_are_those_of_the_declaration(text)
    test_backward_actions_are_the_forward_ones_reversed(text)
    test_flat_indices_of_both_directions_belong_together(text)
    test_the_rank_rises_and_bounds_the_horizon(text)
    test_verdicts_are_the_truth(text)
