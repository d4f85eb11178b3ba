"""Masks over all actions as one program, and a shorter form where each action reads one code."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gflowspec.compiler.tensor.builder import Register
from gflowspec.compiler.tensor.choice import truthful
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.lower import Lowering
from gflowspec.compiler.tensor.program import Op, Program
from gflowspec.compiler.tensor.representation import lift
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Binder
from gflowspec.ir.expr import Expr


def forward_mask_program(derived: Derived, kit: Kit) -> Program:
    """F_a of all actions and bindings, then ``stop``: bool [B, A_f]."""
    lowering = kit.lowering()
    parts = [_columns(lowering, a.action.binders, a.forward_mask) for a in derived.actions]
    if derived.stop_mask is not None:
        parts.append(_columns(lowering, (), derived.stop_mask))
    return _joined(lowering, parts)


def backward_mask_program(derived: Derived, kit: Kit) -> Program:
    """B_a of all actions and addresses: bool [B, A_b]."""
    lowering = kit.lowering()
    parts = [_columns(lowering, a.addresses, a.backward_mask) for a in derived.actions]
    return _joined(lowering, parts)


def condition_program(condition: Expr, kit: Kit) -> Program:
    """A condition on states: bool [B]."""
    lowering = kit.lowering()
    holds = truthful(lowering.builder, lowering.lower(condition))
    return lowering.builder.finish((holds.register,))


def _columns(lowering: Lowering, binders: Sequence[Binder], mask: Expr) -> Register:
    """The mask of one action, a column for each combination of its binders."""
    builder = lowering.builder
    with lowering.scope.inner():
        for binder in binders:
            lowering.scope.bind_axis(binder.name, binder.carrier, binder.type)
        value = truthful(builder, lowering.lower(mask))
        register = lift(builder, value, len(binders)).register
    sizes = tuple(len(binder.carrier) for binder in binders)
    if not sizes:
        return builder.emit(Op.UNSQUEEZE, (register,), (1,))
    if register.shape != sizes:
        register = builder.emit(Op.EXPAND, (register,), sizes)
    return builder.flatten(register, 1, len(sizes))


def _joined(lowering: Lowering, parts: list[Register]) -> Program:
    builder = lowering.builder
    if not parts:
        parts = [builder.constant(torch.zeros((1, 0), dtype=torch.bool))]
    register = parts[0] if len(parts) == 1 else builder.emit(Op.CONCATENATE, tuple(parts), 1)
    return builder.finish((register,))
