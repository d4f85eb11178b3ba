"""An environment instance: parameters are gone and every expression is typed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.core.types import Type
from gflowspec.ir.expr import Expr
from gflowspec.ir.views.base import View
from gflowspec.ir.views.direct import DirectView


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StateVariable(Frozen):
    """A variable of the state with its initial value.

    ``type`` and ``initial`` are what is computed with; ``view`` is what was declared, and shows
    and reads values of ``type``.
    """

    name: str
    type: Type
    initial: Any
    view: View = attrs.field()
    doc: str = attrs.field(default="", eq=False)
    span: Span | None = attrs.field(default=None, eq=False, repr=False)

    @view.default
    def _as_held(self) -> View:
        return DirectView(self.type)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Binder(Frozen):
    """A parameter of an action: ``carrier`` lists its values in the order of the logits."""

    name: str
    type: Type
    carrier: tuple[Any, ...]
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


class EffectKind(Enum):
    """How a location is written."""

    INCREMENT = "+="
    FILL = ":="
    ASSIGN = "="
    INSERT = "insert"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Effect(Frozen):
    """``variable[indices] kind value``; ``indices`` is empty for a scalar variable.

    INSERT puts ``value`` into a sequence, at the one place that ``indices`` holds; what stands
    there and behind it moves up by one. ``append`` is insertion at the length of the sequence,
    ``prepend`` at 0.

    All expressions read the pre-state. ``old`` is the constant or binder that a guard conjunct
    pins the location to (ASSIGN only): found by the inverse pass, not by elaboration.
    """

    kind: EffectKind
    variable: str
    indices: tuple[Expr, ...]
    value: Expr
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Action(Frozen):
    """A forward action; ``guard`` is as written, plus what a domain adds to a carrier."""

    name: str
    binders: tuple[Binder, ...]
    guard: Expr | None
    effects: tuple[Effect, ...]
    doc: str = attrs.field(default="", eq=False)
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Stop(Frozen):
    """``stop [when condition]``."""

    condition: Expr | None
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Claim(Frozen):
    """An ``assert``: ``condition`` is over constants, ``count(states)`` or ``count(objects)``."""

    condition: Expr
    message: str
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Assumption(Frozen):
    """``assume O5 because "..."``."""

    obligation: str
    reason: str
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Environment(Frozen):
    """An environment with concrete parameters.

    Attributes:
        name: Name of the declaration.
        parameters: The value of every parameter.
        state: Variables in declaration order.
        actions: Forward actions in declaration order.
        stop: The stop action, if the environment has one; its column is the last one.
        terminal: Condition under which entering a state ends the trajectory.
        invariants: Declared invariants (type bounds are not among them).
        implied: What the declared types of the state say beyond the types of its places, such as
            that a digraph has no loops; it holds like an invariant, and follows from ``state``.
        measure: Ranking function given by the author.
        claims: Asserts that could not be folded to true; counts are still to be compared.
        assumptions: Obligations the author takes for granted.
        object: What is sampled; None means the whole terminal state.
        lets: Named values that metrics and pictures may ask for (only those without arguments).
        scope: Parameters of the declared scope; None without a ``scope`` block.
    """

    name: str
    parameters: Mapping[str, Any]
    state: tuple[StateVariable, ...]
    actions: tuple[Action, ...]
    stop: Stop | None
    terminal: Expr | None
    invariants: tuple[Expr, ...] = ()
    implied: tuple[Expr, ...] = ()
    measure: Expr | None = None
    claims: tuple[Claim, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    object: Expr | None = None
    lets: Mapping[str, Expr] = attrs.field(factory=dict)
    scope: Mapping[str, Any] | None = attrs.field(default=None, eq=False)
    doc: str = attrs.field(default="", eq=False)
    span: Span | None = attrs.field(default=None, eq=False, repr=False)

    def variable(self, name: str) -> StateVariable:
        """The state variable of that name."""
        return next(variable for variable in self.state if variable.name == name)

    def position(self, name: str) -> int:
        """The place of a variable in a state tuple."""
        return next(i for i, variable in enumerate(self.state) if variable.name == name)
