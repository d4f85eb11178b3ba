"""Effects in terms of values: what is written where, and what was there before."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.compiler.algebra.access import index
from gflowspec.compiler.algebra.rewrite import canonical, rewrite
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import EMPTY, conjuncts, constant, negate
from gflowspec.compiler.derive.collisions import collision_notes
from gflowspec.compiler.derive.messages import irreversible, not_a_slot
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import ArrayType, BoolType, SlotType, Type
from gflowspec.ir.environment import Action, Effect, EffectKind, Environment
from gflowspec.ir.expr import Bound, Call, Compare, Const, Expr, StateVar, children


@attrs.frozen(kw_only=True)
class Write:
    """One effect, in terms of values.

    Attributes:
        effect: The effect.
        variable: State variable it writes.
        indices: Where, over the parent; empty for a scalar.
        element: Type of the location.
        amount: What is added (``+=`` only).
        value: What is stored, over the parent; None for ``+=``.
        old: What was there before; None for ``+=`` and insertions.
        position: Where an insertion puts the value, over the parent; None for other effects.
    """

    effect: Effect
    variable: str
    indices: tuple[Expr, ...]
    element: Type
    amount: Expr | None = None
    value: Expr | None = None
    old: Expr | None = None
    position: Expr | None = None

    def position_at(self, length: Expr) -> Expr:
        """Where an insertion puts its value, in a sequence whose length before is ``length``."""
        assert self.position is not None

        def known(node: Expr) -> Expr | None:
            is_length = isinstance(node, Call) and node.function == "count_filled"
            if is_length and any(_is_variable(item, self.variable) for item in children(node)):
                return length
            return None

        return rewrite(self.position, known)

    def at(self, base: Expr, indices: Sequence[Expr]) -> Expr:
        """The location within ``base``."""
        return index(base, indices) if indices else base


def _is_variable(expr: Expr, name: str) -> bool:
    return isinstance(expr, StateVar) and expr.name == name


def guard_of(action: Action) -> tuple[Expr, ...]:
    """Conjuncts of the guard in canonical form."""
    if action.guard is None:
        return ()
    return conjuncts(canonical(action.guard, action.binders))


def write_of(
    environment: Environment, action: Action, effect: Effect, guard: Sequence[Expr]
) -> Write | Diagnostic:
    """The write that an effect is, or why it could not be undone."""
    variable = environment.variable(effect.variable)
    element = variable.type.element if isinstance(variable.type, ArrayType) else variable.type
    indices = tuple(canonical(item, action.binders) for item in effect.indices)
    value = canonical(effect.value, action.binders)
    if effect.kind is EffectKind.INSERT:
        (position,) = indices
        return Write(
            effect=effect,
            variable=effect.variable,
            indices=(),
            element=element,
            value=value,
            position=position,
        )
    write = Write(effect=effect, variable=effect.variable, indices=indices, element=element)
    location = write.at(StateVar(variable.name, type=variable.type), indices)
    if effect.kind is EffectKind.INCREMENT:
        return attrs.evolve(write, amount=value)
    if effect.kind is EffectKind.FILL:
        if not isinstance(element, SlotType):
            return not_a_slot(action, effect, show(location))
        return attrs.evolve(write, value=value, old=EMPTY)
    old = _pinned(location, value, guard, action)
    if old is None:
        notes = collision_notes(environment, action, effect)
        fillable = not isinstance(element, SlotType | BoolType)
        return irreversible(action, effect, show(location), notes, fillable)
    return attrs.evolve(write, value=value, old=old)


def _pinned(location: Expr, value: Expr, guard: Sequence[Expr], action: Action) -> Expr | None:
    """What the guard says the location holds before: a constant, or a binder of the action."""
    if location in guard:
        return constant(value=True, of=BoolType())
    if negate(location) in guard:
        return constant(value=False, of=BoolType())
    names = {binder.name for binder in action.binders}
    for conjunct in guard:
        if not isinstance(conjunct, Compare) or conjunct.op != "==":
            continue
        for mine, other in (
            (conjunct.left, conjunct.right),
            (conjunct.right, conjunct.left),
        ):
            known = isinstance(other, Const) or (isinstance(other, Bound) and other.name in names)
            if mine == location and known:
                return other
    if isinstance(location.type, BoolType) and isinstance(value, Const):
        return constant(not value.value, BoolType()) if value.value else None
    return None
