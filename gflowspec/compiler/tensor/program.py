"""Tensor programs: straight-line code over a closed set of operations.

A program reads a batch of encoded states, int64 [B, W], and possibly some row inputs, one number
for each state (the binders of the action that a row takes). Every register is a tensor whose first
dimension is the batch: B, or 1 where the value is the same for all states. Dimensions are
broadcast against each other, so a size-1 dimension stands for any size.

There is no branch and no loop in a program: what runs does not depend on the data.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from torch import Tensor


class Op(Enum):
    """All operations; ``a`` and ``b`` are registers, what stands after ``|`` are attributes."""

    COLUMNS = "columns"  # state | indices: state[:, indices], with the shape of `indices`
    SPAN = "span"  # state | start, stop, dims: state[:, start:stop] with `dims` between
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"  # true division of float64
    FLOOR_DIV = "floor_div"
    MOD = "mod"  # sign of the divisor, as in Python
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    POW = "pow"
    NEG = "neg"
    ABS = "abs"
    CLAMP = "clamp"  # a | low, high
    FLOAT_FUNCTION = "float_function"  # a | name in FLOAT_FUNCTIONS
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    AND = "and"
    OR = "or"
    NOT = "not"
    WHERE = "where"
    TO_INT = "to_int"
    TO_FLOAT = "to_float"
    TAKE = "take"  # table, index: table[index]; the rows of `table` may have any shape
    TAKE_ALONG = "take_along"  # a, index: a[..., index, :] of a [..., N, K] and index [...]
    SUM = "sum"  # a | dims; bools are counted
    PROD = "prod"  # a | dim
    MIN = "min"  # a | dims
    MAX = "max"  # a | dims
    ALL = "all"  # a | dims
    ANY = "any"  # a | dims
    UNSQUEEZE = "unsqueeze"  # a | dims, ascending places in the result
    SQUEEZE = "squeeze"  # a | dims
    EXPAND = "expand"  # a | sizes of all dimensions behind the batch
    BATCH = "batch"  # state, a: a with its first dimension expanded to B
    FLATTEN = "flatten"  # a | first, last
    UNFLATTEN = "unflatten"  # a | dim, sizes
    CONCATENATE = "concatenate"  # a, b, ... | dim
    STACK = "stack"  # a, b, ... | dim
    NARROW = "narrow"  # a | dim, start, length
    SELECT = "select"  # a | dim, indices (a tensor)
    FLIP = "flip"  # a | dim
    SORT = "sort"  # a | dim


FLOAT_FUNCTIONS = (
    "exp",
    "log",
    "log1p",
    "sqrt",
    "cos",
    "sin",
    "tanh",
    "sigmoid",
    "erf",
    "floor",
    "ceil",
    "round",
)


@attrs.frozen(eq=False)
class Instruction:
    """``registers[output] = op(registers[i] for i in inputs, *attributes)``."""

    op: Op
    inputs: tuple[int, ...]
    attributes: tuple[Any, ...]
    output: int


@attrs.frozen(kw_only=True, eq=False)
class Program:
    """A compiled expression, or several that share their sub-expressions.

    Attributes:
        registers: Number of registers. Register 0 is the state, 1 .. ``rows`` are row inputs.
        rows: Number of row inputs, each int64 [B].
        constants: Registers that are known when the program is built.
        instructions: In order; each writes a register of its own.
        outputs: Registers of the results.
        width: Elements per state over all registers: what bounds the memory of a batch.
    """

    registers: int
    rows: int
    constants: dict[int, Tensor]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]
    width: int
