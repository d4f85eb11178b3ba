"""Tensor programs as C++: functions of one state; the batch is a loop outside.

Every register is an array of the function, filled by loops whose bounds are known; what only
changes a shape costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.native.arrays import TYPES, Array, loops, places, table
from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.forms import form, same_memory
from gflowspec.compiler.tensor.eager import apply
from gflowspec.compiler.tensor.program import Instruction, Program

#: Most elements of all registers of a function: they stand on the stack.
LARGEST_FRAME = 1 << 15

#: Most numbers of all constants of a function.
LARGEST_CONSTANTS = 1 << 17


def function(name: str, program: Program, width: int, result: torch.dtype) -> str:
    """The text of ``void name(const int64_t* state, const int64_t* row, T* out)``.

    Args:
        name: Of the function.
        program: With one output.
        width: Columns of a state.
        result: Type of the output.

    Raises:
        NoNativeForm: It has an operation without a form, or is too large.
    """
    if program.width > LARGEST_FRAME:
        reason = f"an expression of {program.width:,} elements"
        raise NoNativeForm(reason)
    if sum(item.numel() for item in program.constants.values()) > LARGEST_CONSTANTS:
        reason = "tables as large as this environment has"
        raise NoNativeForm(reason)
    lines = "\n".join(f"  {line}" for line in _Printer(program, width).lines(result))
    head = f"inline void {name}(const int64_t* state, const int64_t* row, {TYPES[result]}* out)"
    return f"{head} {{\n  (void)state, (void)row;\n{lines}\n}}\n"


class _Printer:
    """Prints one program; the shapes of its registers are found by running it on zero states."""

    def __init__(self, program: Program, width: int) -> None:
        self._program = program
        # Two states, so that a batch dimension cannot be mistaken for a size-1 dimension.
        inputs = [torch.zeros((2, width), dtype=torch.int64)]
        inputs += [torch.zeros(2, dtype=torch.int64)] * program.rows
        self._samples: dict[int, Tensor] = dict(enumerate(inputs)) | program.constants
        self._arrays = {0: Array("state", (width,), torch.int64)}
        for place in range(program.rows):
            self._arrays[1 + place] = Array(f"(row + {place})", (), torch.int64)
        for register, value in program.constants.items():
            shape = tuple(value.shape[1:])
            self._arrays[register] = Array(f"c{register}", shape, value.dtype, value)

    def lines(self, result: torch.dtype) -> Iterator[str]:
        """The body of the function."""
        for register, value in self._program.constants.items():
            yield table(f"c{register}", value)
        for instruction in self._program.instructions:
            yield from self._instruction(instruction)
        (output,) = self._program.outputs
        found = self._arrays[output]
        if found.dtype != result:
            reason = f"a result of type {found.dtype}"
            raise NoNativeForm(reason)
        here = places(found.shape)
        target = attrs.evolve(found, name="out").at(here)
        yield from loops(found.shape, [f"{target} = {found.at(here)};"])

    def _instruction(self, instruction: Instruction) -> Iterator[str]:
        op, attributes = instruction.op, instruction.attributes
        inputs = [self._arrays[register] for register in instruction.inputs]
        samples = tuple(self._samples[register] for register in instruction.inputs)
        sample = self._samples[instruction.output] = apply(op, samples, attributes)
        standing = same_memory(op, inputs, attributes)
        name = standing or f"r{instruction.output}"
        out = Array(name, tuple(sample.shape[1:]), sample.dtype)
        self._arrays[instruction.output] = out
        if standing is None:
            yield f"{TYPES[out.dtype]} {name}[{max(1, prod(out.shape))}];"
            yield from form(op, out, inputs, attributes)
