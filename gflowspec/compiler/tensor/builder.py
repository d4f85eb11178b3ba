"""Builds a tensor program: equal instructions are emitted once, constants are folded."""

from __future__ import annotations

from math import prod
from typing import Any

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.tensor.eager import apply
from gflowspec.compiler.tensor.program import Instruction, Op, Program

# A constant that is larger than this stays an instruction: folding trades time for memory.
LARGEST_FOLDED = 1 << 24


@attrs.frozen(eq=False)
class Register:
    """What is known of a register while a program is built.

    Attributes:
        index: Its place.
        shape: Sizes of its dimensions behind the batch.
        dtype: int64, bool or float64.
        batched: Whether its first dimension is B (otherwise 1).
        constant: Its value, if it is the same for all states.
    """

    index: int
    shape: tuple[int, ...]
    dtype: torch.dtype
    batched: bool
    constant: Tensor | None = None


class Builder:
    """Collects the instructions of one program.

    Shapes and types of results are found by running each operation on a batch of one zero state,
    so that no operation has a second description of what it does to shapes.
    """

    def __init__(self, width: int, rows: int, device: torch.device) -> None:
        self._device = device
        self._rows = rows
        self._instructions: list[Instruction] = []
        self._registers: list[Register] = []
        self._known: dict[Any, Register] = {}
        # Two states, so that a batch dimension cannot be mistaken for a size-1 dimension.
        self._samples: dict[int, Tensor] = {}
        self.state = self._input(torch.zeros((2, width), dtype=torch.int64, device=device))
        self.rows = tuple(
            self._input(torch.zeros(2, dtype=torch.int64, device=device)) for _ in range(rows)
        )

    def constant(self, value: Tensor) -> Register:
        """A register for a constant [1, ...]; equal constants share one."""
        value = value.to(self._device).contiguous()
        key = (value.dtype, tuple(value.shape), value.cpu().numpy().tobytes())
        if key not in self._known:
            register = Register(
                len(self._registers), tuple(value.shape[1:]), value.dtype, False, value
            )
            self._registers.append(register)
            self._samples[register.index] = value
            self._known[key] = register
        return self._known[key]

    def emit(self, op: Op, inputs: tuple[Register, ...], *attributes: Any) -> Register:
        """The result of an operation: an earlier register, a folded constant, or a new one."""
        key = (op, tuple(register.index for register in inputs), _hashable(attributes))
        if key in self._known:
            return self._known[key]
        samples = tuple(self._samples[register.index] for register in inputs)
        sample = apply(op, samples, attributes)
        batched = any(register.batched for register in inputs)
        if not batched and sample.numel() <= LARGEST_FOLDED:
            self._known[key] = self.constant(sample)
            return self._known[key]
        register = Register(len(self._registers), tuple(sample.shape[1:]), sample.dtype, batched)
        self._registers.append(register)
        self._samples[register.index] = sample
        self._instructions.append(
            Instruction(op, tuple(item.index for item in inputs), attributes, register.index)
        )
        self._known[key] = register
        return register

    def flatten(self, register: Register, first: int, last: int) -> Register:
        """The register with its dimensions ``first`` to ``last`` as one."""
        if first == last:
            return register
        return self.emit(Op.FLATTEN, (register,), first, last)

    def finish(self, outputs: tuple[Register, ...]) -> Program:
        """The program that computes ``outputs``; what they do not need is left out."""
        batched = tuple(
            output if output.batched else self.emit(Op.BATCH, (self.state, output))
            for output in outputs
        )
        needed = {register.index for register in batched}
        kept = []
        for instruction in reversed(self._instructions):
            if instruction.output in needed:
                kept.append(instruction)
                needed.update(instruction.inputs)
        constants = {
            index: register.constant
            for index, register in enumerate(self._registers)
            if register.constant is not None and index in needed
        }
        width = sum(prod(self._registers[item.output].shape) for item in kept)
        return Program(
            registers=len(self._registers),
            rows=self._rows,
            constants=constants,
            instructions=tuple(reversed(kept)),
            outputs=tuple(register.index for register in batched),
            width=width,
        )

    def _input(self, sample: Tensor) -> Register:
        register = Register(len(self._registers), tuple(sample.shape[1:]), sample.dtype, True)
        self._registers.append(register)
        self._samples[register.index] = sample
        return register


def _hashable(attributes: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        (tuple(item.shape), item.cpu().numpy().tobytes()) if isinstance(item, Tensor) else item
        for item in attributes
    )
