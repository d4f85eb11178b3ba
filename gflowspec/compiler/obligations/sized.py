"""Counts in closed form where only the sizes of sets matter.

A set with n possible elements has C(n, j) values of size j. Conditions that read the state by
``len(S)`` alone, such as limits and "the set is complete", then select sizes, and a state with a
certain element present is one of C(n - 1, j - 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import comb, prod
from typing import Any

import attrs

from gflowspec.compiler.algebra.rewrite import rewrite
from gflowspec.compiler.algebra.terms import INT, conjoin, disjoin, names_read
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.core.types import ArrayType, BoolType
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.expr import Aggregate, Bound, Expr, Index, StateVar, Unary
from gflowspec.semantics.evaluate import bound_key, compile_expr

#: Combinations of sizes, and of places, that are looked at one by one.
MOST = 65_536


@attrs.frozen
class Sizes:
    """The sets of an environment all of whose variables are arrays of truth values.

    Attributes:
        places: Number of elements that each set could have, by name.
        invariant: What the sizes of reachable states satisfy.
    """

    places: Mapping[str, int]
    invariant: Expr

    def count(self, condition: Expr, present: Mapping[str, tuple[int, int]]) -> int:
        """States that satisfy the invariant and a condition on sizes.

        Args:
            condition: Over ``len`` of the sets, as ``sized`` returns it.
            present: For a set, how many certain elements are there, and how many are not.
        """
        code = compile_expr(conjoin(self.invariant, condition))
        total = 0
        for sizes in product(*(range(n + 1) for n in self.places.values())):
            frame = {bound_key(name): size for name, size in zip(self.places, sizes, strict=True)}
            if code(frame):
                total += prod(
                    _choices(n, size, *present.get(name, (0, 0)))
                    for (name, n), size in zip(self.places.items(), sizes, strict=True)
                )
        return total


def _choices(n: int, size: int, inside: int, outside: int) -> int:
    """Sets of that size among n elements with some inside and others outside."""
    return comb(n - inside - outside, size - inside) if size >= inside else 0


def sizes_of(subject: Subject) -> Sizes | None:
    """The sets of an environment; None unless it has only those, and limits of their sizes."""
    places: dict[str, int] = {}
    for variable in subject.environment.state:
        of = variable.type
        if not isinstance(of, ArrayType) or not isinstance(of.element, BoolType):
            return None
        if any(variable.view.size_at(place) != 2 for place in range(of.size)):
            return None
        places[variable.name] = of.size
    if prod(n + 1 for n in places.values()) > MOST:
        return None
    invariant = sized(conjoin(*subject.rules.invariants))
    return None if invariant is None else Sizes(places, invariant)


def sized(condition: Expr) -> Expr | None:
    """A condition with sizes in place of counts; None if it reads the state in another way."""
    found = rewrite(condition, lambda node: _size(node) if isinstance(node, Aggregate) else None)
    return None if names_read(found, StateVar) else found


def _size(term: Aggregate) -> Expr | None:
    """The size that a count of all elements is: a bound name, that of the set."""
    whole = term.kind == "count" and all(item.condition is None for item in term.generators)
    if not whole or not isinstance(term.body, Index) or not isinstance(term.body.base, StateVar):
        return None
    array = term.body.base
    if names_read(term.body, StateVar) != {array.name}:
        return None
    size = array.type.size if isinstance(array.type, ArrayType) else 0
    carriers = [item.carrier for item in term.generators]
    if prod(map(len, carriers)) != size or size > MOST:
        return None
    keys = [bound_key(item.variable) for item in term.generators]
    codes = [compile_expr(item) for item in term.body.indices]
    frames = (dict(zip(keys, values, strict=True)) for values in product(*carriers))
    visited = {tuple(code(frame) for code in codes) for frame in frames}
    return Bound(array.name, type=INT) if len(visited) == size else None


def ends(subject: Subject, sizes: Sizes) -> int | None:
    """States in which a trajectory can end."""
    stop = subject.derived.stop_mask
    found = sized(disjoin(subject.rules.terminal, *([] if stop is None else [stop])))
    return None if found is None else sizes.count(found, {})


def edges(sizes: Sizes, action: DerivedAction) -> int | None:
    """Pairs of a child and an address for which the backward mask holds.

    The mask has to say which elements are there, beside conditions on sizes.
    """
    limits: list[Expr] = []
    located: list[tuple[str, Sequence[Expr], bool]] = []
    for conjunct in _conjuncts(action.backward_mask):
        place = conjunct.operand if isinstance(conjunct, Unary) else conjunct
        if isinstance(place, Index) and isinstance(place.base, StateVar):
            if any(names_read(item, StateVar) for item in place.indices):
                return None
            located.append((place.base.name, place.indices, place is conjunct))
            continue
        limit = sized(conjunct)
        if limit is None or names_read(limit, Bound) - set(sizes.places):
            return None
        limits.append(limit)
    return _addressed(sizes, action, located, conjoin(*limits))


def _conjuncts(mask: Expr) -> Sequence[Expr]:
    operands: Any = getattr(mask, "operands", None)
    return operands if operands is not None and getattr(mask, "op", "") == "and" else (mask,)


def _addressed(
    sizes: Sizes,
    action: DerivedAction,
    located: Sequence[tuple[str, Sequence[Expr], bool]],
    limit: Expr,
) -> int | None:
    carriers = [item.carrier for item in action.addresses]
    if prod(map(len, carriers)) > MOST:
        return None
    keys = [bound_key(item.name) for item in action.addresses]
    codes = [(name, [compile_expr(i) for i in places], there) for name, places, there in located]
    known: dict[tuple[tuple[str, tuple[int, int]], ...], int] = {}
    total = 0
    for values in product(*carriers):
        frame = dict(zip(keys, values, strict=True))
        wanted: dict[tuple[str, tuple[Any, ...]], bool] = {}
        consistent = True
        for name, places, there in codes:
            place = (name, tuple(code(frame) for code in places))
            consistent = consistent and wanted.setdefault(place, there) == there
        if consistent:
            present = {
                name: tuple(
                    sum(1 for (own, _), there in wanted.items() if own == name and there is side)
                    for side in (True, False)
                )
                for name in sizes.places
            }
            key = tuple(sorted((name, (pair[0], pair[1])) for name, pair in present.items()))
            if key not in known:
                known[key] = sizes.count(limit, dict(key))
            total += known[key]
    return total


def horizon(subject: Subject, sizes: Sizes) -> int | None:
    """The longest trajectory where every action adds one element: the growth of the sets."""
    for action in subject.derived.actions:
        adds = len(action.stores) == 1 and action.stores[0].indices
        value = action.stores[0].value if adds else None
        if value is None or getattr(value, "value", None) is not True:
            return None
    code = compile_expr(sizes.invariant)
    start = sum(sum(variable.initial) for variable in subject.environment.state)
    most = start
    for chosen in product(*(range(n + 1) for n in sizes.places.values())):
        frame = {bound_key(name): size for name, size in zip(sizes.places, chosen, strict=True)}
        if code(frame):
            most = max(most, sum(chosen))
    return most - start
