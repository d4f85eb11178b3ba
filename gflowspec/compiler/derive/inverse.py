"""The effect algebra: what an action needs, what it writes, and how it is undone.

Everything about the child s' is found from it and the addresses: the *parent view* gives each
state variable of the parent as an expression over the child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from gflowspec.compiler.algebra.access import index, updated
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import canonical, substitute
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import (
    EMPTY,
    any_name,
    arithmetic,
    conjoin,
    conjuncts,
    constant,
    integer,
    names_read,
    negate,
)
from gflowspec.compiler.derive.checks import check_amounts, check_disjoint
from gflowspec.compiler.derive.collisions import collision_notes
from gflowspec.compiler.derive.messages import circular_recovery, irreversible, not_a_slot
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    SlotType,
    Type,
)
from gflowspec.ir.derived import Payload, Store
from gflowspec.ir.environment import Action, Binder, Effect, EffectKind, Environment
from gflowspec.ir.expr import Bound, Compare, Const, Expr, StateVar


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
        old: What was there before; None for ``+=``.
    """

    effect: Effect
    variable: str
    indices: tuple[Expr, ...]
    element: Type
    amount: Expr | None = None
    value: Expr | None = None
    old: Expr | None = None

    def at(self, base: Expr, indices: Sequence[Expr]) -> Expr:
        """The location within ``base``."""
        return index(base, indices) if indices else base


@attrs.frozen(kw_only=True)
class Inverse:
    """An action with everything that undoing it needs.

    Attributes:
        action: The action, its expressions in canonical form.
        guard: Conjuncts of the guard.
        implied: What the effects require of the parent.
        stores: The effects as simultaneous stores over the parent.
        addresses: Binders that index the backward action.
        payloads: Binders that are read off the child.
        undo: The inverse as simultaneous stores over the child.
        removable: What the child must have for the inverse to be possible.
        carried: Payloads are in their carriers, where types do not say so.
        repeated: Stored values agree with what the action would have stored.
        parent: Each written variable of the parent, over the child.
    """

    action: Action
    guard: tuple[Expr, ...]
    implied: tuple[Expr, ...]
    stores: tuple[Store, ...]
    writes: tuple[Write, ...]
    addresses: tuple[Binder, ...]
    payloads: tuple[Payload, ...]
    undo: tuple[Store, ...]
    removable: tuple[Expr, ...]
    carried: tuple[Expr, ...]
    repeated: tuple[Expr, ...]
    parent: Mapping[str, Expr]

    def at_parent(self, expr: Expr) -> Expr:
        """An expression over parent and binders as one over child and addresses."""
        return substitute(
            expr, self.parent, {item.binder.name: item.value for item in self.payloads}
        )

    def at_child(self, expr: Expr) -> Expr:
        """The weakest precondition: an expression over the child as one over the parent."""
        return substitute(expr, written(self.stores, self.action_types))

    @property
    def action_types(self) -> Mapping[str, Type]:
        """Types of the variables that are written."""
        return {name: expr.type for name, expr in self.parent.items()}


def written(stores: Sequence[Store], types: Mapping[str, Type]) -> Mapping[str, Expr]:
    """Each stored variable after simultaneous stores."""
    after: dict[str, Expr] = {}
    for store in stores:
        base = after.get(store.variable, StateVar(store.variable, type=types[store.variable]))
        if store.indices:
            after[store.variable] = updated(base, store.indices, store.value)
        else:
            after[store.variable] = store.value
    return after


def invert(
    environment: Environment, action: Action
) -> tuple[Inverse | None, tuple[Diagnostic, ...]]:
    """The inverse of an action, or what stands in its way."""
    guard = _guard(action)
    writes: list[Write] = []
    problems: list[Diagnostic] = []
    for effect in action.effects:
        write = _write(environment, action, effect, guard)
        if isinstance(write, Diagnostic):
            problems.append(write)
        else:
            writes.append(write)
    problems.extend(check_disjoint(action, writes, guard))
    problems.extend(check_amounts(action, writes, guard))
    if problems:
        return None, tuple(problems)
    order = _recovery_order(writes)
    if isinstance(order, tuple):
        found = [write.effect for write in writes if write.variable in order]
        return None, (circular_recovery(action, found, order),)
    return _assemble(environment, action, guard, order), ()


def _guard(action: Action) -> tuple[Expr, ...]:
    if action.guard is None:
        return ()
    return conjuncts(canonical(action.guard, action.binders))


def _write(
    environment: Environment, action: Action, effect: Effect, guard: Sequence[Expr]
) -> Write | Diagnostic:
    variable = environment.variable(effect.variable)
    element = variable.type.element if isinstance(variable.type, ArrayType) else variable.type
    indices = tuple(canonical(item, action.binders) for item in effect.indices)
    value = canonical(effect.value, action.binders)
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


def _recovery_order(writes: Sequence[Write]) -> list[Write] | tuple[str, ...]:
    """Writes such that each reads only what was recovered before; else the names in a cycle."""
    waiting = list(dict.fromkeys(write.variable for write in writes))
    ordered: list[Write] = []
    while waiting:
        ready = [name for name in waiting if not _needs(writes, name) & set(waiting)]
        if not ready:
            return tuple(name for name in waiting if _in_cycle(writes, name))
        ordered.extend(write for name in ready for write in writes if write.variable == name)
        waiting = [name for name in waiting if name not in ready]
    return ordered


def _needs(writes: Sequence[Write], variable: str) -> frozenset[str]:
    """State variables that finding the old value of a variable reads."""
    exprs = [
        expr
        for write in writes
        if write.variable == variable
        for expr in (*write.indices, write.amount, write.old)
        if expr is not None
    ]
    return any_name(exprs, StateVar)


def _in_cycle(writes: Sequence[Write], variable: str) -> bool:
    changed = {write.variable for write in writes}
    seen: set[str] = set()
    pending = [variable]
    while pending:
        for name in _needs(writes, pending.pop()) & changed:
            if name == variable:
                return True
            if name not in seen:
                seen.add(name)
                pending.append(name)
    return False


def _payload_names(action: Action, writes: Sequence[Write]) -> tuple[str, ...]:
    """Binders that are stored whole and neither locate nor count."""
    located: set[str] = set()
    stored: list[str] = []
    for write in writes:
        exprs = [*write.indices, write.amount, write.old]
        if isinstance(write.value, Bound):
            stored.append(write.value.name)
        else:
            exprs.append(write.value)
        located |= any_name([expr for expr in exprs if expr is not None], Bound)
    return tuple(item.name for item in action.binders if item.name in set(stored) - located)


def _assemble(
    environment: Environment, action: Action, guard: tuple[Expr, ...], order: Sequence[Write]
) -> Inverse:
    types = {variable.name: variable.type for variable in environment.state}
    names = _payload_names(action, order)
    binders = {binder.name: binder for binder in action.binders}
    recovery = _Recovery(types=types)
    for write in order:
        recovery.undo_write(write)
    payloads: dict[str, Payload] = {}
    carried: list[Expr] = []
    for write, place in zip(order, recovery.places, strict=True):
        name = write.value.name if isinstance(write.value, Bound) else ""
        if name in names and name not in payloads:
            payloads[name] = Payload(binder=binders[name], value=place)
            carried.append(_in_carrier(place, binders[name], write.element))
    found = tuple(payloads[name] for name in names)
    inverse = Inverse(
        action=action,
        guard=guard,
        implied=tuple(item for write in order for item in _implied(write, types)),
        stores=tuple(_store(write, types) for write in _declared(action, order)),
        writes=tuple(_declared(action, order)),
        addresses=tuple(item for item in action.binders if item.name not in names),
        payloads=found,
        undo=tuple(recovery.stores),
        removable=(),
        carried=conjuncts(*carried),
        repeated=(),
        parent=recovery.parent,
    )
    return _with_conditions(inverse, order, recovery.places)


def _declared(action: Action, writes: Sequence[Write]) -> list[Write]:
    return sorted(writes, key=lambda write: action.effects.index(write.effect))


@attrs.define
class _Recovery:
    """Collects the inverse, one write after the other, in recovery order."""

    types: Mapping[str, Type]
    parent: dict[str, Expr] = attrs.field(factory=dict)
    stores: list[Store] = attrs.field(factory=list)
    places: list[Expr] = attrs.field(factory=list)

    def undo_write(self, write: Write) -> None:
        child = StateVar(write.variable, type=self.types[write.variable])
        # Old values of other variables are known by now, hence the indices are over the child.
        indices = tuple(substitute(item, self.parent) for item in write.indices)
        place = write.at(child, indices)
        if write.amount is not None:
            old = arithmetic("-", place, substitute(write.amount, self.parent))
        else:
            old = write.old if write.old is not None else EMPTY
        self.places.append(place)
        self.stores.append(Store(variable=write.variable, indices=indices, value=old))
        before = self.parent.get(write.variable, child)
        self.parent[write.variable] = updated(before, indices, old) if indices else old


def _store(write: Write, types: Mapping[str, Type]) -> Store:
    if write.amount is None:
        assert write.value is not None
        return Store(variable=write.variable, indices=write.indices, value=write.value)
    place = write.at(StateVar(write.variable, type=types[write.variable]), write.indices)
    value = arithmetic("+", place, write.amount)
    return Store(variable=write.variable, indices=write.indices, value=value)


def _implied(write: Write, types: Mapping[str, Type]) -> tuple[Expr, ...]:
    """The guard that an effect carries with it."""
    place = write.at(StateVar(write.variable, type=types[write.variable]), write.indices)
    if write.amount is not None:
        return _in_range(arithmetic("+", place, write.amount), write.element)
    if write.effect.kind is EffectKind.FILL:
        return conjuncts(compare("==", place, EMPTY))
    if isinstance(write.element, BoolType) and isinstance(write.old, Const):
        return (place if write.old.value else negate(place),)
    return ()


def _in_range(value: Expr, element: Type) -> tuple[Expr, ...]:
    if not isinstance(element, IntType) or element.lo is None or element.hi is None:
        return ()
    return conjuncts(
        compare(">=", value, integer(element.lo)),
        compare("<=", value, integer(element.hi)),
    )


def _in_carrier(place: Expr, binder: Binder, element: Type) -> Expr:
    """Whether the value at a place is one that the binder can have; true where types say so."""
    of = element.element if isinstance(element, SlotType) else element
    carrier = set(binder.carrier)
    if set(_values(of)) <= carrier:
        return conjoin()
    whole = all(type(value) is int for value in carrier)
    if whole and carrier == set(range(min(carrier), max(carrier) + 1)) and isinstance(of, IntType):
        return conjoin(
            compare(">=", place, integer(min(carrier))),
            compare("<=", place, integer(max(carrier))),
        )
    listed = Const(binder.carrier, type=ListType(binder.type, len(binder.carrier)))
    return compare("in", place, listed)


def _values(of: Type) -> Sequence[object]:
    match of:
        case IntType(int() as lo, int() as hi):
            return range(lo, hi + 1)
        case BoolType():
            return (False, True)
        case _:
            members = getattr(of, "members", ())
            return range(len(members))


def _with_conditions(inverse: Inverse, order: Sequence[Write], places: Sequence[Expr]) -> Inverse:
    """Add what the child must satisfy: something is there, and it is what was stored."""
    removable: list[Expr] = []
    repeated: list[Expr] = []
    firsts = {item.value for item in inverse.payloads}
    for write, place, store in zip(order, places, inverse.undo, strict=True):
        if write.amount is not None:
            removable.extend(_in_range(store.value, write.element))
        elif place in firsts:
            removable.append(_is_there(write, place))
        else:
            assert write.value is not None
            same = compare("==", place, inverse.at_parent(write.value))
            (removable if _is_fixed(write) else repeated).append(same)
    return attrs.evolve(inverse, removable=conjuncts(*removable), repeated=conjuncts(*repeated))


def _is_there(write: Write, place: Expr) -> Expr:
    filled = write.effect.kind is EffectKind.FILL
    return compare("!=", place, EMPTY) if filled else conjoin()


def _is_fixed(write: Write) -> bool:
    """Whether the stored value depends on no state: then its presence is what can be removed."""
    return write.value is not None and not names_read(write.value, StateVar)
