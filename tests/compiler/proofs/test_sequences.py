"""Sequences: masks, rank, counts in closed form against strings that are listed one by one."""

from itertools import product
from math import perm

import pytest

from compiler.proofs import worlds
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.obligations.counts import closed_counts, enumerated_counts
from gflowspec.compiler.obligations.ground import full_ground
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.compiler.report import Strength

APPEND = "action append(v in 0..{k} - 1) {{ s.append(v) }}\n"
PREPEND = "action prepend(v in 0..{k} - 1) {{ s.prepend(v) }}\n"
PREPEND_LATER = "action prepend(v in 0..{k} - 1) when len(s) > 0 {{ s.prepend(v) }}\n"
INSERT = "action insert(p in 0..{n} - 1, v in 0..{k} - 1) {{ s.insert(p, v) }}\n"
EVEN = "action even(p in 0..({n} - 1) // 2, v in 0..{k} - 1) {{ s.insert(2 * p, v) }}\n"
FULL, LONG = "terminal when len(s) == {n}", "stop when len(s) >= 2"


def text(actions, n, k, ending="stop", rest=""):
    filled = f"{actions}{ending}".format(n=n, k=k)
    return (
        f"gfs 1.0\nenvironment Word() {{\nstate {{ s: seq[0..{n}] of int[0..{k - 1}] }}\n"
        f"{filled}\n{rest}\n}}\n"
    )


def strings(n, k):
    return [s for length in range(n + 1) for s in product(range(k), repeat=length)]


def put(s, place, v):
    return (*s[:place], v, *s[place:])


def edges_of(actions, n, k):
    """(parent, child) for every action and binding, by inserting into strings."""
    found = []
    for s in strings(n - 1, k):
        for v in range(k):
            places = []
            if APPEND in actions:
                places.append(len(s))
            if PREPEND in actions or (PREPEND_LATER in actions and s):
                places.append(0)
            if INSERT in actions:
                places += [p for p in range(n) if p <= len(s)]
            if EVEN in actions:
                places += [2 * p for p in range((n - 1) // 2 + 1) if 2 * p <= len(s)]
            found += [(s, put(s, place, v)) for place in places]
    return found


WAYS = {
    "append": APPEND,
    "prepend": PREPEND,
    "both ends": APPEND + PREPEND_LATER,
    "both ends, also at first": APPEND + PREPEND,
    "anywhere": INSERT,
    "anywhere and append": APPEND + INSERT,
    "at even places and at the end": EVEN + APPEND,
}


@pytest.mark.parametrize("ending", ["stop", FULL, LONG], ids=["stop", "full", "long"])
@pytest.mark.parametrize(("n", "k"), [(4, 2), (3, 3), (2, 4), (4, 1)])
@pytest.mark.parametrize("way", WAYS)
def test_closed_forms_count_what_there_is(way, n, k, ending):
    derived = worlds.derived(text(WAYS[way], n, k, ending))
    report, _ = worlds.proved(text(WAYS[way], n, k, ending))
    assert report.inductive
    closed = closed_counts(Subject(derived))
    edges = edges_of(WAYS[way], n, k)
    ends = {"stop": 0, FULL: n, LONG: 2}[ending]
    assert closed.states == len(strings(n, k))
    assert closed.edges == len(edges)
    assert closed.terminal_states == sum(len(s) >= ends for s in strings(n, k))
    assert closed.parallel_edges == len(edges) - len(set(edges))
    assert closed.horizon == n
    visited = enumerated_counts(full_ground(derived, (), 1_000))
    assert visited == report.counts
    assert (closed.states, closed.edges, closed.parallel_edges, closed.terminal_states) == (
        visited.states,
        visited.edges,
        visited.parallel_edges,
        visited.terminal_states,
    )


def test_published_counts():
    binary = closed_counts(Subject(worlds.derived(text(APPEND + PREPEND_LATER, 4, 2, FULL))))
    assert (binary.states, binary.edges) == (31, 58)
    dna = closed_counts(Subject(worlds.derived(text(APPEND + PREPEND_LATER, 4, 4, FULL))))
    assert (dna.states, dna.edges, dna.parallel_edges) == (341, 676, 12)
    eight = closed_counts(Subject(worlds.derived(text(APPEND + PREPEND_LATER, 8, 4, FULL))))
    assert (eight.states, eight.terminal_states) == (87_381, 4**8)


def test_long_sequences_are_counted_without_visiting_a_state():
    found = worlds.proved(text(APPEND + PREPEND_LATER, 300, 4, FULL))[0]
    assert all(result.strength is Strength.PROVED for result in found.results.values())
    assert found.counts.states == (4**301 - 1) // 3
    assert found.counts.edges == 2 * found.counts.states - 2 - 4
    assert found.counts.parallel_edges == 4 * 299
    anywhere = worlds.proved(text(INSERT, 40, 3))[0]
    assert all(result.strength is Strength.PROVED for result in anywhere.results.values())
    assert anywhere.counts.edges == sum(n * 3**n for n in range(41))
    assert anywhere.counts.parallel_edges == sum((n - 1) * 3 ** (n - 1) for n in range(1, 41))


DERIVED = {
    "append": (APPEND, "len(s) < 4", "len(s) > 0", "s[len(s) - 1]"),
    "prepend": (PREPEND, "len(s) < 4", "len(s) > 0", "s[0]"),
    "later": (PREPEND_LATER, "len(s) > 0 and len(s) < 4", "len(s) > 1", "s[0]"),
    "insert": (INSERT, "len(s) < 4 and p <= len(s)", "p < len(s)", "s[p]"),
}


@pytest.mark.parametrize("name", DERIVED)
def test_derived_masks_read_like_those_written_by_hand(name):
    actions, forward, backward, payload = DERIVED[name]
    derived = worlds.derived(text(actions, 4, 2, FULL))
    (action,) = derived.actions
    assert (show(action.forward_mask), show(action.backward_mask)) == (forward, backward)
    assert [show(item.value) for item in action.payloads] == [payload]
    assert [item.name for item in action.addresses] == (["p"] if name == "insert" else [])
    assert action.simplified
    assert [show(term) for term in derived.rank.terms] == ["len(s)"]
    assert derived.sizes.horizon == 4


def test_orders_are_sequences_without_repetition():
    body = "action next(v in 0..{k} - 1) when v not in s {{ s.append(v) }}\n"
    orders = text(body, 4, 4, FULL, "invariant distinct(s)")
    report, found = worlds.proved(orders)
    assert report.inductive
    assert report.counts.states == sum(perm(4, k) for k in range(5))
    assert closed_counts(Subject(worlds.derived(orders))).states == report.counts.states
    assert {result.strength for result in report.results.values()} <= {
        Strength.PROVED,
        Strength.ENUMERATED,
    }
    assert not found


def test_what_is_inserted_before_a_fixed_letter_is_a_phantom_until_an_invariant_says_so():
    grow = (
        "action append(v in 0..1) when len(s) > 0 or v == 0 {{ s.append(v) }}\n"
        "action prepend(v in 0..1) when len(s) > 0 and v == 0 {{ s.prepend(v) }}\n"
    )
    refused = text(grow, 3, 2)
    item = worlds.finding(refused, "GFS310")
    assert worlds.walk(item) == [[], "append(v=0)", [0], "append(v=1)", [0, 1]]
    repaired = text(grow, 3, 2, rest="invariant len(s) > 0 => s[0] == 0")
    report, found = worlds.proved(repaired)
    assert not any(item.is_error for item in found)
    assert report.counts.states == 8
    assert report.strength("O4") in (Strength.PROVED, Strength.ENUMERATED)


@pytest.mark.parametrize("n", [2, 30])
def test_an_alphabet_with_a_letter_twice_is_remarked_on(n):
    good = worlds.proved(text(APPEND, n, 3, rest='object text(s, "abc")'))
    assert good[0].strength("O9") is Strength.PROVED
    assert "GFS340" not in {item.code for item in good[1]}
    bad = worlds.proved(text(APPEND, n, 3, rest='object text(s, "aba")'))
    assert bad[0].strength("O9") is not Strength.PROVED
    assert [item.code for item in bad[1] if item.code == "GFS340"] == ["GFS340"]


def test_a_dead_end_and_an_action_that_overfills_are_found():
    stuck = text(APPEND, 3, 2, "stop when len(s) == 2")
    assert worlds.walk(worlds.finding(stuck, "GFS320"))[-1] == [0, 0, 0]
    far = text("action far(v in 0..{k} - 1) {{ s.insert(len(s) + 1, v) }}\n", 3, 2)
    assert worlds.finding(far, "GFS321").code == "GFS321"


def test_a_sequence_may_begin_with_letters_and_has_a_least_length():
    body = (
        "gfs 1.0\nenvironment Word() {\nstate { s: seq[1..3] of int[0..1] = [1] }\n"
        "action append(v in 0..1) { s.append(v) }\n"
        "action prepend(v in 0..1) { s.prepend(v) }\nstop\ninvariant 1 in s\n}\n"
    )
    report, found = worlds.proved(body)
    assert not any(item.is_error for item in found)
    reached = {(1,)}
    for _ in range(2):
        reached |= {put(s, p, v) for s in reached for v in (0, 1) for p in (0, len(s))}
    assert report.counts.states == len({s for s in reached if len(s) <= 3})
    assert report.strength("O6") is Strength.PROVED
