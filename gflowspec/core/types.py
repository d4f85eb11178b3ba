"""The value types of the language.

How values are held by the reference interpreter and in constants of the IR:

============  ==========================================================================
type          Python value
============  ==========================================================================
IntType       int
RealType      fractions.Fraction while exact, else float
BoolType      bool
EnumType      int: the 0-based position of the member
StringType    str
SlotType      None for ``empty``, else a value of the element type
ArrayType     tuple, row-major, of ``prod(shape)`` element values
ListType      tuple; a constant or carrier-bounded list without a fixed length
SeqType       tuple
SetType       frozenset
TupleType     tuple
============  ==========================================================================
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

import attrs

from gflowspec.core.frozen import Term


@attrs.frozen(eq=False, repr=False)
class Type(Term):
    """Base of all types."""


@attrs.frozen(eq=False, repr=False)
class ErrorType(Type):
    """The type of an expression that was already reported; it silences what follows from it."""


@attrs.frozen(eq=False, repr=False)
class IntType(Type):
    """``int[lo..hi]``; a bound is None where it is open."""

    lo: int | None = None
    hi: int | None = None


@attrs.frozen(eq=False, repr=False)
class RealType(Type):
    """``real[lo..hi]``; ``lo_open`` excludes ``lo``. Exact values are Fractions, others floats."""

    lo: Fraction | None = None
    hi: Fraction | None = None
    lo_open: bool = False
    exact: bool = True


@attrs.frozen(eq=False, repr=False)
class BoolType(Type):
    """``true`` and ``false``; never a number."""


@attrs.frozen(eq=False, repr=False)
class EnumType(Type):
    """An enum; values are positions in ``members``."""

    name: str
    members: tuple[str, ...]


@attrs.frozen(eq=False, repr=False)
class StringType(Type):
    """Text: parameters, data keys, messages; never in a state."""


@attrs.frozen(eq=False, repr=False)
class SlotType(Type):
    """``T?``: ``empty`` or a T."""

    element: Type


@attrs.frozen(eq=False, repr=False)
class ArrayType(Type):
    """``array[n, ...] of T``, row-major.

    ``prefix`` marks slots that hold a sequence: no empty one stands before a filled one.
    ``holds`` is the declared type of a collection that the array stands for: texts speak of it,
    and nothing else differs.
    """

    shape: tuple[int, ...]
    element: Type
    prefix: bool = False
    holds: Type | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@attrs.frozen(eq=False, repr=False)
class ListType(Type):
    """A constant list, a comprehension, or a range: only its greatest length is known."""

    element: Type
    max_length: int


@attrs.frozen(eq=False, repr=False)
class SetType(Type):
    """``set[lo..hi] of T``."""

    lo: int
    hi: int | None
    element: Type


@attrs.frozen(eq=False, repr=False)
class SeqType(Type):
    """``seq[lo..hi] of T``."""

    lo: int
    hi: int
    element: Type


@attrs.frozen(eq=False, repr=False)
class DigraphType(Type):
    """``digraph`` with labelled nodes 0..nodes-1 and at most one edge per ordered pair.

    Values are held as ``matrix``: place (u, v) says whether there is an edge u -> v, or is a slot
    with the label of the edge.
    """

    nodes: int
    edge: Type | None = None

    @property
    def matrix(self) -> ArrayType:
        """The type of the adjacency matrix."""
        element = BoolType() if self.edge is None else SlotType(self.edge)
        return ArrayType((self.nodes, self.nodes), element, holds=self)


@attrs.frozen(eq=False, repr=False)
class TupleType(Type):
    """``(T, U, ...)``."""

    items: tuple[Type, ...]


@attrs.frozen(eq=False, repr=False)
class MapType(Type):
    """``map[K] of V``; data only."""

    key: Type
    value: Type


def cardinality(of: Type) -> int | None:
    """How many values a state variable of this type has; None if unbounded or not finite."""
    match of:
        case IntType(lo, hi):
            return None if lo is None or hi is None else max(0, hi - lo + 1)
        case BoolType():
            return 2
        case EnumType(_, members):
            return len(members)
        case SlotType(element):
            inner = cardinality(element)
            return None if inner is None else inner + 1
        case ArrayType():
            inner = cardinality(of.element)
            return None if inner is None else inner**of.size
        case TupleType(items):
            counts = [cardinality(item) for item in items]
            return None if None in counts else prod(count for count in counts if count is not None)
        case _:
            return None


def describe(of: Type) -> str:  # noqa: PLR0911, PLR0912, C901 - one line for each type
    """The type as it is written in a ``.gfs`` file."""
    match of:
        case IntType(None, None):
            return "int"
        case IntType(lo, hi):
            return f"int[{'' if lo is None else lo}..{'' if hi is None else hi}]"
        case RealType(None, None):
            return "real"
        case RealType(lo, hi, lo_open):
            bracket = "(" if lo_open else "["
            close = ")" if hi is None and lo_open else "]"
            return f"real{bracket}{'' if lo is None else lo}..{'' if hi is None else hi}{close}"
        case BoolType():
            return "bool"
        case EnumType(name, _):
            return name
        case StringType():
            return "string"
        case SlotType(element):
            return f"{describe(element)}?"
        case ArrayType((length,), SlotType(element), True):
            return f"seq[0..{length}] of {describe(element)}"
        case ArrayType(shape, element):
            return f"array[{', '.join(map(str, shape))}] of {describe(element)}"
        case ListType(element, _):
            return f"list of {describe(element)}"
        case SetType(lo, hi, element):
            bounds = "" if (lo, hi) == (0, None) else f"[{lo}..{'' if hi is None else hi}]"
            return f"set{bounds} of {describe(element)}"
        case SeqType(lo, hi, element):
            return f"seq[{lo}..{hi}] of {describe(element)}"
        case DigraphType(nodes, edge):
            label = "" if edge is None else f" of {describe(edge)}"
            return f"digraph {{ nodes[{nodes}..{nodes}] edges{label} }}"
        case TupleType(items):
            return f"({', '.join(describe(item) for item in items)})"
        case MapType(key, value):
            return f"map[{describe(key)}] of {describe(value)}"
        case _:
            return "?"
