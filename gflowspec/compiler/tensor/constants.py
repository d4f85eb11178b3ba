"""Values of the language as tensors.

A rational array is held as integers over one common denominator as long as none of them reaches
2^62; values that are inexact, or do not fit, are float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.exactness.held import LIMIT
from gflowspec.compiler.tensor.values import Kind
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    RealType,
    SlotType,
    TupleType,
    Type,
)


@attrs.frozen(eq=False)
class Encoded:
    """Numbers of some values of one type; ``empty`` is the number of an empty slot, if any is."""

    tensor: Tensor
    kind: Kind
    scale: int = 1
    low: int = 0
    high: int = 1
    empty: int | None = None


def encode(values: Sequence[Any], of: Type) -> Encoded | None:
    """Encodes values of one type, one row for each.

    Args:
        values: Values as the interpreter holds them.
        of: Their type; arrays, lists of one length and tuples become further dimensions.

    Returns:
        A tensor [len(values), ...] with its meaning, or None if the values have no tensor form
        (text, sets, lists of different lengths, tuples of parts that are not all alike).
    """
    shape = _shape(values, of)
    if shape is None:
        return None
    flat = [item for value in values for item in _scalars(value, of)]
    encoded = _encode_scalars(flat, _scalar_type(of))
    if encoded is None:
        return None
    return attrs.evolve(encoded, tensor=encoded.tensor.reshape((len(values), *shape)))


def _scalar_type(of: Type) -> Type:
    while isinstance(of, ArrayType | ListType | TupleType):
        of = of.items[0] if isinstance(of, TupleType) else of.element
    return of


def _shape(values: Sequence[Any], of: Type) -> tuple[int, ...] | None:
    """The common shape of all values behind the first dimension."""
    if isinstance(of, ArrayType):
        inner = _shape([item for value in values for item in value], of.element)
        return None if inner is None else (*of.shape, *inner)
    if isinstance(of, TupleType):
        # Whole numbers and members of enums are held alike.
        whole = all(isinstance(item, IntType | EnumType) for item in of.items)
        return (len(of.items),) if whole or len(set(of.items)) == 1 else None
    if isinstance(of, ListType):
        lengths = {len(value) for value in values}
        if len(lengths) != 1:
            return None
        inner = _shape([item for value in values for item in value], of.element)
        return None if inner is None else (lengths.pop(), *inner)
    return ()


def _scalars(value: Any, of: Type) -> list[Any]:
    if isinstance(of, ArrayType | ListType):
        return [item for element in value for item in _scalars(element, of.element)]
    return list(value) if isinstance(of, TupleType) else [value]


def _encode_scalars(values: list[Any], of: Type) -> Encoded | None:
    if isinstance(of, BoolType):
        return Encoded(torch.tensor(values, dtype=torch.bool), Kind.BOOL)
    if isinstance(of, SlotType):
        return _encode_slots(values)
    if not all(isinstance(value, int | float | Fraction) for value in values):
        return None
    if not isinstance(of, RealType):
        return _exact([int(value) for value in values], 1)
    return _encode_reals(values)


def _encode_slots(values: list[Any]) -> Encoded | None:
    filled = [int(value) for value in values if value is not None]
    empty = min(filled, default=0) - 1
    encoded = _exact([empty if value is None else int(value) for value in values], 1)
    return None if encoded is None else attrs.evolve(encoded, empty=empty)


def _encode_reals(values: list[Any]) -> Encoded:
    if not any(isinstance(value, float) for value in values):
        scale = lcm(*(Fraction(value).denominator for value in values))
        if scale < LIMIT:
            exact = _exact([int(value * scale) for value in values], scale)
            if exact is not None:
                return exact
    return Encoded(torch.tensor([_as_float(v) for v in values], dtype=torch.float64), Kind.FLOAT)


def _exact(numbers: list[int], scale: int) -> Encoded | None:
    low, high = min(numbers, default=0), max(numbers, default=0)
    if max(-low, high) >= LIMIT:
        return None
    tensor = torch.tensor(numbers, dtype=torch.int64)
    return Encoded(tensor, Kind.EXACT, scale=scale, low=low, high=high)


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
