"""Built-in functions over scalars and fixed-length containers (values as in ``core.types``)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from gflowspec.core.types import ArrayType, EnumType, SlotType, Type
from gflowspec.semantics.arithmetic import (
    Number,
    divide,
    log1p_outside,
    log_ratio,
    normal_pdf,
    rounding,
    sigmoid,
    total,
)
from gflowspec.semantics.digraphs import NAMES as DIGRAPH_FUNCTIONS
from gflowspec.semantics.digraphs import digraph_function
from gflowspec.semantics.draws import draw_ints
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.identity import Same

Function = Callable[..., Any]


def _clip(x: Number, low: Number, high: Number) -> Number:
    return min(max(x, low), high)


def _bits_of(value: int, count: int) -> tuple[int, ...]:
    if not 0 <= value < 1 << count:
        message = f"{value} does not fit into {count} bits"
        raise EvaluationError(message, code="GFS121")
    return tuple(value >> shift & 1 for shift in range(count - 1, -1, -1))


def _number(digits: Sequence[int], base: int) -> int:
    result = 0
    for digit in digits:
        result = result * base + digit
    return result


def _hamming(left: Sequence[Any], right: Sequence[Any]) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))


def _distinct(items: Sequence[Any]) -> bool:
    filled = [item for item in items if item is not None]
    return len(set(filled)) == len(filled)


def _inserted(items: Sequence[Any], place: int, value: Any) -> tuple[Any, ...]:
    """The last place is empty before: the sequence was not full."""
    _check_place(items, place)
    return (*items[:place], value, *items[place:-1])


def _removed(items: Sequence[Any], place: int) -> tuple[Any, ...]:
    _check_place(items, place)
    return (*items[:place], *items[place + 1 :], None)


def _check_place(items: Sequence[Any], place: int) -> None:
    if not 0 <= place < len(items):
        message = f"there is no place {place}, the last is {len(items) - 1}"
        raise EvaluationError(message, code="GFS123")


def _or_else(slot: Any, default: Any) -> Any:
    return default if slot is None else slot


def _quantile(items: Sequence[Number], q: Number) -> Number:
    """Linear interpolation between order statistics, as ``numpy.quantile`` does by default."""
    ordered = _ordered(Same(items)) if isinstance(items, tuple) else sorted(items)
    place = (len(ordered) - 1) * q
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@lru_cache(maxsize=4)
def _ordered(items: Same) -> list[Number]:
    """Long tables are sorted once, however many quantiles are asked for."""
    return sorted(items.value)


def _mean(items: Sequence[Number]) -> Number:
    return divide(sum(items), len(items))


def _text(items: Sequence[int | None], alphabet: str) -> str:
    """Empty slots, as behind the end of a sequence, have no letter."""
    return "".join(alphabet[item] for item in items if item is not None)


def _concat(*parts: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(item for part in parts for item in part)


def _draw_ints(shape: Any, low: int, high: int, seed: int, generator: str = "pcg64") -> Any:
    lengths = shape if isinstance(shape, tuple) else (shape,)
    try:
        return draw_ints(math.prod(lengths), low, high, seed, generator)
    except ValueError as error:
        raise EvaluationError(str(error), code="GFS121") from None


#: Functions whose value depends on their arguments alone.
PLAIN: dict[str, Function] = {
    "abs": abs,
    "clip": _clip,
    "min": min,
    "max": max,
    "floor": rounding(math.floor),
    "ceil": rounding(math.ceil),
    "round": rounding(round),
    "exp": total(math.exp, lambda _: math.inf),
    "log": log_ratio,
    "log1p": total(math.log1p, log1p_outside),
    "sqrt": total(math.sqrt, lambda _: math.nan),
    "cos": total(math.cos, lambda _: math.nan),
    "sin": total(math.sin, lambda _: math.nan),
    "tanh": total(math.tanh, lambda _: math.nan),
    "erf": total(math.erf, lambda _: math.nan),
    "sigmoid": sigmoid,
    "normal_pdf": normal_pdf,
    "indicator": int,
    "number_of": lambda position: position + 1,
    "distinct": _distinct,
    "inserted": _inserted,
    "removed": _removed,
    "or_else": _or_else,
    "sorted": lambda items: tuple(sorted(items)),
    "concat": _concat,
    "bits_of": _bits_of,
    "number": _number,
    "hamming": _hamming,
    "text": _text,
    "mask": lambda members: sum(1 << member for member in members),
    "quantile": _quantile,
    "mean": _mean,
    "draw_ints": _draw_ints,
    "values": tuple,
}


def function(name: str, types: Sequence[Type]) -> Function:
    """The implementation of a built-in for arguments of these types.

    Raises:
        EvaluationError: If there is no such function at this level of the language.
    """
    if name == "len":
        return _length(types[0])
    if name == "filled":
        return _filled if not isinstance(types[0], SlotType) else lambda slot: slot is not None
    if name == "count_filled":
        if isinstance(types[0], SlotType):
            return lambda slot: int(slot is not None)
        return lambda items: sum(item is not None for item in items)
    if name == "text" and types and isinstance(types[0], EnumType):
        members = types[0].members
        return lambda position: members[position]
    if name == "reverse":
        return _reverse(types[0])
    if name in DIGRAPH_FUNCTIONS:
        return digraph_function(name, types[0])
    if name not in PLAIN:
        message = f"`{name}` cannot be evaluated by this version"
        raise EvaluationError(message, code="GFS141")
    return PLAIN[name]


def _filled(items: Sequence[Any]) -> bool:
    return None not in items


def _reverse(of: Type) -> Function:
    """The elements, or rows, from the last to the first."""
    width = math.prod(of.shape[1:]) if isinstance(of, ArrayType) else 1

    def run(items: Sequence[Any]) -> tuple[Any, ...]:
        starts = range(len(items) - width, -1, -width)
        return tuple(item for start in starts for item in items[start : start + width])

    return run


def _length(of: Type) -> Function:
    if isinstance(of, ArrayType):
        rows = of.shape[0]
        return lambda _: rows
    return len
