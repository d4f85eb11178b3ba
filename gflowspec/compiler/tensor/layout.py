"""Where the variables of the state stand in the encoded row, and what their codes mean."""

from __future__ import annotations

import attrs

from gflowspec.compiler.tensor.builder import Builder, Register
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import integer
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.errors import InternalError
from gflowspec.core.types import ArrayType, BoolType, EnumType, IntType, SlotType, Type
from gflowspec.ir.derived import Codec
from gflowspec.ir.environment import Environment


@attrs.frozen
class Location:
    """The columns of one variable: ``offset`` and the next ones, row-major."""

    offset: int
    shape: tuple[int, ...]
    element: Type


class Layout:
    """The columns of all variables of an environment."""

    def __init__(self, environment: Environment, codec: Codec) -> None:
        first: dict[str, int] = {}
        for column, field in enumerate(codec.fields):
            first.setdefault(field.variable, column)
        self._locations = {
            variable.name: _location(variable.type, first.get(variable.name, codec.width))
            for variable in environment.state
        }
        self.width = codec.width

    def location(self, name: str) -> Location:
        """The columns of a variable."""
        return self._locations[name]


def _location(of: Type, offset: int) -> Location:
    if isinstance(of, ArrayType):
        return Location(offset, of.shape, of.element)
    return Location(offset, (), of)


def decoded(builder: Builder, codes: Register, of: Type, depth: int) -> Value:
    """A register of codes of one type as a value."""
    if isinstance(of, BoolType):
        zero = integer(builder, 0).register
        return Value(
            register=builder.emit(Op.NE, (codes, zero)), kind=Kind.BOOL, depth=depth, low=0, high=1
        )
    low, high = bounds(of)
    if isinstance(of, SlotType):
        return Value(
            register=codes,
            kind=Kind.EXACT,
            depth=depth,
            shift=low - 1,
            low=low - 1,
            high=high,
            empty=low - 1,
        )
    return Value(register=codes, kind=Kind.EXACT, depth=depth, shift=low, low=low, high=high)


def bounds(of: Type) -> tuple[int, int]:
    """The smallest and the largest number of a state component; of a slot, of its element."""
    match of:
        case IntType(lo, hi) if lo is not None and hi is not None:
            return lo, hi
        case BoolType():
            return 0, 1
        case EnumType(_, members):
            return 0, len(members) - 1
        case SlotType(element):
            return bounds(element)
        case _:
            message = f"a state component of type {of} has no code"
            raise InternalError(message)
