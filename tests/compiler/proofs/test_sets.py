"""Sets: what is proved of them, what is refused with which witness, and what repairs it."""

import re

import pytest
import texts

from compiler.proofs import naive, worlds
from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.obligations.counts import closed_counts, enumerated_counts
from gflowspec.compiler.obligations.ground import full_ground
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.compiler.report import OBLIGATIONS, Strength
from gflowspec.semantics.evaluate import evaluate
from gflowspec.semantics.explore import explore
from gflowspec.semantics.machine import machine
from gflowspec.semantics.transition import parents, successors


def env(body, prelude=""):
    return f"gfs 1.0\n{prelude}\nenvironment E() {{\n{body}\n}}\n"


PREFIX = env(
    "state { S: set[0..4] of int[0..3] }\n"
    "action add(v in 0..3) when v == 0 or v - 1 in S { S.add(v) }\n"
    "stop when len(S) > 0"
)
PREFIX_WHOLE = PREFIX.replace(
    "stop when", "invariant all(v == 0 or v - 1 in S for v in S)\nstop when"
)
INDEPENDENT = env(
    "state { S: set[0..3] of int[0..4] }\n"
    "action add(v in 0..4) when v + 1 not in S and v - 1 not in S { S.add(v) }\n"
    "terminal when len(S) == 3"
)
KNAPSACK = env(
    "state { S: set[0..3] of int[0..5] }\n"
    "let load = sum(weights[i] for i in S)\n"
    "let compatible(v) = all((min(u, v), max(u, v)) not in clashes for u in S)\n"
    "action add(v in 0..5) when load + weights[v] <= 165 and compatible(v) { S.add(v) }\n"
    "stop\n"
    "invariant load <= 165\ninvariant all(compatible(v) for v in S)",
    "const weights = [23, 31, 29, 44, 53, 38]\nconst clashes = [(0, 3), (1, 2), (4, 5)]",
)
MATCHING = env(
    "state { M: set[0..3] of (int[0..3], int[0..3]) }\n"
    "action join(i in 0..3, j in 0..3) when all(a != i and b != j for a, b in M)\n"
    "{ M.add((i, j)) }\n"
    "stop\n"
    "invariant all(a == c and b == d or a != c and b != d for a, b in M for c, d in M)"
)
COMPLETE = env(
    "state { S: set[0..4] of int[0..19] }\n"
    "action add(v in 0..19) { S.add(v) }\nterminal when len(S) == 4"
)
DISJOINT = env(
    "state { S: set[0..3] of int[0..5]  T: set[0..2] of int[0..5] }\n"
    "action left(v in 0..5) when v not in T { S.add(v) }\n"
    "action right(v in 0..5) when v not in S { T.add(v) }\n"
    "stop\ninvariant all(v not in T for v in S)"
)
COLOURS = env(
    "state { H: set[0..2] of Hue }\naction use(h in Hue) { H.add(h) }\nterminal when len(H) == 2",
    "enum Hue { red, green, blue }",
)

# text, reachable, states that types and invariants allow, edges, phantom parents, parentless.
TABLE = {
    "prefix sets": (PREFIX, 5, 16, 4, 6, 4),
    "prefix sets with invariant": (PREFIX_WHOLE, 5, 5, 4, 0, 0),
    "independent sets": (INDEPENDENT, 13, 26, 20, 0, 7),
    # 3 ^ 3: one of each pair that clashes, or none; no three of them weigh more than 128.
    "subsets with exclusions": (KNAPSACK, 27, 27, 54, 0, 0),
    "subsets with budget and exclusions": (KNAPSACK.replace("165", "75"), 14, 14, 20, 0, 0),
    "complete sets of colours": (COLOURS, 7, 7, 9, 0, 0),
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
    beyond = {p.state for s in found.states for p in parents(derived, s)} - set(found.index)
    assert len(beyond) == phantoms
    first = naive.source(environment)
    alone = [s for s in legal if s != first and next(parents(derived, s), None) is None]
    assert len(alone) == parentless


def test_prefix_sets_without_their_invariant_have_phantom_parents():
    item = worlds.finding(PREFIX, "GFS310")
    assert "6 states" in item.message
    assert worlds.walk(item) == [[], "add(v=0)", [0], "add(v=1)", [0, 1]]
    assert "S = {1}" in item.notes[0]
    report, found = worlds.proved(PREFIX_WHOLE)
    assert not any(item.is_error for item in found)
    assert report.inductive


def test_independent_sets_of_exactly_three_get_stuck():
    item = worlds.finding(INDEPENDENT, "GFS320")
    assert "3 states" in item.message
    assert worlds.walk(item) == [[], "add(v=0)", [0], "add(v=3)", [0, 3]]
    (repair,) = item.helps
    old, new = re.search(r"replace `(.*)` by `(.*)`", repair).groups()
    assert INDEPENDENT.count(old) == 1
    _, found = worlds.proved(INDEPENDENT.replace(old, new))
    assert not any(item.is_error for item in found)


@pytest.mark.parametrize(
    "text", [KNAPSACK.replace("165", "75"), MATCHING, COMPLETE, DISJOINT, PREFIX_WHOLE, COLOURS],
    ids=["knapsack", "matching", "complete", "disjoint", "prefix", "colours"],
)  # fmt: skip
def test_everything_is_proved(text):
    report, _ = worlds.proved(text)
    assert {name: report.strength(name) for name in OBLIGATIONS} == dict.fromkeys(
        OBLIGATIONS, Strength.PROVED
    )


@pytest.mark.parametrize(
    ("text", "backward"),
    [
        (KNAPSACK, "v in S"),
        (COMPLETE, "v in S"),
        (MATCHING, "(i, j) in M"),
        (COLOURS, "h in H"),
        (PREFIX, "v in S and (v == 0 or v - 1 in S)"),
    ],
)
def test_backward_masks_are_as_short_as_hand_written_ones(text, backward):
    assert show(worlds.derived(text).actions[0].backward_mask) == backward


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        # The set is never complete: there are too few elements.
        ("state { S: set of int[0..3] } action add(v in 0..2) { S.add(v) }"
         " terminal when len(S) == 4",
         "O5"),
        # The budget is left by one action.
        ("state { S: set of int[0..3] } action add(v in 0..3) { S.add(v) } stop"
         " invariant sum(S) <= 3",
         "O1"),
        # A negative weight: taking an element out may break the limit.
        ("state { S: set of int[0..2] }"
         " action add(v in 0..2) when sum(w[i] for i in S) + w[v] <= 1 { S.add(v) } stop",
         None),
        # The relation is not symmetric: what the guard asks of v, nobody asks of the others.
        ("state { S: set of int[0..3] }"
         " action add(v in 0..3) when all(u < v for u in S) { S.add(v) } stop"
         " invariant all(u <= v for u in S for v in S)",
         "O1"),
    ],
)  # fmt: skip
def test_what_is_false_is_not_proved(body, failed):
    text = env(body, "const w = [-1, 2, 1]")
    report, _ = worlds.proved(text)
    strengths = {name: report.strength(name) for name in OBLIGATIONS}
    if failed is not None:
        assert strengths[failed] is Strength.FAILED
        return
    derived = worlds.derived(text)
    reached = explore(derived, 100).index
    phantoms = {p.state for s in reached for p in parents(derived, s)} - set(reached)
    assert (strengths["O4"] is Strength.FAILED) == bool(phantoms)


CONDITIONS = (
    "len(S) <= 2",
    "all(u <= v or u in T for u in S for v in S)",
    "any(u + v == 3 and u not in T for u in S for v in T)",
    "sum(v * v for v in S if v not in T) <= 6",
    "count(u < v for u in S for v in S) == 1",
    "all(v == 0 or v - 1 in S for v in S if v != 2)",
    "any(all(u >= v for u in S) for v in T)",
    "len(P) < 3 and (1, 2) not in P",
    "all(i != j for i, j in P if j in S)",
    "count((j, i) in P for i, j in P) == len(P)",
    "any(i in S and (i, 0) in P for i in 0..1)",
    "sum(i + j for i, j in P) + sum(S) <= 5",
    "max(min(u, 2) for u in S) == 2 if len(S) > 0 else 0 in T",
    "{i for i, j in P} == {v for v in S if v < 2}",
)


def test_conditions_after_and_before_an_action_are_what_the_states_say():
    """Weakest preconditions by substitution against stepping, for every state and action."""
    invariants = "\n".join(f"let c{k} = {c}" for k, c in enumerate(CONDITIONS))
    text = env(
        "state { S: set of int[0..3]  T: set[0..2] of int[0..3]"
        "  P: set of (int[0..1], int[0..2]) }\n"
        f"action put(v in 0..3) {{ S.add(v) }}\naction keep(v in 0..3) {{ T.add(v) }}\n"
        "action pair(i in 0..1, j in 0..2) { P.add((i, j)) }\n"
        f"action both(i in 0..1, j in 0..2) {{ P.add((i, j))  S.add(i + j) }}\nstop\n{invariants}"
    )
    (instance,), found = texts.library(text)
    assert not texts.codes(found), found
    environment = instance.environment
    derived, _ = derive(environment)
    subject = Subject(derived)
    states = [s for s in naive.all_states(environment) if naive.is_legal(environment, s)][::499]
    wanted_all = [canonical(environment.lets[f"c{k}"]) for k in range(len(CONDITIONS))]
    for action, inverse in zip(derived.actions, subject.inverses, strict=True):
        after = [inverse.at_child(item) for item in wanted_all]
        for state in states:
            for step in successors(derived, state):
                if step.action != action.action.name:
                    continue
                for wanted, predicted in zip(wanted_all, after, strict=True):
                    assert evaluate(predicted, environment, state, step.arguments) == evaluate(
                        wanted, environment, step.state
                    ), (show(wanted), show(predicted), state, step)
                for wanted in wanted_all[::3]:
                    before = inverse.at_parent(wanted)
                    assert evaluate(before, environment, step.state, step.arguments) == evaluate(
                        wanted, environment, state
                    ), (show(wanted), show(before), state, step)


@pytest.mark.parametrize(
    "body",
    [
        "state { S: set[0..2] of int[1..5] } action a(v in 1..5) { S.add(v) } stop",
        "state { S: set[0..3] of int[0..5] } action a(v in 0..3) { S.add(v) }"
        " action b(v in 4..5) { S.add(v) } terminal when len(S) == 3",
        "state { S: set of int[0..3]  T: set[0..2] of int[0..3] } action a(v in 0..3) { S.add(v) }"
        " action b(v in 0..3) { T.add(v) } stop invariant len(S) + len(T) <= 3",
        "state { S: set of int[0..4] = [0] } action a(v in 1..4) { S.add(v) } stop"
        " invariant 0 in S",
        "state { P: set[0..2] of (int[0..1], bool) } action a(i in 0..1, b in [false, true])"
        " { P.add((i, b)) } stop when len(P) > 0",
        "state { S: set[0..4] of int[0..5] } action two(u in 0..5, v in 0..5) when u < v"
        " { S.add(u)  S.add(v) } stop",
    ],
)  # fmt: skip
def test_closed_counts_are_those_of_enumeration(body):
    derived = worlds.derived(env(body))
    report, _ = worlds.proved(env(body))
    counted = enumerated_counts(full_ground(derived, (), 2_000))
    assert report.counts.states in (None, counted.states)
    if report.inductive:
        closed = closed_counts(Subject(derived))
        for name in ("states", "edges", "terminal_states", "objects", "parallel_edges", "horizon"):
            assert getattr(closed, name) in (None, getattr(counted, name)), name


def test_large_sets_are_counted_without_a_visit():
    text = COMPLETE.replace("0..19", "0..59").replace("0..4", "0..20").replace("== 4", "== 20")
    report, _ = worlds.proved(text)
    assert report.counts.states is not None
    assert report.counts.states > 10**15
    assert report.counts.horizon == 20
    assert machine(worlds.derived(text)).source == ((False,) * 60,)
