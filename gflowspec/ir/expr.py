"""Expressions after elaboration: parameters substituted, lets and functions expanded, names unique.

Every node carries its type and the span it came from; spans do not take part in equality.
What is left to refer to are state variables, binders of the action at hand, and the variables
of generators; the last two are both ``Bound`` and have names that are unique in the environment.
Constants are folded: a sub-expression without ``StateVar`` and ``Bound`` is a ``Const``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import attrs

from gflowspec.core.frozen import Term
from gflowspec.core.source import Span
from gflowspec.core.types import Type


class _Named(Term):
    """Keeps the names that occur in a tree beside its hash; see ``names_in``."""

    __slots__ = ("_names",)
    _names: Names


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Expr(_Named):
    """Base: ``type`` of the value, ``span`` of the text."""

    #: Fields that can hold expressions: neither the type, the place nor plain text.
    _parts: ClassVar[tuple[str, ...]]

    type: Type
    span: Span | None = attrs.field(default=None, eq=False, repr=False)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        super().__attrs_init_subclass__()
        cls._parts = tuple(
            field.name
            for field in attrs.fields(cls)
            if field.name not in ("type", "span") and field.type not in (str, "str")
        )


@attrs.frozen(eq=False, repr=False)
class Const(Expr):
    """A value in the representation that ``core.types`` lists."""

    value: Any


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Table(Const):
    """The values of a ``data`` declaration: a constant that is compared and hashed by its digest.

    A map is held by its values in the order of its keys.
    """

    name: str = attrs.field(eq=False)
    digest: str
    value: Any = attrs.field(eq=False, repr=False)


@attrs.frozen(eq=False, repr=False)
class Unknown(Expr):
    """A value that depends on data files which are not here; ``tables`` are their declarations."""

    tables: tuple[str, ...]


@attrs.frozen(eq=False, repr=False)
class StateVar(Expr):
    """A state variable, whole."""

    name: str


@attrs.frozen(eq=False, repr=False)
class Bound(Expr):
    """A binder of an action, or the variable of a generator."""

    name: str


@attrs.frozen(eq=False, repr=False)
class Unary(Expr):
    """``op`` is ``-`` or ``not``."""

    op: str
    operand: Expr


@attrs.frozen(eq=False, repr=False)
class Binary(Expr):
    """``+ - * / // % ^`` on numbers; ``=> `` is written as ``or``. ``/`` is exact division."""

    op: str
    left: Expr
    right: Expr


@attrs.frozen(eq=False, repr=False)
class Compare(Expr):
    """One comparison, ``== != < <= > >= in not_in``; chains become a ``Logic`` ``and``."""

    op: str
    left: Expr
    right: Expr


@attrs.frozen(eq=False, repr=False)
class Logic(Expr):
    """``and`` / ``or`` of two or more operands, evaluated left to right as far as needed."""

    op: str
    operands: tuple[Expr, ...]


@attrs.frozen(eq=False, repr=False)
class Conditional(Expr):
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr


@attrs.frozen(eq=False, repr=False)
class Index(Expr):
    """``base[i, ...]``: one element of an array or list; as many indices as the array has axes.

    A slot that is known to be filled where the expression stands is read with the type of its
    element, although the elements of ``base`` are slots; likewise a ``StateVar`` that is a slot.
    """

    base: Expr
    indices: tuple[Expr, ...]


@attrs.frozen(eq=False, repr=False)
class Slice(Expr):
    """``base[lower:upper]``, both ends included; both are constants."""

    base: Expr
    lower: Expr
    upper: Expr


@attrs.frozen(eq=False, repr=False)
class Updated(Expr):
    """The array ``base`` with ``base[indices] := value`` (only made by the compiler)."""

    base: Expr
    indices: tuple[Expr, ...]
    value: Expr


@attrs.frozen(eq=False, repr=False)
class Range(Expr):
    """``lower..upper``, both included."""

    lower: Expr
    upper: Expr


@attrs.frozen(eq=False, repr=False)
class Collection(Expr):
    """A list, tuple or array given by its elements."""

    items: tuple[Expr, ...]


@attrs.frozen(eq=False, repr=False)
class Call(Expr):
    """A built-in function of ``language.md`` 6.2 that is not an aggregation.

    ``function`` is its name in the language. ``index`` never occurs (it becomes a ``Range``).
    Two functions are only made by the compiler, on arrays of slots that are filled from the front:
    ``inserted(s, p, v)`` is s with v at place p, and ``removed(s, p)`` is s without its place p;
    what stood behind moves by one. They are inverses of each other.
    """

    function: str
    arguments: tuple[Expr, ...]


@attrs.frozen(eq=False, repr=False)
class Generator(Term):
    """``for variable in domain if condition``; ``carrier`` is the static range of the variable.

    ``carrier`` holds every value the variable can take, in order, as constants; a domain that
    depends on the state keeps ``domain`` and is narrower than its carrier.
    """

    variable: str
    domain: Expr
    carrier: tuple[Any, ...]
    condition: Expr | None = None


@attrs.frozen(eq=False, repr=False)
class Aggregate(Expr):
    """``kind(body for generators)`` with kind in sum prod min max all any count list set concat.

    ``count`` counts the true bodies. An aggregation over a container, ``sum(c)``, has become one
    over its elements. ``concat`` joins arrays of one fixed length.
    """

    kind: str
    body: Expr
    generators: tuple[Generator, ...]


def children(node: Expr) -> Iterator[Expr]:
    """The direct sub-expressions, left to right; domains and conditions of generators included."""
    if isinstance(node, Const):
        return  # a value has no parts, and may be long
    for name in node._parts:
        yield from _expressions(getattr(node, name))


def _expressions(value: Any) -> Iterator[Expr]:
    if isinstance(value, Expr):
        yield value
    elif isinstance(value, Generator):
        yield value.domain
        if value.condition is not None:
            yield value.condition
    elif isinstance(value, tuple):
        for item in value:
            if isinstance(item, Expr | Generator):
                yield from _expressions(item)


def walk(node: Expr) -> Iterator[Expr]:
    """The node and all its sub-expressions, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


@attrs.frozen
class Names:
    """Names that occur in an expression.

    Attributes:
        state: State variables.
        bound: Binders and variables of generators that are read.
        loops: Variables of the generators inside.
    """

    state: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    loops: frozenset[str] = frozenset()


def names_in(expr: Expr) -> Names:
    """The names in an expression, found once: the passes ask for them at every node."""
    try:
        return expr._names
    except AttributeError:
        found = _find_names(expr)
        object.__setattr__(expr, "_names", found)
        return found


def _find_names(expr: Expr) -> Names:
    if isinstance(expr, StateVar):
        return Names(state=frozenset((expr.name,)))
    if isinstance(expr, Bound):
        return Names(bound=frozenset((expr.name,)))
    inner = [names_in(child) for child in children(expr)]
    own = [item.variable for item in expr.generators] if isinstance(expr, Aggregate) else []
    if len(inner) == 1 and not own:
        return inner[0]
    if not inner and not own:
        return _NONE
    return Names(
        frozenset[str]().union(*(item.state for item in inner)),
        frozenset[str]().union(*(item.bound for item in inner)),
        frozenset(own).union(*(item.loops for item in inner)),
    )


_NONE = Names()
