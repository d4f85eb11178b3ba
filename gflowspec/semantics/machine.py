"""The closures of one `Derived`, compiled once and kept for as long as it is used."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs

from gflowspec.ir.derived import Derived, DerivedAction, Store
from gflowspec.ir.environment import Environment, StateVariable
from gflowspec.semantics.bindings import Bindings, decided
from gflowspec.semantics.evaluate import Code, Frame, compile_expr, offset_code
from gflowspec.semantics.identity import Same

State = tuple[Any, ...]


@attrs.frozen(eq=False)
class CompiledStore:
    """``variable[place] = value``; ``place`` is None where the whole variable is written."""

    position: int
    place: Code | None
    value: Code


@attrs.frozen(eq=False)
class CompiledAction:
    """One action: forward over all binders, backward over its addresses.

    A mask is that of a possible binding: what it says about binders alone has been decided.
    ``undone_by[i]`` is the flat backward index that undoes the i-th forward binding.
    """

    name: str
    forward: Bindings
    backward: Bindings
    undone_by: tuple[int, ...]
    forward_mask: Code
    stores: tuple[CompiledStore, ...]
    backward_mask: Code
    payloads: tuple[tuple[str, Code], ...]
    undo: tuple[CompiledStore, ...]


@attrs.frozen(eq=False)
class Machine:
    """An environment that can be executed, one state at a time."""

    names: tuple[str, ...]
    source: State
    actions: tuple[CompiledAction, ...]
    terminal: Code
    stop: Code | None
    stop_index: int | None

    def frame(self, state: State) -> Frame:
        """A fresh frame that holds the state variables."""
        return dict(zip(self.names, state, strict=True))


def machine(derived: Derived) -> Machine:
    """The machine of an environment; built at the first call."""
    return _machine(Same(derived))


@lru_cache(maxsize=32)
def _machine(key: Same) -> Machine:
    derived: Derived = key.value
    environment = derived.environment
    actions: list[CompiledAction] = []
    forward = backward = 0
    for action in derived.actions:
        compiled = _action(action, environment, forward, backward)
        actions.append(compiled)
        forward += len(compiled.forward)
        backward += len(compiled.backward)
    stop = derived.stop_mask
    return Machine(
        names=tuple(variable.name for variable in environment.state),
        source=source(environment),
        actions=tuple(actions),
        terminal=compile_expr(derived.terminal),
        stop=None if stop is None else compile_expr(stop),
        stop_index=None if stop is None else forward,
    )


def source(environment: Environment) -> State:
    """The initial state."""
    return tuple(variable.initial for variable in environment.state)


def _action(
    derived: DerivedAction, environment: Environment, forward: int, backward: int
) -> CompiledAction:
    everything = Bindings.of(derived.action.binders, forward)
    if derived.addresses == derived.action.binders:
        located = attrs.evolve(everything, first=backward)  # A million rows are stored once.
    else:
        located = Bindings.of(derived.addresses, backward)
    everything, forward_mask = decided(everything, derived.forward_mask)
    located, backward_mask = decided(located, derived.backward_mask)
    return CompiledAction(
        name=derived.action.name,
        forward=everything,
        backward=located,
        undone_by=_undone_by(everything, located),
        forward_mask=forward_mask,
        stores=_stores(derived.stores, environment),
        backward_mask=backward_mask,
        payloads=tuple((item.binder.name, compile_expr(item.value)) for item in derived.payloads),
        undo=_stores(derived.undo, environment),
    )


def _undone_by(forward: Bindings, backward: Bindings) -> tuple[int, ...]:
    names = tuple(backward.arguments[0]) if len(backward) else ()
    flat = {
        tuple(row[name] for name in names): backward.first + i
        for i, row in enumerate(backward.arguments)
    }
    return tuple(flat[tuple(row[name] for name in names)] for row in forward.arguments)


def _stores(stores: tuple[Store, ...], environment: Environment) -> tuple[CompiledStore, ...]:
    return tuple(
        CompiledStore(
            environment.position(store.variable),
            _place(store, environment.variable(store.variable)),
            compile_expr(store.value),
        )
        for store in stores
    )


def _place(store: Store, variable: StateVariable) -> Code | None:
    if not store.indices:
        return None
    return offset_code(variable.type, store.indices, store.indices[0].span)
