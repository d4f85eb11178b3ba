"""Environments by name, as texts, for the table of strengths and counts."""

from functools import lru_cache

import texts

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.obligations.pipeline import prove_afresh

HYPERGRID = """gfs 1.0
environment Grid(dim: int[1..16] = 2, side: int[2..256] = 5) {
  state { x: array[dim] of int[0..side - 1] = 0 }
  action step(i in index(x)) { x[i] += 1 }
  stop
  assert count(states) == side ^ dim, "all cells are reachable"
}
"""
WORDS = """gfs 1.0
environment Words(words: int[1..99] = 3, bits: int[1..16] = 2) {
  state { w: array[words] of int[0..2 ^ bits - 1]? = empty }
  action write(p in index(w), v in 0..2 ^ bits - 1) { w[p] := v }
  terminal when filled(w)
}
"""
PERMUTATION = """gfs 1.0
environment Permutation(n: int[1..64] = 3) {
  state { w: array[n] of int[0..n - 1]? = empty }
  action place(p in index(w), v in 0..n - 1) when v not in w { w[p] := v }
  terminal when filled(w)
  invariant distinct(w)
}
"""
PERMUTATION_FREE = PERMUTATION.replace("  invariant distinct(w)\n", "")
ORDERING = """gfs 1.0
environment Ordering(n: int[1..64] = 3) {
  state { t: int[0..n] = 0  w: array[n] of int[0..n - 1]? = empty }
  action next(v in 0..n - 1) when t < n and v not in w { w[t] := v  t += 1 }
  terminal when t == n
  invariant distinct(w) and all((w[i] != empty) == (i < t) for i in index(w))
}
"""
BAG = """gfs 1.0
environment Bag(kinds: int[1..64] = 3, size: int[1..64] = 3, cap: int[1..64] = 2) {
  state { c: array[kinds] of int[0..cap] = 0 }
  action put(i in index(c)) { c[i] += 1 }
  terminal when sum(v for v in c) == size
  invariant sum(v for v in c) <= size
}
"""
BAG_FREE = BAG.replace("  invariant sum(v for v in c) <= size\n", "")
PREFIX = """gfs 1.0
environment Prefix() {
  state { taken: array[4] of int[0..1] = 0 }
  action add(v in 0..3) when v == 0 or taken[v - 1] == 1 { taken[v] += 1 }
  stop when sum(t for t in taken) > 0
}
"""
PREFIX_WHOLE = PREFIX.replace(
    "  stop", "  invariant all(taken[v] <= taken[v - 1] for v in 1..3)\n  stop"
)
RUCKSACK = """gfs 1.0
environment Rucksack(capacity: int[0..100] = 12) {
  let weight = [2, 3, 4, 5, 6, 7]
  let load = sum(weight[i] for i in index(packed) if packed[i])
  state { packed: array[6] of bool = false }
  action pack(i in index(packed)) when load + weight[i] <= capacity { packed[i] = true }
  stop
  invariant load <= capacity
}
"""


@lru_cache(maxsize=64)
def instance(text):
    """The first environment of a text, without errors."""
    instances, found = texts.library(text)
    assert not any(item.is_error for item in found), [item.message for item in found]
    return instances[0]


@lru_cache(maxsize=64)
def derived(text):
    made, found = derive(instance(text).environment)
    assert made is not None, [item.message for item in found]
    return made


def proved(text, limit=20_000):
    """(report, diagnostics) without the cache."""
    of = instance(text)
    small = None if of.scope is None else derive(of.scope.environment)[0]
    return prove_afresh(of, derived(text), small, limit)


def finding(text, code, limit=20_000):
    """The only diagnostic with that code, of the passes after elaboration."""
    made, found = derive(instance(text).environment)
    if made is not None:
        found = proved(text, limit)[1]
    (item,) = [item for item in found if item.code == code]
    return item


def walk(item):
    """A trace as ``[state, "action(a=1)", state, ...]`` with bare states of one variable."""
    shown = []
    for step in item.trace:
        values = list(step.state.values())
        shown.append(values[0] if len(values) == 1 else dict(step.state))
        if step.action is not None:
            given = ", ".join(f"{name}={value}" for name, value in step.arguments.items())
            shown.append(f"{step.action}({given})")
    return shown
