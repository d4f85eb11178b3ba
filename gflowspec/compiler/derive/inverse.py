"""The effect algebra: what an action needs, what it writes, and how it is undone.

Everything about the child s' is found from it and the addresses: the *parent view* gives each
state variable of the parent as an expression over the child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from gflowspec.compiler.algebra.access import call, count_filled, updated
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import substitute
from gflowspec.compiler.algebra.terms import (
    EMPTY,
    any_name,
    arithmetic,
    conjoin,
    conjuncts,
    integer,
    names_read,
    negate,
)
from gflowspec.compiler.derive.checks import check_amounts, check_disjoint
from gflowspec.compiler.derive.messages import circular_recovery
from gflowspec.compiler.derive.recovery import Recovery, recovery_order
from gflowspec.compiler.derive.writes import Write, guard_of, write_of
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.compiler.provers.polarity import DOWN, UP, Direction
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    SlotType,
    Type,
    cardinality,
)
from gflowspec.ir.derived import Payload, Store
from gflowspec.ir.environment import Action, Binder, EffectKind, Environment
from gflowspec.ir.expr import Bound, Call, Const, Expr, StateVar


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

    def at_payload(self, expr: Expr) -> Expr:
        """An expression over the child, with payloads read off it."""
        return substitute(expr, bound={item.binder.name: item.value for item in self.payloads})

    @property
    def moves(self) -> Mapping[str, Direction]:
        """In which direction undoing moves each written variable."""
        found: dict[str, set[Direction]] = {}
        for write in self.writes:
            found.setdefault(write.variable, set()).add(_direction(write))
        return {name: of.pop() if len(of) == 1 else None for name, of in found.items()}

    def at_child(self, expr: Expr) -> Expr:
        """The weakest precondition: an expression over the child as one over the parent."""
        return substitute(expr, written(self.stores, self.action_types))

    @property
    def action_types(self) -> Mapping[str, Type]:
        """Types of the variables that are written."""
        return {name: expr.type for name, expr in self.parent.items()}


def _direction(write: Write) -> Direction:
    """Where undoing a write moves the location."""
    if write.amount is not None:
        found = bounds(write.amount)
        return DOWN if found.lo >= 0 else UP if found.hi <= 0 else None
    if write.old == EMPTY:
        return DOWN
    constant = isinstance(write.old, Const) and isinstance(write.value, Const)
    if not constant or not isinstance(write.element, BoolType | IntType):
        return None
    assert isinstance(write.old, Const)
    assert isinstance(write.value, Const)
    return DOWN if write.old.value <= write.value.value else UP


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
    guard = guard_of(action)
    writes: list[Write] = []
    problems: list[Diagnostic] = []
    for effect in action.effects:
        write = write_of(environment, action, effect, guard)
        if isinstance(write, Diagnostic):
            problems.append(write)
        else:
            writes.append(write)
    problems.extend(check_disjoint(action, writes, guard))
    problems.extend(check_amounts(action, writes, guard))
    if problems:
        return None, tuple(problems)
    order = recovery_order(writes)
    if isinstance(order, tuple):
        found = [write.effect for write in writes if write.variable in order]
        return None, (circular_recovery(action, found, order),)
    return _assemble(environment, action, guard, order), ()


def _payload_names(action: Action, writes: Sequence[Write]) -> tuple[str, ...]:
    """Binders that are stored whole and neither locate nor count."""
    located: set[str] = set()
    stored: list[str] = []
    for write in writes:
        exprs = [*write.indices, write.amount, write.old, write.position]
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
    recovery = Recovery(types=types)
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


def _store(write: Write, types: Mapping[str, Type]) -> Store:
    whole = StateVar(write.variable, type=types[write.variable])
    if write.amount is None:
        assert write.value is not None
        value = write.value
        if write.position is not None:
            value = call("inserted", (whole, write.position, value), whole.type)
        return Store(variable=write.variable, indices=write.indices, value=value)
    place = write.at(whole, write.indices)
    value = arithmetic("+", place, write.amount)
    return Store(variable=write.variable, indices=write.indices, value=value)


def _implied(write: Write, types: Mapping[str, Type]) -> tuple[Expr, ...]:
    """The guard that an effect carries with it."""
    whole = StateVar(write.variable, type=types[write.variable])
    if write.position is not None:
        return _has_room(whole, write.position)
    place = write.at(whole, write.indices)
    if write.amount is not None:
        return _in_range(arithmetic("+", place, write.amount), write.element)
    if write.effect.kind is EffectKind.FILL:
        return conjuncts(compare("==", place, EMPTY))
    if isinstance(write.element, BoolType) and isinstance(write.old, Const):
        return (place if write.old.value else negate(place),)
    return ()


def _has_room(sequence: Expr, position: Expr) -> tuple[Expr, ...]:
    """A sequence that is not full, and a place up to its end."""
    assert isinstance(sequence.type, ArrayType)
    length = count_filled(sequence)
    return conjuncts(
        compare("<", length, integer(sequence.type.size)),
        compare(">=", position, integer(0)),
        compare("<=", position, length),
    )


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
    size = cardinality(of)
    if size is not None and size <= len(carrier) and set(_values(of)) <= carrier:
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
            continue
        if write.position is not None:
            removable.extend(_has_place(store.value))
        if place in firsts:
            removable.append(_is_there(write, place))
        else:
            assert write.value is not None
            same = compare("==", place, inverse.at_parent(write.value))
            (removable if _is_fixed(write) else repeated).append(same)
    return attrs.evolve(inverse, removable=conjuncts(*removable), repeated=conjuncts(*repeated))


def _has_place(before: Expr) -> tuple[Expr, ...]:
    """Whether the place that an inverse removes is one of the sequence."""
    assert isinstance(before, Call)
    sequence, place = before.arguments
    length = count_filled(sequence)
    known = isinstance(place, Const)
    within = compare(">", length, place) if known else compare("<", place, length)
    return conjuncts(compare(">=", place, integer(0)), within)


def _is_there(write: Write, place: Expr) -> Expr:
    filled = write.effect.kind is EffectKind.FILL
    return compare("!=", place, EMPTY) if filled else conjoin()


def _is_fixed(write: Write) -> bool:
    """Whether the stored value depends on no state: then its presence is what can be removed."""
    return write.value is not None and not names_read(write.value, StateVar)
