"""Which actions apply in a state."""

from __future__ import annotations

from gflowspec.ir.derived import Derived
from gflowspec.semantics.bindings import Bindings
from gflowspec.semantics.evaluate import Code, Frame
from gflowspec.semantics.machine import State, machine


def forward_mask(derived: Derived, state: State) -> tuple[bool, ...]:
    """F_a for every flat forward index; the last entry is ``stop`` where it is declared."""
    compiled = machine(derived)
    frame = compiled.frame(state)
    mask: list[bool] = []
    for action in compiled.actions:
        mask.extend(_mask(action.forward, action.forward_mask, frame))
    if compiled.stop is not None:
        mask.append(can_stop(derived, state))
    return tuple(mask)


def backward_mask(derived: Derived, state: State) -> tuple[bool, ...]:
    """B_a for every flat backward index."""
    compiled = machine(derived)
    frame = compiled.frame(state)
    mask: list[bool] = []
    for action in compiled.actions:
        mask.extend(_mask(action.backward, action.backward_mask, frame))
    return tuple(mask)


def _mask(bindings: Bindings, condition: Code, frame: Frame) -> list[bool]:
    mask = [False] * len(bindings)
    for i in bindings.possible:
        frame.update(bindings.frames[i])
        mask[i] = bool(condition(frame))
    return mask


def is_terminal(derived: Derived, state: State) -> bool:
    """Whether entering the state ends a trajectory (``terminal when``)."""
    compiled = machine(derived)
    return bool(compiled.terminal(compiled.frame(state)))


def can_stop(derived: Derived, state: State) -> bool:
    """Whether ``stop`` is enabled."""
    compiled = machine(derived)
    return compiled.stop is not None and bool(compiled.stop(compiled.frame(state)))


def is_terminating(derived: Derived, state: State) -> bool:
    """Whether a trajectory can end here, by the policy's choice or by force."""
    return is_terminal(derived, state) or can_stop(derived, state)
