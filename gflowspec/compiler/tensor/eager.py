"""Eager execution of tensor programs by torch.

A program becomes a list of closures once; a call runs them in order. Nothing here looks at the
data, so a call works under ``no_grad`` and ``inference_mode`` and never waits for a device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gflowspec.compiler.tensor.program import Instruction, Op, Program

Registers = list[Any]
Operation = Callable[..., Tensor]

# Most elements that a call works on at a time: 8 MiB of int64, about what caches hold.
ELEMENTS_AT_A_TIME = 1 << 20

_PLAIN: dict[Op, Operation] = {
    Op.ADD: torch.add,
    Op.SUB: torch.sub,
    Op.MUL: torch.mul,
    Op.DIV: torch.div,
    Op.MINIMUM: torch.minimum,
    Op.MAXIMUM: torch.maximum,
    Op.POW: torch.pow,
    Op.NEG: torch.neg,
    Op.ABS: torch.abs,
    Op.CLAMP: torch.clamp,
    Op.EQ: torch.eq,
    Op.NE: torch.ne,
    Op.LT: torch.lt,
    Op.LE: torch.le,
    Op.AND: torch.bitwise_and,
    Op.OR: torch.bitwise_or,
    Op.NOT: torch.logical_not,
    Op.WHERE: torch.where,
    Op.MOD: torch.remainder,
    Op.SUM: torch.sum,
    Op.PROD: torch.prod,
    Op.SQUEEZE: torch.squeeze,
    Op.MIN: torch.amin,
    Op.MAX: torch.amax,
    Op.ALL: torch.all,
    Op.ANY: torch.any,
    Op.FLATTEN: torch.flatten,
    Op.UNFLATTEN: torch.unflatten,
    Op.NARROW: torch.narrow,
    Op.SELECT: torch.index_select,
}

_FLOAT_FUNCTIONS: dict[str, Operation] = {
    "exp": torch.exp,
    "log": torch.log,
    "log1p": torch.log1p,
    "sqrt": torch.sqrt,
    "cos": torch.cos,
    "sin": torch.sin,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "erf": torch.erf,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "round": torch.round,
}


def apply(op: Op, inputs: tuple[Tensor, ...], attributes: tuple[Any, ...]) -> Tensor:
    """One operation, at once (used to fold constants)."""
    return _operation(op)(*inputs, *attributes)


def executable(program: Program) -> Callable[..., tuple[Tensor, ...]]:
    """The program as a function of the state and the row inputs.

    Batches whose registers would pass ``ELEMENTS_AT_A_TIME`` are cut into pieces.

    Returns:
        A function (state int64 [B, W], *rows int64 [B]) -> one tensor [B, ...] for each output.
    """
    template: Registers = [None] * program.registers
    for register, tensor in program.constants.items():
        template[register] = tensor
    steps = [_closure(instruction) for instruction in program.instructions]
    first, rest, outputs = 0, program.rows, program.outputs
    rows_at_a_time = max(1, ELEMENTS_AT_A_TIME // max(1, program.width))

    def run(state: Tensor, *rows: Tensor) -> tuple[Tensor, ...]:
        registers = template.copy()
        registers[first] = state
        if rest:
            registers[1 : 1 + rest] = rows
        for step in steps:
            step(registers)
        return tuple([registers[output] for output in outputs])

    def run_in_pieces(state: Tensor, *rows: Tensor) -> tuple[Tensor, ...]:
        if state.shape[0] <= rows_at_a_time:
            return run(state, *rows)
        pieces = zip(*(tensor.split(rows_at_a_time) for tensor in (state, *rows)), strict=True)
        results = [run(*piece) for piece in pieces]
        return tuple(torch.cat(parts) for parts in zip(*results, strict=True))

    return run_in_pieces


def _closure(instruction: Instruction) -> Callable[[Registers], None]:
    """One instruction as a function of the registers; the common arities without a loop."""
    operation, attributes = _operation(instruction.op), instruction.attributes
    output = instruction.output
    match instruction.inputs, attributes:
        case (a,), ():

            def step(r: Registers) -> None:
                r[output] = operation(r[a])

        case (a,), (x,):

            def step(r: Registers) -> None:
                r[output] = operation(r[a], x)

        case (a, b), ():

            def step(r: Registers) -> None:
                r[output] = operation(r[a], r[b])

        case inputs, _:

            def step(r: Registers) -> None:
                r[output] = operation(*[r[i] for i in inputs], *attributes)

    return step


def _operation(op: Op) -> Operation:
    plain = _PLAIN.get(op)
    return plain if plain is not None else _OTHERS[op]


def _columns(state: Tensor, indices: Tensor) -> Tensor:
    picked = state.index_select(1, indices.reshape(-1))
    return picked if indices.dim() == 1 else picked.unflatten(1, tuple(indices.shape))


def _span(state: Tensor, start: int, stop: int, sizes: tuple[int, ...]) -> Tensor:
    if not sizes:
        return state.select(1, start)
    part = state if stop - start == state.shape[1] else state[:, start:stop]
    return part if len(sizes) == 1 else part.unflatten(1, sizes)


def _unsqueeze(a: Tensor, dims: tuple[int, ...]) -> Tensor:
    for dim in dims:
        a = a.unsqueeze(dim)
    return a


def _take_along(a: Tensor, index: Tensor) -> Tensor:
    """A [..., N, K] at index [...]: rows of its second last dimension, [..., K]."""
    picked = torch.take_along_dim(a, index.unsqueeze(-1).unsqueeze(-1), dim=-2)
    return picked.squeeze(-2)


def _concatenate(*inputs: Any) -> Tensor:
    """Parts along one dimension; their other dimensions are broadcast.

    Not by ``torch.broadcast_shapes``, which imports sympy: 2 s at its first call.
    """
    parts, dim = inputs[:-1], inputs[-1]
    sizes = [
        next((size for size in column if size != 1), 1)
        for column in zip(*(part.shape for part in parts), strict=True)
    ]
    expanded = []
    for part in parts:
        sizes[dim] = part.shape[dim]
        expanded.append(part.expand(sizes))
    return torch.cat(expanded, dim)


def _stack(*inputs: Any) -> Tensor:
    return torch.stack(torch.broadcast_tensors(*inputs[:-1]), inputs[-1])


_OTHERS: dict[Op, Operation] = {
    Op.COLUMNS: _columns,
    Op.SPAN: _span,
    Op.FLOOR_DIV: lambda a, b: torch.div(a, b, rounding_mode="floor"),
    Op.FLOAT_FUNCTION: lambda a, name: _FLOAT_FUNCTIONS[name](a),
    Op.TO_INT: lambda a: a.to(torch.int64),
    Op.TO_FLOAT: lambda a: a.to(torch.float64),
    Op.TAKE: lambda table, index: torch.take(table, index) if table.dim() == 1 else table[index],
    Op.TAKE_ALONG: _take_along,
    Op.UNSQUEEZE: _unsqueeze,
    Op.EXPAND: lambda a, sizes: a.expand(-1, *sizes),
    Op.BATCH: lambda state, a: a.expand(state.shape[0], *a.shape[1:]),
    Op.CONCATENATE: _concatenate,
    Op.STACK: _stack,
    Op.FLIP: lambda a, dim: torch.flip(a, (dim,)),
    Op.SORT: lambda a, dim: torch.sort(a, dim).values,
}
