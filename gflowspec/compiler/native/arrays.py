"""Arrays of a C++ function, and loops over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs
import torch
from torch import Tensor

TYPES = {torch.int64: "int64_t", torch.bool: "uint8_t", torch.float64: "double"}


@attrs.frozen(eq=False)
class Array:
    """A register of a function.

    Attributes:
        name: An array or a pointer; elements are in row-major order.
        shape: Sizes without the batch.
        dtype: Of the elements.
        value: What it holds, if that is known, with its first dimension.
    """

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    value: Tensor | None = None

    def at(self, places: Sequence[str]) -> str:
        """An element; sizes of 1 and missing leading dimensions stand for any place."""
        own = places[len(places) - len(self.shape) :]
        terms = [
            place if stride == 1 else f"{stride} * ({place})"
            for place, stride, size in zip(own, strides(self.shape), self.shape, strict=True)
            if size != 1
        ]
        return f"{self.name}[{' + '.join(terms) or '0'}]"


def strides(shape: Sequence[int]) -> list[int]:
    """How far one step of each dimension is."""
    return list(accumulate(reversed(shape), lambda a, b: a * b, initial=1))[-2::-1]


def places(shape: Sequence[int], letter: str = "i") -> list[str]:
    """Names of the loop variables over a shape."""
    return [f"{letter}{depth}" for depth in range(len(shape))]


def loops(shape: Sequence[int], body: Sequence[str], letter: str = "i") -> Iterator[str]:
    """Nested loops over a shape around some lines."""
    for name, size in zip(places(shape, letter), shape, strict=True):
        yield f"for (int64_t {name} = 0; {name} < {size}; ++{name})"
    yield "{ " + " ".join(body) + " }"


def table(name: str, values: Tensor) -> str:
    """A constant array with the elements of a tensor."""
    flat = values.reshape(-1).tolist() or [0]
    exact = values.dtype != torch.float64
    text = ", ".join(str(int(item)) if exact else _double(item) for item in flat)
    return f"static const {TYPES[values.dtype]} {name}[] = {{{text}}};"


def _double(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return '__builtin_nan("")'
    if value in (float("inf"), float("-inf")):
        return f"{'-' if value < 0 else ''}__builtin_inf()"
    return value.hex()
