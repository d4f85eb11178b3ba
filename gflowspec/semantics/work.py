"""What visiting states costs, in evaluated nodes: the same number on every machine."""

from __future__ import annotations

from math import prod

from gflowspec.ir.derived import Derived
from gflowspec.semantics.cost import weight
from gflowspec.semantics.machine import machine

#: Elements of a state that are copied in the time of one evaluated node.
COPIED = 32

#: Up to this cost of a state it is worth finding out which bindings are possible.
WORTH_DECIDING = 10_000_000


def work_of_state(derived: Derived) -> int:
    """Nodes that are evaluated to find all children and all parents of one state, at most."""
    rest = len(derived.codec.fields) + weight(derived.terminal)
    rest += sum(weight(item) for item in derived.environment.invariants)
    masks = [
        (
            prod(len(binder.carrier) for binder in action.action.binders),
            weight(action.forward_mask),
            prod(len(binder.carrier) for binder in action.addresses),
            weight(action.backward_mask),
        )
        for action in derived.actions
    ]
    most = rest + sum(a * forward + b * backward for a, forward, b, backward in masks)
    if most > WORTH_DECIDING:
        return most
    return rest + sum(
        len(action.forward.possible) * forward + len(action.backward.possible) * backward
        for action, (_, forward, _, backward) in zip(machine(derived).actions, masks, strict=True)
    )


def work_of_edge(derived: Derived) -> int:
    """What making a child costs: arrays are copied."""
    return 1 + len(derived.codec.fields) // COPIED
