"""States, edges and objects of every environment of the library, at two sizes or more.

Three ways that share nothing: what the compiled environment enumerates, a closed form, and a walk
over plain Python values by the rules as the file says them in words. An edge is an action at a
state, ``stop`` aside. What ``check`` reports as exact has to be the same.
"""

from __future__ import annotations

from collections import deque
from itertools import combinations
from math import comb, factorial, perm, prod

import attrs
import numpy as np
import pytest

import gflowspec
from gflowspec.compiler.environment import Environment
from gflowspec.core.resources import std_directory

LIMIT = 200_000


@attrs.frozen
class Rules:
    """An environment in plain Python: where it starts, where it goes, where it may end."""

    start: object
    children: object
    ends: object


def walked(rules):
    """States, edges and objects, breadth first."""
    seen, waiting, edges = {rules.start}, deque([rules.start]), 0
    while waiting:
        for child in rules.children(waiting.popleft()):
            edges += 1
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return len(seen), edges, sum(bool(rules.ends(state)) for state in seen)


# ---- each environment: its rules in words of Python, and its closed form ------------------------


def replaced(state, place, value):
    return (*state[:place], value, *state[place + 1 :])


def hypergrid(dim, side):
    def children(x):
        return [replaced(x, i, x[i] + 1) for i in range(dim) if x[i] < side - 1]

    states = side**dim
    # along one axis there is a step from all cells but the last
    return Rules((0,) * dim, children, lambda _: True), (
        states, dim * (side - 1) * side ** (dim - 1), states,
    )  # fmt: skip


def filling(slots, values):
    """Any empty slot, any value: (v + 1)^m partial fillings, and m v (v + 1)^(m - 1) edges."""

    def children(w):
        empty = [p for p in range(slots) if w[p] is None]
        return [replaced(w, p, v) for p in empty for v in range(values)]

    return Rules((None,) * slots, children, lambda w: None not in w), (
        (values + 1) ** slots, slots * values * (values + 1) ** (slots - 1), values**slots,
    )  # fmt: skip


def strings(length, letters, ways, *, shortest=None):
    """Strings up to a length; ``ways(l)`` places for the next letter of a string of l letters."""

    def children(s):
        if len(s) == length:
            return []
        return [
            (*s[:p], v, *s[p:]) for p in ways(len(s)) for v in range(letters)
        ]  # fmt: skip

    shortest = length if shortest is None else shortest
    return Rules((), children, lambda s: len(s) >= shortest), (
        sum(letters**n for n in range(length + 1)),
        sum(len(ways(n)) * letters ** (n + 1) for n in range(length)),
        sum(letters**n for n in range(shortest, length + 1)),
    )  # fmt: skip


def behind(length):
    return [length]


def at_both_ends(length):
    """The first letter of all is appended."""
    return [length, 0] if length else [0]


def anywhere(length):
    return list(range(length + 1))


def subset(N, k, budget, exclusions, seed=0):
    """Sets within a budget without pairs that exclude each other; no closed form but these sums.

    Every subset of a set that fits fits, so that all are reached, each along all its orders.
    """
    weight = np.random.default_rng(seed).integers(10, 51, N)
    drawn = np.random.default_rng(seed + 1).integers(0, 100, (N, N))

    def fits(items):
        apart = all(drawn[u, v] >= exclusions for u, v in combinations(sorted(items), 2))
        return len(items) <= k and sum(weight[i] for i in items) <= budget and apart

    def children(items):
        more = (items | {v} for v in range(N) if v not in items)
        return [grown for grown in more if fits(grown)]

    sizes = [len(found) for j in range(k + 1) for found in combinations(range(N), j) if fits(found)]
    if not exclusions and budget >= 50 * k:  # nothing is excluded
        assert sizes == [j for j in range(k + 1) for _ in range(comb(N, j))]
    return Rules(frozenset(), children, lambda _: True), (len(sizes), sum(sizes), len(sizes))


def choose(N, k):
    def children(items):
        return [items | {v} for v in range(N) if v not in items] if len(items) < k else []

    return Rules(frozenset(), children, lambda items: len(items) == k), (
        sum(comb(N, j) for j in range(k + 1)),
        sum(comb(N, j) * (N - j) for j in range(k)),
        comb(N, k),
    )


def bag(kinds, size, cap):
    """Coefficients of (1 + x + ... + x^cap)^kinds."""

    def children(c):
        return [replaced(c, i, c[i] + 1) for i in range(kinds) if c[i] < cap and sum(c) < size]

    bags = np.polynomial.polynomial.polypow([1] * (cap + 1), kinds).astype(int)
    others = np.polynomial.polynomial.polypow([1] * (cap + 1), kinds - 1).astype(int)
    # a bag is entered by the last thing of one of the kinds that it holds
    entered = sum(
        kinds * int(others[total - own])
        for total in range(1, size + 1)
        for own in range(1, cap + 1)
        if 0 <= total - own < len(others)
    )
    return Rules((0,) * kinds, children, lambda c: sum(c) == size), (
        int(bags[: size + 1].sum()), entered, int(bags[size]),
    )  # fmt: skip


def permutation(n):
    """Partial injections: C(n, j)^2 j! with j things placed (A002720)."""

    def children(w):
        unused = [v for v in range(n) if v not in w]
        return [replaced(w, p, v) for p in range(n) if w[p] is None for v in unused]

    placed = [comb(n, j) ** 2 * factorial(j) for j in range(n + 1)]
    return Rules((None,) * n, children, lambda w: None not in w), (
        sum(placed), sum(m * (n - j) ** 2 for j, m in enumerate(placed)), factorial(n),
    )  # fmt: skip


def ordering(n):
    """Arrangements of j of n things (A000522)."""

    def children(w):
        return [(*w, v) for v in range(n) if v not in w]

    return Rules((), children, lambda w: len(w) == n), (
        sum(perm(n, j) for j in range(n + 1)),
        sum(perm(n, j) for j in range(1, n + 1)),
        factorial(n),
    )


def structure(d, max_parents):
    """Acyclic digraphs by edges: inclusion and exclusion over the nodes without children.

    Each of those has at most ``max_parents`` among the others; without that limit this is
    Robinson's recurrence (A003024). ``base`` stands for one edge and is larger than any
    coefficient.
    """

    def reaches(edges, tail, head):
        return tail == head or any(reaches(edges, w, head) for u, w in edges if u == tail)

    def children(edges):
        return [
            edges | {(u, v)}
            for u in range(d)
            for v in range(d)
            if (u, v) not in edges
            and not reaches(edges, v, u)
            and sum(head == v for _, head in edges) < max_parents
        ]

    base, found = 10**9, [1]
    for n in range(1, d + 1):
        parents = [
            sum(comb(n - k, j) * base**j for j in range(max_parents + 1)) for k in range(n + 1)
        ]
        found.append(
            sum(
                (-1) ** (k + 1) * comb(n, k) * parents[k] ** k * found[n - k]
                for k in range(1, n + 1)
            )
        )
    by_edges, rest = [], found[d]
    while rest:
        rest, digit = divmod(rest, base)
        by_edges.append(digit)
    # a graph is entered by each of its edges
    entered = sum(edges * graphs for edges, graphs in enumerate(by_edges))
    return Rules(frozenset(), children, lambda _: True), (sum(by_edges), entered, sum(by_edges))


def phylogeny(n):
    """Forests by blocks: set partitions with (2 k - 3)!! trees on a block of k (A001147)."""

    def children(forest):
        pairs = combinations(sorted(forest, key=str), 2)
        return [forest - {a, b} | {frozenset({a, b})} for a, b in pairs]

    trees = [0, 1] + [prod(range(1, 2 * k - 2, 2)) for k in range(2, n + 1)]
    forests = {(0, 0): 1}
    for m in range(1, n + 1):
        for blocks in range(1, m + 1):
            # the block of the first species has k of the m
            forests[m, blocks] = sum(
                comb(m - 1, k - 1) * trees[k] * forests.get((m - k, blocks - 1), 0)
                for k in range(1, m + 1)
            )
    return Rules(frozenset(range(n)), children, lambda forest: len(forest) == 1), (
        sum(forests[n, b] for b in range(1, n + 1)),
        sum(comb(b, 2) * forests[n, b] for b in range(1, n + 1)),
        trees[n],
    )


CASES = [
    ("hypergrid", "Hypergrid", {"dim": 1, "side": 9}, hypergrid(1, 9)),
    ("hypergrid", "Hypergrid", {"dim": 2, "side": 5}, hypergrid(2, 5)),
    ("hypergrid", "Hypergrid", {"dim": 3, "side": 4}, hypergrid(3, 4)),
    ("bitseq", "BitSeq", {"n": 8, "k": 2}, filling(4, 4)),
    ("bitseq", "BitSeq", {"n": 9, "k": 3}, filling(3, 8)),
    ("bitseq", "BitSeq", {"n": 6, "k": 1}, filling(6, 2)),
    ("bitseq", "BitSeqAppend", {"n": 8, "k": 2}, strings(4, 4, behind)),
    ("bitseq", "BitSeqAppend", {"n": 9, "k": 3}, strings(3, 8, behind)),
    ("bitseq", "BitSeqBothEnds", {"n": 8, "k": 2}, strings(4, 4, at_both_ends)),
    ("bitseq", "BitSeqBothEnds", {"n": 5, "k": 1}, strings(5, 2, at_both_ends)),
    ("sequences", "LeftToRight", {"length": 3, "alphabet": "ACGT"}, strings(3, 4, behind)),
    ("sequences", "LeftToRight", {"length": 6, "alphabet": "ab"}, strings(6, 2, behind)),
    ("sequences", "TwoEnded", {"length": 4, "alphabet": "ACGT"}, strings(4, 4, at_both_ends)),
    ("sequences", "TwoEnded", {"length": 5, "alphabet": "abc"}, strings(5, 3, at_both_ends)),
    ("sequences", "Anywhere", {"length": 3, "alphabet": "ACGT"}, strings(3, 4, anywhere)),
    ("sequences", "Anywhere", {"length": 5, "alphabet": "ab"}, strings(5, 2, anywhere)),
    ("sequences", "Sequence", {"min_length": 1, "max_length": 3, "vocab": 3},
     strings(3, 3, behind, shortest=1)),
    ("sequences", "Sequence", {"min_length": 0, "max_length": 4, "vocab": 2},
     strings(4, 2, behind, shortest=0)),
    ("subsets", "Subset", {"N": 6, "k": 3, "budget": 90, "exclusions": 40}, subset(6, 3, 90, 40)),
    ("subsets", "Subset", {"N": 9, "k": 4, "budget": 110, "exclusions": 15}, subset(9, 4, 110, 15)),
    ("subsets", "Subset", {"N": 7, "k": 4, "budget": 200, "exclusions": 0}, subset(7, 4, 200, 0)),
    ("subsets", "Choose", {"N": 6, "k": 3}, choose(6, 3)),
    ("subsets", "Choose", {"N": 8, "k": 5}, choose(8, 5)),
    ("subsets", "Bag", {"kinds": 3, "size": 3, "cap": 2}, bag(3, 3, 2)),
    ("subsets", "Bag", {"kinds": 4, "size": 6, "cap": 3}, bag(4, 6, 3)),
    ("permutations", "Permutation", {"n": 3}, permutation(3)),
    ("permutations", "Permutation", {"n": 4}, permutation(4)),
    ("permutations", "Ordering", {"n": 3}, ordering(3)),
    ("permutations", "Ordering", {"n": 5}, ordering(5)),
    ("bayesnet", "Structure", {"d": 3, "max_parents": 2}, structure(3, 2)),
    ("bayesnet", "Structure", {"d": 4, "max_parents": 2}, structure(4, 2)),
    ("bayesnet", "Structure", {"d": 4, "max_parents": 3}, structure(4, 3)),
    ("ising", "Spins", {"side": 2}, filling(4, 2)),
    ("phylogeny", "Phylogeny", {"n": 3}, phylogeny(3)),
    ("phylogeny", "Phylogeny", {"n": 4}, phylogeny(4)),
]  # fmt: skip
LARGE = [
    ("bayesnet", "Structure", {"d": 5, "max_parents": 4}, structure(5, 4)),
    ("ising", "Spins", {"side": 3}, filling(9, 2)),
    ("phylogeny", "Phylogeny", {"n": 5}, phylogeny(5)),
    ("permutations", "Permutation", {"n": 6}, permutation(6)),
    ("hypergrid", "Hypergrid", {"dim": 4, "side": 10}, hypergrid(4, 10)),
]


def checked(tmp_path, file, name, parameters):
    """The instance as ``check`` sees it."""
    given = ", ".join(f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}"
                      for k, v in parameters.items())  # fmt: skip
    place = tmp_path / "count.gfs"
    place.write_text(
        f'gfs 1.0\n\nimport "gfs:std/{file}" {{ {name} }}\n\n'
        f"reward Flat() for {name} {{ R = 1 }}\n\n"
        f"experiment counted {{\n  environment = {name}({given})\n  reward = Flat()\n"
        "  objective = tb\n  train.steps = 1\n}\n"
    )
    report = gflowspec.check(place)
    assert report.ok, [str(item) for item in report.diagnostics]
    (instance,) = [item for item in report.instances if item.config is not None]
    return instance


def agree(tmp_path, file, name, parameters, known):
    rules, closed = known
    instance = checked(tmp_path, file, name, parameters)
    table = Environment.of(instance.derived, instance.instance.rewards[0]).enumerate(LIMIT)
    enumerated = (len(table.rank), len(table.parent), int(table.terminating.sum()))
    assert enumerated == closed
    assert walked(rules) == closed
    counts = instance.report.counts
    said = (counts.states, counts.edges, counts.terminal_states)
    for number, true in zip(said, closed, strict=True):
        assert number in {None, true}
    return said


def label(case):
    return "-".join(map(str, (case[1], *case[2].values())))


@pytest.mark.parametrize("case", CASES, ids=label)
def test_enumeration_closed_form_and_brute_force_agree(case, tmp_path):
    states, _, ends = agree(tmp_path, *case)
    assert states is not None, "small ones are counted by check"
    assert ends is not None


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGE, ids=label)
def test_they_agree_at_a_larger_size(case, tmp_path):
    agree(tmp_path, *case)


def test_every_environment_of_the_library_is_counted_at_two_sizes():
    declared = {
        line.split()[1].split("(")[0]
        for path in std_directory().glob("*.gfs")
        for line in path.read_text().splitlines()
        if line.startswith("environment ")
    }
    names = [name for _, name, _, _ in (*CASES, *LARGE)]
    assert declared == set(names)
    assert all(names.count(name) >= 2 for name in declared)


def test_known_numbers():
    """Of the encyclopedia of integer sequences: A003024, A002720, A000522, A001147, A005264."""
    assert [structure(d, d - 1)[1][0] for d in (2, 3, 4, 5)] == [3, 25, 543, 29_281]
    assert [permutation(n)[1][0] for n in (1, 2, 3, 4, 5)] == [2, 7, 34, 209, 1546]
    assert [ordering(n)[1][0] for n in (1, 2, 3, 4, 5)] == [2, 5, 16, 65, 326]
    assert [phylogeny(n)[1][2] for n in (2, 3, 4, 5)] == [1, 3, 15, 105]
