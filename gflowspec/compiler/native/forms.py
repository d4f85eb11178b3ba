"""What each operation of a tensor program is in C++: lines that fill one array from others.

An operation that torch rounds in a way of its own (a sum of floats, exp) has no form: a mask must
not depend on how it was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from gflowspec.compiler.native.arrays import TYPES, Array, loops, places, table
from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.tensor.program import Op

Form = Callable[[Array, Sequence[Array], tuple[Any, ...]], Iterator[str]]

#: Operations on elements; ``{T}`` is the type of the result.
ELEMENTWISE = {
    Op.ADD: "{0} + {1}",
    Op.SUB: "{0} - {1}",
    Op.MUL: "times({0}, {1})",
    Op.DIV: "static_cast<double>({0}) / static_cast<double>({1})",
    Op.FLOOR_DIV: "floor_divided({0}, {1})",
    Op.MOD: "remainder_of({0}, {1})",
    Op.MINIMUM: "lesser<{T}>({0}, {1})",
    Op.MAXIMUM: "greater<{T}>({0}, {1})",
    Op.POW: "power({0}, {1})",
    Op.NEG: "-{0}",
    Op.ABS: "absolute({0})",
    Op.EQ: "{0} == {1}",
    Op.NE: "{0} != {1}",
    Op.LT: "{0} < {1}",
    Op.LE: "{0} <= {1}",
    Op.AND: "{0} & {1}",
    Op.OR: "{0} | {1}",
    Op.NOT: "!{0}",
    Op.WHERE: "{0} ? {1} : {2}",
    Op.TO_INT: "{0}",
    Op.TO_FLOAT: "{0}",
    Op.EXPAND: "{0}",
}

#: Operations that have no form for floats.
INTEGERS_ONLY = {Op.FLOOR_DIV, Op.MOD, Op.POW, Op.SUM, Op.PROD, Op.SORT}

#: Functions of a float that every library rounds alike.
FUNCTIONS = {
    "floor": "std::floor",
    "ceil": "std::ceil",
    "round": "std::nearbyint",
    "sqrt": "std::sqrt",
}

#: Reductions: what they begin with, and what they do with the next element.
REDUCTIONS = {
    Op.SUM: ("0", "{0} + {1}"),
    Op.PROD: ("1", "{0} * {1}"),
    Op.MIN: (None, "lesser<{T}>({0}, {1})"),
    Op.MAX: (None, "greater<{T}>({0}, {1})"),
    Op.ALL: ("1", "{0} & ({1} != 0)"),
    Op.ANY: ("0", "{0} | ({1} != 0)"),
}


def form(op: Op, out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    """Lines that fill ``out``.

    Raises:
        NoNativeForm: The operation has none.
    """
    if op in INTEGERS_ONLY and torch.float64 in {array.dtype for array in (out, *inputs)}:
        reason = f"`{op.value}` of floats"
        raise NoNativeForm(reason)
    if op in ELEMENTWISE:
        return _elementwise(op, out, inputs)
    if op in REDUCTIONS:
        return _reduced(op, out, inputs[0], attributes)
    if op not in _FORMS:
        reason = f"`{op.value}` in an environment"
        raise NoNativeForm(reason)
    return _FORMS[op](out, inputs, attributes)


def _elementwise(op: Op, out: Array, inputs: Sequence[Array]) -> Iterator[str]:
    here, kind = places(out.shape), TYPES[out.dtype]
    truths = {Op.EQ, Op.NE, Op.LT, Op.LE, Op.AND, Op.OR, Op.NOT, Op.WHERE, Op.EXPAND}
    if out.dtype == torch.bool and op not in truths:
        reason = f"`{op.value}` of truth values"
        raise NoNativeForm(reason)
    value = ELEMENTWISE[op].format(*(array.at(here) for array in inputs), T=kind)
    return _filled(out, value)


def _filled(out: Array, value: str) -> Iterator[str]:
    kind = TYPES[out.dtype]
    return loops(out.shape, [f"{out.at(places(out.shape))} = static_cast<{kind}>({value});"])


def _dims(given: int | tuple[int, ...], rank: int) -> list[int]:
    """Dimensions without the batch, from those of a register of ``rank`` with it."""
    return [dim % rank - 1 for dim in ((given,) if isinstance(given, int) else given)]


def _reduced(op: Op, out: Array, of: Array, attributes: tuple[Any, ...]) -> Iterator[str]:
    gone = _dims(attributes[0], 1 + len(of.shape))
    sizes = [of.shape[dim] for dim in gone]
    inner, outer = iter(places(sizes, "j")), iter(places(out.shape))
    element = of.at([next(inner if dim in gone else outer) for dim in range(len(of.shape))])
    first, combine = REDUCTIONS[op]
    kind = TYPES[out.dtype]
    if first is None:
        outer = iter(places(out.shape))
        first = of.at(["0" if dim in gone else next(outer) for dim in range(len(of.shape))])
    step = f"t = static_cast<{kind}>({combine.format('t', element, T=kind)});"
    whole = " ".join(loops(sizes, [step], "j"))
    place = out.at(places(out.shape))
    yield from loops(out.shape, [f"{kind} t = {first};", whole, f"{place} = t;"])


def _columns(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    yield table(f"{out.name}_columns", attributes[0])
    where = Array(f"{out.name}_columns", out.shape, torch.int64).at(places(out.shape))
    yield from _filled(out, f"{inputs[0].name}[{where}]")


def _clamp(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    kind, value = TYPES[out.dtype], inputs[0].at(places(out.shape))
    for bound, name in zip(attributes, ("greater", "lesser"), strict=True):
        if bound is not None:
            value = f"{name}<{kind}>({value}, {bound})"
    return _filled(out, value)


def _float_function(
    out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]
) -> Iterator[str]:
    (name,) = attributes
    if name not in FUNCTIONS:
        reason = f"`{name}` in a guard"
        raise NoNativeForm(reason)
    return _filled(out, f"{FUNCTIONS[name]}({inputs[0].at(places(out.shape))})")


def _take(out: Array, inputs: Sequence[Array], _: tuple[Any, ...]) -> Iterator[str]:
    source, index = inputs
    if source.value is None:
        reason = "a table that depends on the state"
        raise NoNativeForm(reason)
    here = places(out.shape)
    depth = len(index.shape)
    row = Array("", (source.value.shape[0], *source.shape), source.dtype)
    place = f"within({index.at(here[:depth])}, {source.value.shape[0]})"
    return _filled(out, f"{source.name}{row.at([place, *here[depth:]])}")


def _take_along(out: Array, inputs: Sequence[Array], _: tuple[Any, ...]) -> Iterator[str]:
    source, index = inputs
    here = places(out.shape)
    place = f"within({index.at(here[:-1])}, {source.shape[-2]})"
    return _filled(out, source.at([*here[:-1], place, here[-1]]))


def _concatenated(
    out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]
) -> Iterator[str]:
    (dim,) = _dims(attributes[0], 1 + len(out.shape))
    start = 0
    for part in inputs:
        sizes = [*out.shape]
        sizes[dim] = part.shape[dim]
        here, there = places(sizes), places(sizes)
        there[dim] = f"{start} + {here[dim]}"
        yield from loops(sizes, [f"{out.at(there)} = {part.at(here)};"])
        start += part.shape[dim]


def _stacked(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    (dim,) = _dims(attributes[0], 1 + len(out.shape))
    sizes = [*out.shape[:dim], *out.shape[dim + 1 :]]
    for number, part in enumerate(inputs):
        here = places(sizes)
        there = [*here[:dim], str(number), *here[dim:]]
        yield from loops(sizes, [f"{out.at(there)} = {part.at(here)};"])


def _moved(out: Array, of: Array, dim: int, place: Callable[[str], str]) -> Iterator[str]:
    """Elements from other places along one dimension."""
    (dim,) = _dims(dim, 1 + len(out.shape))
    there = places(out.shape)
    # A dimension of size 1 stands at place 0 whatever is written.
    there[dim] = place(there[dim])
    return _filled(out, of.at(there))


def _narrow(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    dim, start, _ = attributes
    return _moved(out, inputs[0], dim, lambda place: f"{start} + {place}")


def _select(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    dim, indices = attributes
    yield table(f"{out.name}_places", indices)
    yield from _moved(out, inputs[0], dim, lambda place: f"{out.name}_places[{place}]")


def _flip(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    (dim,) = attributes
    (own,) = _dims(dim, 1 + len(out.shape))
    return _moved(out, inputs[0], dim, lambda place: f"{out.shape[own] - 1} - {place}")


def _sort(out: Array, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> Iterator[str]:
    """By insertion: rows are short."""
    (dim,) = _dims(attributes[0], 1 + len(out.shape))
    sizes = [*out.shape]
    length, sizes[dim] = sizes[dim], 1
    yield from _filled(out, inputs[0].at(places(out.shape)))
    here = places(sizes)
    at = [out.at([*here[:dim], place, *here[dim + 1 :]]) for place in ("k", "k - 1")]
    swap = f"{{ const auto t = {at[0]}; {at[0]} = {at[1]}; {at[1]} = t; }}"
    inner = f"for (int64_t k = n; k > 0 && {at[0]} < {at[1]}; --k) {swap}"
    yield from loops(sizes, [f"for (int64_t n = 1; n < {length}; ++n) {inner}"])


_FORMS: dict[Op, Form] = {
    Op.COLUMNS: _columns,
    Op.CLAMP: _clamp,
    Op.FLOAT_FUNCTION: _float_function,
    Op.TAKE: _take,
    Op.TAKE_ALONG: _take_along,
    Op.CONCATENATE: _concatenated,
    Op.STACK: _stacked,
    Op.NARROW: _narrow,
    Op.SELECT: _select,
    Op.FLIP: _flip,
    Op.SORT: _sort,
}


def same_memory(op: Op, inputs: Sequence[Array], attributes: tuple[Any, ...]) -> str | None:
    """The name under which the result already stands, where only its shape is new."""
    if op in {Op.UNSQUEEZE, Op.SQUEEZE, Op.FLATTEN, Op.UNFLATTEN}:
        return inputs[0].name
    if op is Op.BATCH:
        return inputs[1].name
    if op is Op.SPAN:
        return f"({inputs[0].name} + {attributes[0]})"
    return None
