"""How many states of types alone satisfy a condition, without visiting any.

The condition has to be a conjunction in which each part reads a single location: a scalar, one
place of an array, or the length of a sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from sys import maxsize

import attrs

from gflowspec.compiler.algebra.terms import conjuncts, names_read
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.core.types import ArrayType, Type, cardinality
from gflowspec.core.values import every
from gflowspec.ir.environment import StateVariable
from gflowspec.ir.expr import Call, Compare, Expr, Index, StateVar, Unary
from gflowspec.ir.views.sequence import SeqView
from gflowspec.semantics.evaluate import compile_expr

#: Values of one location that are looked at one by one.
VALUES = 65_536


@attrs.frozen
class Location:
    """What a condition reads: a place of a variable, or (``offset`` None) the length of one."""

    variable: str
    offset: int | None


def count_satisfying(
    subject: Subject, condition: Expr, bound: Mapping[str, object] | None = None
) -> int | None:
    """The number of states that satisfy a condition; None where it reads more at once.

    Args:
        subject: Its environment has no states but those of the types, and all of those.
        condition: In canonical form.
        bound: Values of binders, under the keys of a frame.
    """
    allowed: dict[Location, set[object]] = {}
    for conjunct in conjuncts(condition):
        for part, place in _parts(subject, conjunct, bound or {}):
            if place is None:
                return None
            good = _good(subject, part, place, bound or {})
            if good is None:
                return None
            allowed[place] = good & allowed.get(place, good)
    count = subject.derived.sizes.states_upper
    for place, good in allowed.items():
        weights = _weights(subject, place)
        share = sum(weights[value] for value in good) if weights is not None else len(good)
        count = count // _total(subject, place) * share
    return count


def _parts(
    subject: Subject, conjunct: Expr, bound: Mapping[str, object]
) -> list[tuple[Expr, Location | None]]:
    """A conjunct with the location it reads; ``filled(w)`` as one part for each place."""
    if isinstance(conjunct, Call) and conjunct.function == "filled":
        (array,) = conjunct.arguments
        if isinstance(array, StateVar) and isinstance(array.type, ArrayType):
            return [(conjunct, Location(array.name, k)) for k in range(array.type.size)]
    return [(conjunct, _location(conjunct, bound))]


def _location(conjunct: Expr, bound: Mapping[str, object]) -> Location | None:
    """The only location that a condition reads."""
    side = conjunct.operand if isinstance(conjunct, Unary) else conjunct
    if isinstance(conjunct, Compare):
        reading = [s for s in (conjunct.left, conjunct.right) if names_read(s, StateVar)]
        if len(reading) != 1:
            return None
        (side,) = reading
    if isinstance(side, Call) and side.function == "count_filled":
        (array,) = side.arguments
        sequence = isinstance(array, StateVar) and _is_sequence(array.type)
        return Location(array.name, None) if sequence and isinstance(array, StateVar) else None
    if isinstance(side, StateVar):
        return None if isinstance(side.type, ArrayType) else Location(side.name, 0)
    if not isinstance(side, Index) or not isinstance(side.base, StateVar):
        return None
    if any(names_read(item, StateVar) for item in side.indices) or _is_sequence(side.base.type):
        return None
    of = side.base.type
    shape: Sequence[int] = of.shape if isinstance(of, ArrayType) else ()
    offset = 0
    for item, length in zip(side.indices, shape, strict=True):
        offset = offset * length + compile_expr(item)(dict(bound))
    return Location(side.base.name, offset)


def _is_sequence(of: Type) -> bool:
    return isinstance(of, ArrayType) and of.prefix


def _good(
    subject: Subject, condition: Expr, place: Location, bound: Mapping[str, object]
) -> set[object] | None:
    """The values of a location for which a condition holds; None if there are too many to try."""
    variable = subject.environment.variable(place.variable)
    weights = _weights(subject, place)
    if weights is None and _total(subject, place) > VALUES:
        return None
    code, frame = compile_expr(condition), dict(bound)
    good: set[object] = set()
    for value in weights if weights is not None else every(_element(variable)):
        if place.offset is None:
            frame[variable.name] = (0,) * int(str(value))
        elif isinstance(condition, Call):
            frame[variable.name] = (value,)
        elif isinstance(variable.type, ArrayType):
            frame[variable.name] = _Everywhere(value)
        else:
            frame[variable.name] = value
        if code(frame):
            good.add(value)
    return good


def _weights(subject: Subject, place: Location) -> Mapping[object, int] | None:
    """How many sequences have each length; None for a location whose values count once."""
    view = subject.environment.variable(place.variable).view
    if place.offset is not None or not isinstance(view, SeqView):
        return None
    lengths = range(view.declared.lo, view.declared.hi + 1)
    return {length: view.letters**length for length in lengths}


def _total(subject: Subject, place: Location) -> int:
    variable = subject.environment.variable(place.variable)
    if place.offset is None:
        return variable.view.count or 1
    return cardinality(_element(variable)) or 1


def _element(variable: StateVariable) -> Type:
    return variable.type.element if isinstance(variable.type, ArrayType) else variable.type


class _Everywhere:
    """An array for a condition that reads one place of it only."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __len__(self) -> int:
        return maxsize

    def __getitem__(self, place: int) -> object:
        return self._value
