"""Bounded integer measures of a state, and what each action adds to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import attrs

from gflowspec.compiler.algebra.access import call, index, indicator
from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import bound_variable
from gflowspec.compiler.algebra.terms import EMPTY, INT, conjoin, disjoin, integer, names_read
from gflowspec.compiler.derive.checks import cases
from gflowspec.compiler.derive.inverse import Inverse
from gflowspec.compiler.derive.writes import Write
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    ListType,
    SlotType,
    Type,
)
from gflowspec.ir.environment import EffectKind, Environment, StateVariable
from gflowspec.ir.expr import Call, Const, Expr, Generator, Range, StateVar
from gflowspec.semantics.evaluate import Frame, compile_expr

Place = tuple[int, ...]


@attrs.frozen
class Quantity:
    """A measure: a variable, one place of an array, or all other places of it (``place`` None)."""

    variable: str
    place: Place | None
    term: Expr


@attrs.frozen
class Delta:
    """What one case of an action adds to each quantity."""

    action: str
    case: str
    amounts: tuple[int, ...]


def quantities(environment: Environment, inverses: Sequence[Inverse]) -> tuple[Quantity, ...]:
    """Measures of what is written: a place of its own for each constant address."""
    found: list[Quantity] = []
    for variable in environment.state:
        writes = [
            write
            for inverse in inverses
            for write in inverse.writes
            if write.variable == variable.name
        ]
        if not writes:
            continue
        places = sorted({place for write in writes if (place := _constant_place(write))})
        found += [Quantity(variable.name, place, _at(variable, place)) for place in places]
        size = variable.type.size if isinstance(variable.type, ArrayType) else 1
        if len(places) < size:
            found.append(Quantity(variable.name, None, _rest(variable, places)))
    return tuple(found)


def _constant_place(write: Write) -> Place | None:
    if not write.indices or not all(isinstance(item, Const) for item in write.indices):
        return None
    return tuple(item.value for item in write.indices if isinstance(item, Const))


def _at(variable: StateVariable, place: Place) -> Expr:
    array = StateVar(variable.name, type=variable.type)
    return counted(index(array, tuple(integer(item) for item in place)))


def counted(value: Expr) -> Expr:
    """A location as a number: filled slots and true booleans count 1, members their position."""
    if isinstance(value.type, SlotType):
        return indicator(compare("!=", value, EMPTY))
    if isinstance(value.type, BoolType):
        return indicator(value)
    if isinstance(value.type, EnumType):
        return Call("number_of", (value,), type=INT)
    return value


def _rest(variable: StateVariable, places: Sequence[Place]) -> Expr:
    """The sum over an array without some places; the value itself for a scalar."""
    whole = StateVar(variable.name, type=variable.type)
    if not isinstance(variable.type, ArrayType):
        return counted(whole)
    if isinstance(variable.type.element, SlotType) and not places:
        return call("count_filled", (whole,), INT)
    names = [
        bound_variable(f"{'klmn'[min(k, 3)]}#{k}", tuple(range(length)), INT)
        for k, length in enumerate(variable.type.shape)
    ]
    generators = [
        Generator(
            name.name,
            Range(integer(0), integer(length - 1), type=ListType(INT, length)),
            tuple(range(length)),
        )
        for name, length in zip(names, variable.type.shape, strict=True)
    ]
    elsewhere = [
        disjoin(*(compare("!=", a, integer(b)) for a, b in zip(names, place, strict=True)))
        for place in places
    ]
    if elsewhere:
        generators[-1] = attrs.evolve(generators[-1], condition=conjoin(*elsewhere))
    place = index(whole, names)
    if isinstance(place.type, BoolType):
        return aggregate("count", place, tuple(generators), INT)
    return aggregate("sum", counted(place), tuple(generators), INT)


def deltas(
    environment: Environment, inverse: Inverse, measured: Sequence[Quantity]
) -> tuple[Delta, ...]:
    """The different rows of one action: one for each case of places and amounts."""
    exprs = [expr for write in inverse.writes for expr in _deciding(write, measured)]
    closed = [expr for expr in exprs if not names_read(expr, StateVar)]
    frames = cases(inverse.action, closed, inverse.guard)
    known = None if frames is None else list(frames)
    found: dict[tuple[int, ...], str] = {}
    for frame in known if known is not None else [None]:
        for amounts in _rows(inverse, measured, frame):
            found.setdefault(amounts, _case_text(environment, inverse, frame))
    single = len(found) == 1
    return tuple(
        Delta(inverse.action.name, "" if single else case, amounts)
        for amounts, case in found.items()
    )


def _deciding(write: Write, measured: Sequence[Quantity]) -> list[Expr]:
    """Expressions that decide which quantity a write changes, and by how much."""
    several = sum(1 for item in measured if item.variable == write.variable) > 1
    exprs = list(write.indices) if several else []
    if write.amount is not None:
        exprs.append(write.amount)
    elif write.effect.kind is EffectKind.ASSIGN and not isinstance(write.element, SlotType):
        exprs += [item for item in (write.value, write.old) if item is not None]
    return exprs


def _rows(
    inverse: Inverse, measured: Sequence[Quantity], frame: Frame | None
) -> Iterator[tuple[int, ...]]:
    options = [list(_options(write, measured, frame)) for write in inverse.writes]
    for choice in product(*options):
        row = [0] * len(measured)
        for position, amount in choice:
            row[position] += amount
        yield tuple(row)


def _options(
    write: Write, measured: Sequence[Quantity], frame: Frame | None
) -> Iterator[tuple[int, int]]:
    mine = [i for i, item in enumerate(measured) if item.variable == write.variable]
    place = _place(write, frame) if len(mine) > 1 else None
    if place is not None:
        exact = [i for i in mine if measured[i].place == place]
        mine = exact or [i for i in mine if measured[i].place is None]
    for position in mine:
        for amount in _amounts(write, frame):
            yield position, amount


def _place(write: Write, frame: Frame | None) -> Place | None:
    values = [_value(item, frame) for item in write.indices]
    return None if None in values else tuple(values)


def _amounts(write: Write, frame: Frame | None) -> tuple[int, ...]:
    """The amount, or the two ends between which it lies."""
    if write.amount is not None:
        return _ends(write.amount, frame)
    if write.effect.kind in (EffectKind.FILL, EffectKind.INSERT):
        return (1,)
    if write.value is None or write.old is None:
        return (0,)
    ends = _filled if isinstance(write.element, SlotType) else _ends
    new, old = ends(write.value, frame), ends(write.old, frame)
    return tuple(sorted({a - b for a in new for b in old}))


def _filled(expr: Expr, _: Frame | None) -> tuple[int, ...]:
    """What a slot counts that holds a value: 0 if it is `empty`, 1 if not, both if unknown."""
    if isinstance(expr, Const):
        return (int(expr.value is not None),)
    return (0, 1) if isinstance(expr.type, SlotType) else (1,)


def _ends(expr: Expr, frame: Frame | None) -> tuple[int, ...]:
    value = _value(expr, frame)
    if value is not None:
        return (int(value),)
    found = bounds(expr)
    return tuple(sorted({int(found.lo), int(found.hi)})) if found.finite else (0,)


def _value(expr: Expr, frame: Frame | None) -> Any:
    if isinstance(expr, Const):
        return expr.value
    if frame is None or names_read(expr, StateVar):
        return None
    return compile_expr(expr)(frame)


def _case_text(environment: Environment, inverse: Inverse, frame: Frame | None) -> str:
    if not frame:
        return ""
    return ", ".join(f"{name[1:]}={value}" for name, value in frame.items())


def types_of(environment: Environment) -> Mapping[str, Type]:
    """Types of the state variables."""
    return {variable.name: variable.type for variable in environment.state}
