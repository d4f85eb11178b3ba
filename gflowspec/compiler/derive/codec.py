"""The state as a row of integer codes: one field for each scalar location."""

from __future__ import annotations

from gflowspec.core.types import ArrayType, DigraphType, SeqType, SetType
from gflowspec.ir.derived import Codec, Field, Place
from gflowspec.ir.environment import Environment, StateVariable


def codec_of(environment: Environment) -> Codec:
    """Fields in the order of declaration, arrays row-major."""
    return Codec(
        fields=tuple(field for item in environment.state for field in _fields(item)),
    )


def place_of(variable: StateVariable) -> Place:
    """What the locations of a variable are."""
    match variable.view.declared:
        case SeqType():
            return Place.POSITION
        case SetType() | DigraphType():
            return Place.MEMBER
        case _:
            return Place.ENTRY if isinstance(variable.type, ArrayType) else Place.SCALAR


def _fields(variable: StateVariable) -> list[Field]:
    of = variable.type
    element, count = (of.element, of.size) if isinstance(of, ArrayType) else (of, 1)
    sizes = [variable.view.size_at(offset) for offset in range(count)]
    if None in sizes or isinstance(element, ArrayType):
        message = f"elaboration let an unsupported state variable through: {variable.name}"
        raise ValueError(message)
    place = place_of(variable)
    return [
        Field(variable=variable.name, offset=offset, type=element, size=size, place=place)
        for offset, size in enumerate(sizes)
        if size is not None
    ]
