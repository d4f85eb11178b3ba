"""Forward and backward actions, as the derived masks and stores say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gflowspec.ir.derived import Derived
from gflowspec.semantics.evaluate import Frame
from gflowspec.semantics.machine import CompiledStore, Machine, State, machine


class Step(NamedTuple):
    """An edge, seen from the state it was asked for.

    Attributes:
        flat: Flat index: forward for ``successors``, backward for ``parents``.
        action: Name of the action.
        arguments: Values of its binders; of its addresses alone for ``parents``.
        state: The child, or the parent.
    """

    flat: int
    action: str
    arguments: Mapping[str, Any]
    state: State


def successors(derived: Derived, state: State) -> Iterator[Step]:
    """All children with the actions that lead to them, in the order of the flat index.

    ``stop`` is not among them (see ``masks.can_stop``).
    """
    compiled = machine(derived)
    frame = compiled.frame(state)
    if compiled.terminal(frame):
        return
    for action in compiled.actions:
        for i in action.forward.possible:
            frame.update(action.forward.frames[i])
            if action.forward_mask(frame):
                child = _store(action.stores, state, frame)
                index = action.forward.first + i
                yield Step(index, action.name, action.forward.arguments[i], child)


def parents(derived: Derived, child: State) -> Iterator[Step]:
    """All derived parents with the backward actions that lead to them."""
    compiled = machine(derived)
    frame = compiled.frame(child)
    for action in compiled.actions:
        for i in action.backward.possible:
            frame.update(action.backward.frames[i])
            if action.backward_mask(frame):
                parent = _store(action.undo, child, frame)
                index = action.backward.first + i
                yield Step(index, action.name, action.backward.arguments[i], parent)


def undone_by(derived: Derived, forward_index: int) -> int:
    """The flat backward index that undoes a flat forward index."""
    action, i = _locate(machine(derived), forward_index)
    return machine(derived).actions[action].undone_by[i]


def redone_by(derived: Derived, child: State, backward_index: int) -> int:
    """The flat forward index that a backward action undoes: payloads are read off the child."""
    compiled = machine(derived)
    for action in compiled.actions:
        place = backward_index - action.backward.first
        if not 0 <= place < len(action.backward):
            continue
        frame = compiled.frame(child)
        frame.update(action.backward.frames[place])
        wanted = dict(action.backward.arguments[place])
        wanted.update({name: code(frame) for name, code in action.payloads})
        return action.forward.first + action.forward.arguments.index(wanted)
    message = f"there is no backward action {backward_index}"
    raise IndexError(message)


def describe_action(derived: Derived, forward_index: int) -> tuple[str, Mapping[str, Any]]:
    """Name and arguments of a flat forward index; ``stop`` has none."""
    compiled = machine(derived)
    if forward_index == compiled.stop_index:
        return "stop", {}
    action, i = _locate(compiled, forward_index)
    return compiled.actions[action].name, compiled.actions[action].forward.arguments[i]


def _locate(compiled: Machine, forward_index: int) -> tuple[int, int]:
    for number, action in enumerate(compiled.actions):
        place = forward_index - action.forward.first
        if 0 <= place < len(action.forward):
            return number, place
    message = f"there is no forward action {forward_index}"
    raise IndexError(message)


def _store(stores: tuple[CompiledStore, ...], state: State, frame: Frame) -> State:
    """The state after simultaneous stores: everything is read before anything is written."""
    written = [
        (store.position, None if store.place is None else store.place(frame), store.value(frame))
        for store in stores
    ]
    values = list(state)
    for position, place, value in written:
        if place is None:
            values[position] = value
        else:
            array = values[position]
            values[position] = (*array[:place], value, *array[place + 1 :])
    return tuple(values)
