"""From what objects look like back to the terminal states that they are.

A ``let`` such as ``concat(bits_of(w[p], k) for p in index(w))`` shows an object as an array. It can
be read backwards where it is made of parts, each an injective table of one component of the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import attrs

from gflowspec.core.types import ArrayType, BoolType, EnumType, IntType, SlotType, Type
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Aggregate, Bound, Collection, Const, Expr, Index, StateVar, children
from gflowspec.ir.reward import Reward
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import evaluate

#: A component of the state: a variable, and the place in it.
Place = tuple[str, int]
State = tuple[Any, ...]


class NoPreimage(Exception):
    """Why an array cannot be turned into a terminal state, as the end of a sentence."""


@attrs.frozen(kw_only=True)
class Part:
    """Places ``start`` to ``start + width - 1`` of the array show one component.

    Attributes:
        start: First place in the array.
        width: Number of places.
        place: The component.
        values: Values of the component by what is seen.
    """

    start: int
    width: int
    place: Place
    values: Mapping[tuple[Any, ...], Any]


@attrs.frozen(kw_only=True)
class Preimage:
    """A ``let`` read backwards.

    Attributes:
        environment: Where.
        via: Name of the ``let``.
        width: Length of the array.
        parts: In the order of the array; every component of the state is in exactly one.
    """

    environment: Environment
    via: str
    width: int
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, environment: Environment, via: str) -> Preimage:
        """Read the ``let`` called ``via`` backwards.

        Raises:
            NoPreimage: It is not made of injective tables of single components.
        """
        shown = environment.lets.get(via)
        if shown is None:
            known = ", ".join(f"`{name}`" for name in sorted(environment.lets)) or "none"
            message = f"the environment has no `let` called `{via}`; it has {known}"
            raise NoPreimage(message)
        parts: list[Part] = []
        start = 0
        for expression, bound in _pieces(shown, via):
            part = _part(environment, via, start, expression, bound)
            parts.append(part)
            start += part.width
        places = [part.place for part in parts]
        if sorted(places) != sorted(_places(environment)):
            message = f"`{via}` does not show every component of the state exactly once"
            raise NoPreimage(message)
        return cls(environment=environment, via=via, width=start, parts=tuple(parts))

    def states(self, rows: Iterable[Sequence[Any]]) -> list[State]:
        """The states that look like these rows.

        Raises:
            NoPreimage: No state looks like one of them.
        """
        return [self._state(tuple(row)) for row in rows]

    def _state(self, row: tuple[Any, ...]) -> State:
        if len(row) != self.width:
            message = f"a row has {len(row)} elements, and `{self.via}` has {self.width}"
            raise NoPreimage(message)
        found: dict[Place, Any] = {}
        for part in self.parts:
            seen = row[part.start : part.start + part.width]
            if seen not in part.values:
                text = ", ".join(map(str, seen))
                message = f"`{self.via}` never shows {text} at place {part.start}"
                raise NoPreimage(message)
            found[part.place] = part.values[seen]
        return tuple(
            tuple(found[item.name, i] for i in range(item.type.size))
            if isinstance(item.type, ArrayType)
            else found[item.name, 0]
            for item in self.environment.state
        )


def rows_of(reward: Reward, of: str) -> tuple[tuple[Any, ...], ...]:
    """The rows of the constant array that a ``let`` of the reward is.

    Raises:
        NoPreimage: There is no such ``let``.
    """
    let = reward.lets.get(of)
    value = let.value if isinstance(let, Const) else None
    if not isinstance(let, Const) or not isinstance(value, tuple) or not value:
        message = f"`{of}` is no constant array among the `let`s of the reward"
        raise NoPreimage(message)
    if isinstance(let.type, ArrayType) and len(let.type.shape) == 2:  # held flat, row by row
        width = let.type.shape[1]
        return tuple(value[i : i + width] for i in range(0, len(value), width))
    if not all(isinstance(row, tuple) for row in value):
        message = f"`{of}` has no rows: it is an array of single values"
        raise NoPreimage(message)
    return value


def _places(environment: Environment) -> Iterator[Place]:
    for item in environment.state:
        count = item.type.size if isinstance(item.type, ArrayType) else 1
        yield from ((item.name, i) for i in range(count))


def _pieces(shown: Expr, via: str) -> Iterator[tuple[Expr, dict[str, Any]]]:
    """The parts of an array in their order, each with the values of its bound names."""
    if isinstance(shown, Collection):
        yield from ((item, {}) for item in shown.items)
    elif isinstance(shown, StateVar) and isinstance(shown.type, ArrayType):
        for i in product(*map(range, shown.type.shape)):
            indices = tuple(Const(value, type=IntType(value, value)) for value in i)
            yield Index(shown, indices, type=shown.type.element), {}
    elif isinstance(shown, Aggregate) and shown.kind in ("concat", "list"):
        names = [item.variable for item in shown.generators]
        fixed = all(
            isinstance(item.domain, Const) and item.condition is None for item in shown.generators
        )
        if not fixed:
            message = f"the parts of `{via}` depend on the state"
            raise NoPreimage(message)
        for values in product(*(item.carrier for item in shown.generators)):
            yield shown.body, dict(zip(names, values, strict=True))
    else:
        message = f"`{via}` is no `concat` or list of single components"
        raise NoPreimage(message)


def _part(
    environment: Environment, via: str, start: int, expression: Expr, bound: Mapping[str, Any]
) -> Part:
    reads = set(_reads(expression, bound, environment))
    if len(reads) != 1 or None in reads:
        message = f"place {start} of `{via}` does not depend on a single component"
        raise NoPreimage(message)
    (place,) = reads
    assert place is not None
    values: dict[tuple[Any, ...], Any] = {}
    for value in _values(_type(environment, place)):
        try:
            seen = evaluate(expression, environment, _with(environment, place, value), bound)
        except EvaluationError as error:
            message = f"place {start} of `{via}` has no value: {error}"
            raise NoPreimage(message) from error
        seen = seen if isinstance(seen, tuple) else (seen,)
        if seen in values:
            message = f"two values of `{place[0]}` look the same in `{via}`"
            raise NoPreimage(message)
        values[seen] = value
    if not values:
        message = f"`{place[0]}` has no values that can be listed"
        raise NoPreimage(message)
    return Part(start=start, width=len(next(iter(values))), place=place, values=values)


def _reads(
    expression: Expr, bound: Mapping[str, Any], environment: Environment
) -> Iterator[Place | None]:
    """Components that an expression reads; None for what is no single one."""
    if isinstance(expression, Index) and isinstance(expression.base, StateVar):
        of = expression.base.type
        inner = [item for item in expression.indices if not isinstance(item, Const | Bound)]
        known = all(item.name in bound for item in expression.indices if isinstance(item, Bound))
        if not isinstance(of, ArrayType) or inner or not known:
            yield None
            return
        at = [bound[i.name] if isinstance(i, Bound) else i.value for i in expression.indices
              if isinstance(i, Bound | Const)]  # fmt: skip
        strides = [prod(of.shape[axis + 1 :]) for axis in range(len(of.shape))]
        whole = len(at) == len(of.shape)
        yield (
            (expression.base.name, sum(map(prod, zip(at, strides, strict=False))))
            if whole
            else None
        )
    elif isinstance(expression, StateVar):
        yield None if isinstance(expression.type, ArrayType) else (expression.name, 0)
    else:
        for child in children(expression):
            yield from _reads(child, bound, environment)


def _type(environment: Environment, place: Place) -> Type:
    of = next(item.type for item in environment.state if item.name == place[0])
    return of.element if isinstance(of, ArrayType) else of


def _values(of: Type) -> Sequence[Any]:
    """The values of a scalar type but ``empty``: objects have no empty components."""
    if isinstance(of, SlotType):
        return _values(of.element)
    if isinstance(of, IntType) and of.lo is not None and of.hi is not None:
        return range(int(of.lo), int(of.hi) + 1)
    if isinstance(of, BoolType):
        return (False, True)
    return range(len(of.members)) if isinstance(of, EnumType) else ()


def _with(environment: Environment, place: Place, value: Any) -> State:
    """The initial state with one component changed."""
    name, position = place
    return tuple(
        item.initial
        if item.name != name
        else (*item.initial[:position], value, *item.initial[position + 1 :])
        if isinstance(item.type, ArrayType)
        else value
        for item in environment.state
    )
