"""Conditions on a few bound names that no values of theirs satisfy, by trying all of them.

What specifications say about the elements of a set is often a table: which pairs clash, which
nodes are neighbours. Such conditions read no state, and their names range over short carriers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from gflowspec.core.types import BoolType, EnumType, IntType, Type, cardinality
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Compare,
    Conditional,
    Expr,
    Index,
    Logic,
    names_in,
    walk,
)
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import bound_key, compile_expr

#: Combinations of values that are tried.
COMBINATIONS = 4_096


def names_of(formula: Expr) -> Mapping[str, Type] | None:
    """The free names of a formula that reads no state, with their types; None for others.

    Generator variables carry ``#`` in their canonical names.
    """
    if names_in(formula).state:
        return None
    found: dict[str, Type] = {}
    for node in walk(formula):
        if isinstance(node, Bound) and "#" not in node.name:
            found[node.name] = node.type
    return found if found and _combinations(found.values()) is not None else None


def _combinations(types: Iterable[Type]) -> int | None:
    """How many values there are together; None if they are too many, or not scalars."""
    counts = [
        cardinality(of) if isinstance(of, IntType | BoolType | EnumType) else None for of in types
    ]
    if None in counts:
        return None
    count = prod(item for item in counts if item is not None)
    return count if count <= COMBINATIONS else None


def impossible(formulas: Sequence[Expr]) -> bool:
    """Whether formulas that read no state cannot hold together.

    Args:
        formulas: Those for which ``names_of`` answers.
    """
    return any(
        _has_no_solution(group)
        for group in _groups(formulas)
        if any(_is_beyond_arithmetic(formula) for formula in group)
    )


def _groups(formulas: Sequence[Expr]) -> list[list[Expr]]:
    """Formulas that share names, directly or through others."""
    groups: list[tuple[set[str], list[Expr]]] = []
    for formula in formulas:
        names = set(names_of(formula) or ())
        members = [formula]
        rest = []
        for known, others in groups:
            if known & names:
                names |= known
                members = [*others, *members]
            else:
                rest.append((known, others))
        groups = [*rest, (names, members)]
    return [members for _, members in groups]


def _is_beyond_arithmetic(formula: Expr) -> bool:
    """Whether linear arithmetic leaves something of it aside."""
    return any(
        isinstance(node, Call | Index | Logic | Aggregate | Conditional)
        or (isinstance(node, Binary) and node.op not in "+-")
        or (isinstance(node, Compare) and node.op in ("in", "not_in"))
        for node in walk(formula)
    )


def _has_no_solution(formulas: Sequence[Expr]) -> bool:
    types: dict[str, Type] = {}
    for formula in formulas:
        types.update(names_of(formula) or {})
    if _combinations(types.values()) is None:
        return False
    codes = [compile_expr(formula) for formula in formulas]
    keys = [bound_key(name) for name in types]
    for values in product(*(_values(of) for of in types.values())):
        frame = dict(zip(keys, values, strict=True))
        if all(_may_hold(code, frame) for code in codes):
            return False
    return True


def _values(of: Type) -> Sequence[Any]:
    match of:
        case IntType(int() as lo, int() as hi):
            return range(lo, hi + 1)
        case BoolType():
            return (False, True)
        case _:
            return range(cardinality(of) or 0)


def _may_hold(code: Any, frame: dict[str, Any]) -> bool:
    """A formula without a value says nothing: another one excludes the case."""
    try:
        return bool(code(frame))
    except EvaluationError:
        return True
