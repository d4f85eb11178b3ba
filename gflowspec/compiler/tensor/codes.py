"""States as tuples of values and as rows of codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from gflowspec.compiler.tensor.layout import bounds
from gflowspec.core.types import ArrayType, BoolType, SlotType, Type
from gflowspec.ir.derived import Codec
from gflowspec.ir.environment import Environment

State = tuple[Any, ...]


def code_of(value: Any, of: Type) -> int:
    """The code of a value of a scalar type."""
    if isinstance(of, SlotType):
        return 0 if value is None else 1 + code_of(value, of.element)
    return int(value) - bounds(of)[0]


def value_of(code: int, of: Type) -> Any:
    """The value of a code."""
    if isinstance(of, SlotType):
        return None if code == 0 else value_of(code - 1, of.element)
    return bool(code) if isinstance(of, BoolType) else code + bounds(of)[0]


def encode_states(
    states: Iterable[Sequence[Any]], environment: Environment, codec: Codec
) -> Tensor:
    """Rows of codes, int64 [B, W], from tuples of the values of the state variables."""
    rows = []
    for state in states:
        scalars: list[Any] = []
        for variable, value in zip(environment.state, state, strict=True):
            scalars.extend(value if isinstance(variable.type, ArrayType) else (value,))
        rows.append([code_of(v, f.type) for v, f in zip(scalars, codec.fields, strict=True)])
    return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), codec.width)


def decode_states(codes: Tensor, environment: Environment, codec: Codec) -> tuple[State, ...]:
    """Tuples of the values of the state variables from rows of codes."""
    return tuple(_decode(row, environment, codec) for row in codes.tolist())


def _decode(row: list[int], environment: Environment, codec: Codec) -> State:
    values = [value_of(c, f.type) for c, f in zip(row, codec.fields, strict=True)]
    state, first = [], 0
    for variable in environment.state:
        if isinstance(variable.type, ArrayType):
            state.append(tuple(values[first : first + variable.type.size]))
            first += variable.type.size
        else:
            state.append(values[first])
            first += 1
    return tuple(state)
