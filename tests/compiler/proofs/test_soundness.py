"""Nothing is called proved that is false: environments that a careless proof accepts."""

import pytest

from compiler.proofs import worlds
from gflowspec.compiler.obligations import pipeline
from gflowspec.compiler.report import Strength
from gflowspec.core.errors import InternalError


def env(body):
    return f"gfs 1.0\nenvironment E() {{\n{body}\n}}\n"


UNREACHABLE_CYCLE = env(
    "state { u: int[0..1] = 0  v: int[0..3] = 0 }\n"
    "action f() when v == 0 { u += 1 }\naction g() when v == 1 { v = 2 }\n"
    "action h() when v == 2 { v = 3 }\naction i() when v == 3 { v = 1 }\n"
    "action k() when v == 1 and u == 1 { v = 0 }\nstop"
)
SLOT_CYCLE = env(
    "state { z: bool = false  w: int[1..1]?  y: int[0..1] = 1 }\n"
    "action go() when w == empty and y == 1 { z = true }\n"
    "action fill() when z { w := 1  y += -1 }\n"
    "action clear() when z and w == 1 { w = empty  y += 1 }\nstop"
)


GATE = env(
    "state { open: int[0..1] = 0  w: int[2..4]?  u: int[0..2]? }\n"
    "action write() when open == 1 { u := 2 }\n"
    "action swing() { open += 1 }\n"
    "invariant (w if open > 0 else u) != 2\nstop"
)

SEALED = env(
    "state { w: array[2] of int[0..1]?  k: int[0..1]? = 0 }\n"
    "action fill(i in index(w)) { w[i] := 1 }\n"
    "action seal() when filled(w) and k == 0 { k = empty }\n"
    "invariant k not in w\nstop"
)


def test_backward_walks_in_a_cycle_that_nothing_reaches_are_phantoms():
    """Every state has a parent, yet four of the eight are not reachable: O4 needs O2 on all."""
    report, _ = worlds.proved(UNREACHABLE_CYCLE)
    assert report.strength("O4") is Strength.FAILED
    assert report.strength("O2") is Strength.ENUMERATED
    assert report.counts.states == 2
    assert not report.inductive
    assert worlds.finding(UNREACHABLE_CYCLE, "GFS310").is_error


def test_a_slot_that_a_condition_chooses_is_not_ordered_by_what_slots_hold():
    """Swinging back makes the invariant speak of `u`, not of less than `w` holds."""
    report, found = worlds.proved(GATE)
    assert not [one for one in found if one.is_error]
    assert report.counts.states == 3
    swing = next(one for one in worlds.derived(GATE).actions if one.action.name == "swing")
    assert swing.blocked_by == "invariant `(w if open > 0 else u) != 2`"


def test_what_may_be_empty_is_not_kept_among_filled_slots():
    """`k` is empty and so not among full slots; taking one of them back would put it there."""
    report, found = worlds.proved(SEALED)
    assert not [one for one in found if one.is_error]
    assert report.counts.states == 5
    derived = worlds.derived(SEALED)
    fill = next(one for one in derived.actions if one.action.name == "fill")
    assert fill.blocked_by == "invariant `k not in w`"


def test_emptying_a_slot_takes_back_what_filling_it_gave():
    report, _ = worlds.proved(SLOT_CYCLE)
    assert report.strength("O2") is Strength.FAILED
    assert worlds.finding(SLOT_CYCLE, "GFS301").is_error
    assert worlds.derived(SLOT_CYCLE).rank is None
    assert worlds.derived(SLOT_CYCLE).sizes.horizon is None


@pytest.mark.parametrize(
    ("body", "horizon"),
    [
        # fill, clear, fill, ..., clear, fill: y rises three times.
        ("action a() { w := 1 } action b() when w == 1 { w = empty  y += 1 }", 7),
        # A pinned fill counts like `:=`, a swap of values not at all.
        ("action a() when w == empty { w = 1 } action b() when w == 1 { w = 2  y += 1 }", 2),
    ],
)
def test_the_horizon_counts_slots_that_are_emptied(body, horizon):
    text = env(f"state {{ w: int[1..2]?  y: int[0..3] = 0 }} {body} stop")
    report, _ = worlds.proved(text)
    assert report.strength("O2") is Strength.PROVED
    assert report.counts.horizon == horizon
    assert worlds.derived(text).sizes.horizon >= horizon


@pytest.mark.parametrize(
    ("name", "prover", "text"),
    [
        ("O2", "prove_acyclic", SLOT_CYCLE),
        ("O4", "prove_covered", UNREACHABLE_CYCLE),
        (
            "O5",
            "prove_progress",
            env("state { x: int[0..1] = 0 } action a() { x += 1 } stop when x == 0"),
        ),
    ],
)
def test_a_proof_that_enumeration_contradicts_is_an_internal_error(monkeypatch, name, prover, text):
    monkeypatch.setattr(pipeline, prover, lambda subject: "mistaken")
    monkeypatch.setattr(pipeline, "prove_closed", lambda subject: "for the premises")
    if name == "O4":
        monkeypatch.setattr(pipeline, "prove_acyclic", lambda subject: "for the premises")
    instance, derived = worlds.instance(text), worlds.derived(text)
    with pytest.raises(InternalError, match=f"{name} was proved"):
        pipeline.prove_afresh(instance, derived, None, 1_000)
