"""State variables with their actions, and what expressions may say about them.

Each kind covers a row of the effect algebra. Names are unique per variable, so several of a kind
may stand in one environment.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import attrs


@attrs.frozen
class Action:
    """``name(binders) when guard { effects }``; ``bound`` are the integer binders."""

    name: str
    binders: str
    guard: str
    effects: str
    bound: tuple[str, ...] = ()


@attrs.frozen
class Variable:
    """Declarations, actions, terms over them, and invariants that the actions keep."""

    state: str
    actions: tuple[Action, ...]
    integers: tuple[str, ...]
    booleans: tuple[str, ...]
    invariants: tuple[str, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()  # a guard, and the invariant that it keeps


def scalar(x: str, random: Random) -> Variable:
    """``+=`` on a number, by a constant or by a binder."""
    low, width = random.randint(-2, 1), random.randint(1, 3)
    amount = random.choice(("1", "1", "2", "k"))
    binders, bound = ("k in 1..2", ("k",)) if amount == "k" else ("", ())
    return Variable(
        f"{x}: int[{low}..{low + width}] = {low}",
        (Action(f"raise_{x}", binders, "", f"{x} += {amount}", bound),),
        (x, f"{x} ^ 2", f"abs({x})"),
        (f"{x} < {low + width}", f"{x} in {low}..{low + 1}"),
        limits=((f"{x} < {low + 1}", f"{x} <= {low + 2}"),),
    )


def vector(x: str, random: Random) -> Variable:
    """``+=`` on coordinates, at binders or at constants."""
    size, top = random.randint(1, 3), random.randint(1, 2)
    total = f"sum({x}[i] for i in index({x}))"
    actions = [Action(f"step_{x}", f"i in index({x})", "", f"{x}[i] += 1", ("i",))]
    if size > 1 and random.random() < 0.3:
        actions.append(Action(f"both_{x}", "", "", f"{x}[0] += 1  {x}[1] += 1"))
    limit = random.randint(1, size * top)
    return Variable(
        f"{x}: array[{size}] of int[0..{top}] = 0",
        tuple(actions),
        (total, f"{x}[0]", f"max({x}[i] for i in index({x}))", f"{x}[{size - 1}]"),
        (f"all(e < {top} for e in {x})", f"any({x}[i] == 1 for i in index({x}))"),
        limits=((f"{total} < {limit}", f"{total} <= {limit}"),) if len(actions) == 1 else (),
    )


def slots(w: str, random: Random) -> Variable:
    """``:=`` of a binder, or of something that can be computed again."""
    size, top = random.randint(1, 3), random.randint(0, 2)
    once = random.random() < 0.4
    value = random.choice(("v", "v", "v", f"p % {top + 1}"))
    binders = f"p in index({w})" + (f", v in 0..{top}" if value == "v" else "")
    guard = f"v not in {w}" if once and value == "v" else ""
    bound = ("p", "v") if value == "v" else ("p",)
    limit = random.randint(1, size)
    return Variable(
        f"{w}: array[{size}] of int[0..{top}]? = empty",
        (Action(f"fill_{w}", binders, guard, f"{w}[p] := {value}", bound),),
        (f"count_filled({w})", f"or_else({w}[0], 7)", f"count({w}[p] == 0 for p in index({w}))"),
        (f"filled({w})", f"distinct({w})", f"{w}[0] != empty", f"1 in {w}"),
        invariants=(f"distinct({w})",) if guard else (),
        limits=((f"count_filled({w}) < {limit}", f"count_filled({w}) <= {limit}"),),
    )


def twice(w: str, random: Random) -> Variable:
    """One payload at two places."""
    other = f"{w}_b"
    add = random.choice(("v", "v", "1 - v"))
    return Variable(
        f"{w}: array[2] of int[0..1]? = empty  {other}: array[2] of int[0..1]? = empty",
        (Action(f"put_{w}", "p in 0..1, v in 0..1", "", f"{w}[p] := v  {other}[p] := {add}"),),
        (f"count_filled({w}) - count_filled({other})",),
        (f"{w}[0] == {other}[0]",),
        invariants=(
            f"all(({w}[i] == empty) == ({other}[i] == empty) for i in index({w}))",
            f"all({w}[i] == {other}[i] for i in index({w}))",
        )
        if add == "v"
        else (),
    )


def cursor(t: str, random: Random) -> Variable:
    """An address that the same action moves."""
    size, w = random.randint(1, 3), f"{t}_w"
    return Variable(
        f"{t}: int[0..{size}] = 0  {w}: array[{size}] of bool? = empty",
        (Action(f"next_{t}", "v in [false, true]", f"{t} < {size}", f"{w}[{t}] := v  {t} += 1"),),
        (t, f"count({w}[i] == true for i in index({w}))"),
        (f"{t} == {size}", f"{w}[0] == true"),
        invariants=(f"all(({w}[i] != empty) == (i < {t}) for i in index({w}))",),
    )


def flags(b: str, random: Random) -> Variable:
    """``= true``, in one dimension or two."""
    size = random.randint(1, 3)
    if random.random() < 0.3:
        return Variable(
            f"{b}: array[2, 2] of bool",
            (Action(f"set_{b}", "i in 0..1, j in 0..1", "", f"{b}[i, j] = true", ("i", "j")),),
            (f"count({b}[i, j] for i in 0..1 for j in 0..1)",),
            (f"not {b}[0, 1]", f"{b}[1, 1]"),
        )
    count = f"count({b}[i] for i in index({b}))"
    limit = random.randint(1, size)
    return Variable(
        f"{b}: array[{size}] of bool",
        (Action(f"set_{b}", f"i in index({b})", "", f"{b}[i] = true", ("i",)),),
        (count, f"indicator({b}[0])"),
        (f"{b}[0]", f"not {b}[{size - 1}]", f"all({b}[i] for i in index({b}))"),
        limits=((f"{count} < {limit}", f"{count} <= {limit}"),),
    )


def hue(m: str, random: Random) -> Variable:
    """Pinned assignments, to constants or to a binder."""
    names = ("red", "blue", "green")
    if random.random() < 0.4:
        actions = (Action(f"dye_{m}", "c in Colour", f"{m} == red and c != red", f"{m} = c"),)
    else:
        actions = tuple(
            Action(f"to_{m}_{to}", "", f"{m} == {of}", f"{m} = {to}") for of, to in pairwise(names)
        )
    return Variable(
        f"{m}: Colour = red",
        actions,
        (f"number_of({m})",),
        (f"{m} == blue", f"{m} != green"),
    )


def subset(s: str, random: Random) -> Variable:
    """``add`` to a set."""
    top, size = random.randint(1, 3), random.randint(1, 3)
    if random.random() < 0.2:
        return Variable(
            f"{s}: set[0..{size}] of (int[0..1], int[0..1])",
            (Action(f"add_{s}", "i in 0..1, j in 0..1", "", f"{s}.add((i, j))"),),
            (f"len({s})", f"count(i == j for i, j in {s})"),
            (f"(0, 1) in {s}", f"len({s}) == 1"),
        )
    return Variable(
        f"{s}: set[0..{size}] of int[0..{top}]",
        (Action(f"add_{s}", f"v in 0..{top}", "", f"{s}.add(v)", ("v",)),),
        (f"len({s})", f"sum(v for v in {s})"),
        (f"0 in {s}", f"all(v > 0 for v in {s})", f"1 not in {s}"),
        limits=(
            (f"v + 1 not in {s}", f"all(v + 1 not in {s} for v in {s})"),
            (f"v == 0 or v - 1 in {s}", f"all(v == 0 or v - 1 in {s} for v in {s})"),
        ),
    )


def word(s: str, random: Random) -> Variable:
    """A sequence that grows at its ends, or anywhere."""
    top, size = random.randint(0, 1), random.randint(1, 3)
    grow = {
        "append": Action(f"append_{s}", f"v in 0..{top}", "", f"{s}.append(v)", ("v",)),
        "prepend": Action(f"prepend_{s}", f"v in 0..{top}", "", f"{s}.prepend(v)", ("v",)),
        "insert": Action(
            f"insert_{s}", f"p in 0..{size - 1}, v in 0..{top}", "", f"{s}.insert(p, v)", ("p", "v")
        ),
    }
    names = random.choice((("append",), ("append", "prepend"), ("insert",)))
    return Variable(
        f"{s}: seq[0..{size}] of int[0..{top}]",
        tuple(grow[name] for name in names),
        (f"len({s})", f"sum(v for v in {s})"),
        (f"0 in {s}", f"len({s}) > 0"),
    )


def graph(g: str, random: Random) -> Variable:
    """Edges of a digraph; where cycles are refused, by guard and invariant."""
    nodes = random.randint(1, 3)
    acyclic = random.random() < 0.6
    guard = f"not reaches({g}, v, u)" if acyclic else ""
    return Variable(
        f"{g}: digraph {{ nodes[{nodes}..{nodes}] edges }}",
        (
            Action(
                f"edge_{g}", f"u in nodes({g}), v in nodes({g})", guard, f"{g}.add_edge(u, v)",
                ("u", "v"),
            ),
        ),
        (f"edge_count({g})", f"len(parents({g}, 0))"),
        (f"edge({g}, 0, {nodes - 1})", f"acyclic({g})"),
        invariants=(f"acyclic({g})",) if acyclic else (),
    )  # fmt: skip


KINDS = (scalar, vector, slots, twice, cursor, flags, hue, subset, word, graph)
