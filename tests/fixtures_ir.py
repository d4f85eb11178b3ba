"""Environments as hand-written IR and Derived, independent of elaboration and derivation.

What the derive pass should find is written down here by hand, so that everything behind it can be
tested without it, and it can be tested against these.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import attrs

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    RealType,
    SlotType,
    Type,
    cardinality,
)
from gflowspec.ir.derived import Codec, Derived, DerivedAction, Field, Payload, Sizes, Store
from gflowspec.ir.environment import (
    Action,
    Binder,
    Effect,
    EffectKind,
    Environment,
    StateVariable,
    Stop,
)
from gflowspec.ir.expr import (
    Aggregate,
    Binary,
    Bound,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Index,
    Logic,
    StateVar,
    Unary,
    Updated,
)
from gflowspec.ir.reward import Reward

INT, BOOL, REAL = IntType(), BoolType(), RealType()


@attrs.frozen
class World:
    """A derived environment with a reward for it."""

    derived: Derived
    reward: Reward


# Expressions in short


def const(value: Any, of: Type | None = None) -> Const:
    if of is None:
        of = BOOL if isinstance(value, bool) else INT if isinstance(value, int) else REAL
    return Const(value, type=of)


def wrap(value: Any) -> Expr:
    return value if isinstance(value, Expr) else const(value)


def binary(op: str, left: Any, right: Any) -> Binary:
    left, right = wrap(left), wrap(right)
    real = op == "/" or RealType in (type(left.type), type(right.type))
    return Binary(op, left, right, type=REAL if real else INT)


def compare(op: str, left: Any, right: Any) -> Compare:
    return Compare(op, wrap(left), wrap(right), type=BOOL)


def conj(*items: Expr) -> Logic:
    return Logic("and", items, type=BOOL)


def disj(*items: Expr) -> Logic:
    return Logic("or", items, type=BOOL)


def negate(item: Expr) -> Unary:
    return Unary("not", item, type=BOOL)


def call(name: str, *arguments: Any, of: Type = REAL) -> Call:
    return Call(name, tuple(wrap(item) for item in arguments), type=of)


def index(base: Expr, *indices: Any) -> Index:
    return Index(base, tuple(wrap(item) for item in indices), type=base.type.element)


def empty(slot: Type) -> Const:
    return Const(None, type=slot)


def indicator(condition: Expr) -> Call:
    return call("indicator", condition, of=IntType(0, 1))


def over(kind: str, body: Expr, *names_and_sizes: Any, condition: Expr | None = None) -> Aggregate:
    """An aggregation over ``index``-like ranges: pairs of a name and a length."""
    pairs = list(zip(names_and_sizes[::2], names_and_sizes[1::2], strict=True))
    generators = tuple(
        Generator(
            name,
            Const(tuple(range(size)), type=ListType(IntType(0, size - 1), size)),
            tuple(range(size)),
            condition if i == len(pairs) - 1 else None,
        )
        for i, (name, size) in enumerate(pairs)
    )
    of = BOOL if kind in ("all", "any") else body.type if kind != "count" else INT
    return Aggregate(kind, body, generators, type=of)


def bound(name: str, size: int) -> Bound:
    return Bound(name, type=IntType(0, size - 1))


def binder(name: str, size: int) -> Binder:
    return Binder(name=name, type=IntType(0, size - 1), carrier=tuple(range(size)))


# Derived in short


def codec_of(environment: Environment) -> Codec:
    fields = []
    for variable in environment.state:
        array = isinstance(variable.type, ArrayType)
        element = variable.type.element if array else variable.type
        for offset in range(variable.type.size if array else 1):
            size = cardinality(element)
            fields.append(Field(variable=variable.name, offset=offset, type=element, size=size))
    return Codec(fields=tuple(fields))


def derive_by_hand(
    environment: Environment,
    actions: tuple[DerivedAction, ...],
    horizon: int | None,
    stop_mask: Expr | None = None,
) -> Derived:
    codec = codec_of(environment)
    upper, forward, backward = 1, 0, 0
    for field in codec.fields:
        upper *= field.size
    for action in actions:
        forward += _count(action.action.binders)
        backward += _count(action.addresses)
    return Derived(
        environment=environment,
        actions=actions,
        terminal=environment.terminal or const(False),
        stop_mask=stop_mask,
        rank=None,
        codec=codec,
        sizes=Sizes(
            states_upper=upper,
            forward_actions=forward + (stop_mask is not None),
            backward_actions=backward,
            horizon=horizon,
        ),
    )


def _count(binders: tuple[Binder, ...]) -> int:
    count = 1
    for item in binders:
        count *= len(item.carrier)
    return count


# Environments


def hypergrid(dim: int = 2, side: int = 5, **rewards: Any) -> World:
    """x[i] += 1; stop always."""
    cell = IntType(0, side - 1)
    array = ArrayType((dim,), cell)
    x, i = StateVar("x", type=array), bound("i", dim)
    action = Action(
        name="step",
        binders=(binder("i", dim),),
        guard=None,
        effects=(Effect(kind=EffectKind.INCREMENT, variable="x", indices=(i,), value=const(1)),),
    )
    environment = Environment(
        name="Hypergrid",
        parameters={"dim": dim, "side": side},
        state=(StateVariable(name="x", type=array, initial=(0,) * dim),),
        actions=(action,),
        stop=Stop(condition=None),
        terminal=None,
    )
    derived = DerivedAction(
        action=action,
        addresses=action.binders,
        payloads=(),
        forward_mask=compare("<", index(x, i), side - 1),
        stores=(Store(variable="x", indices=(i,), value=binary("+", index(x, i), 1)),),
        backward_mask=compare(">", index(x, i), 0),
        undo=(Store(variable="x", indices=(i,), value=binary("-", index(x, i), 1)),),
        simplified=True,
    )
    stop_mask = const(True)
    result = derive_by_hand(environment, (derived,), dim * (side - 1), stop_mask)
    return World(result, corners(dim, side, **rewards))


def corners(
    dim: int,
    side: int,
    r0: Fraction = Fraction(1, 1000),
    r1: Fraction = Fraction(1, 2),
    r2: Fraction = Fraction(2),
) -> Reward:
    """R0 + R1 [all u > 1/4] + R2 [all 3/10 < u < 2/5] with u(i) = |x[i] / (side - 1) - 1/2|."""
    x = StateVar("x", type=ArrayType((dim,), IntType(0, side - 1)))
    i = bound("j", dim)
    u = call("abs", binary("-", binary("/", index(x, i), side - 1), Fraction(1, 2)))
    outer = over("all", compare(">", u, Fraction(1, 4)), "j", dim)
    band = over(
        "all",
        conj(compare("<", Fraction(3, 10), u), compare("<", u, Fraction(2, 5))),
        "j",
        dim,
    )
    peaks = binary("+", const(r0), binary("*", const(r1), indicator(outer)))
    value = binary("+", peaks, binary("*", const(r2), indicator(band)))
    return Reward(
        name="Corners",
        parameters={"R0": r0, "R1": r1, "R2": r2},
        value=value,
        log_value=None,
        mode=band,
    )


def _fill_action(
    name: str, slots: Expr, length: int, values: int, guard: Expr | None
) -> tuple[Action, Store, Payload]:
    p, v = bound("p", length), bound("v", values)
    action = Action(
        name=name,
        binders=(binder("p", length), binder("v", values)),
        guard=guard,
        effects=(Effect(kind=EffectKind.FILL, variable=slots.name, indices=(p,), value=v),),
    )
    store = Store(variable=slots.name, indices=(p,), value=v)
    payload = Payload(binder=binder("v", values), value=index(slots, p))
    return action, store, payload


def bitseq(words: int = 3, k: int = 2) -> World:
    """w[p] := v for any empty p; terminal when all are filled. log R = -2 * (number of ones)."""
    slot = SlotType(IntType(0, 2**k - 1))
    array = ArrayType((words,), slot)
    w, p = StateVar("w", type=array), bound("p", words)
    terminal = call("filled", w, of=BOOL)
    action, store, payload = _fill_action("write", w, words, 2**k, None)
    environment = Environment(
        name="BitSeq",
        parameters={"n": words * k, "k": k},
        state=(StateVariable(name="w", type=array, initial=(None,) * words),),
        actions=(action,),
        stop=None,
        terminal=terminal,
    )
    here = compare("==", index(w, p), empty(slot))
    derived = DerivedAction(
        action=action,
        addresses=action.binders[:1],
        payloads=(payload,),
        forward_mask=conj(here, negate(terminal)),
        stores=(store,),
        backward_mask=compare("!=", index(w, p), empty(slot)),
        undo=(Store(variable="w", indices=(p,), value=empty(slot)),),
        simplified=True,
    )
    q = bound("q", words)
    bits = Call("bits_of", (index(w, q), const(k)), type=ArrayType((k,), IntType(0, 1)))
    ones = call("number", bits, 1, of=INT)
    reward = Reward(
        name="Ones",
        parameters={},
        value=None,
        log_value=Unary("-", over("sum", ones, "q", words), type=INT),
        beta=Fraction(2),
        mode=compare("==", over("sum", ones, "q", words), 0),
    )
    return World(derive_by_hand(environment, (derived,), words), reward)


def permutation(n: int = 3, theta: Fraction = Fraction(1, 2)) -> World:
    """w[p] := v when v not in w; log R = -theta * inversions. The backward mask is unsimplified."""
    slot = SlotType(IntType(0, n - 1))
    array = ArrayType((n,), slot)
    w, p, v = StateVar("w", type=array), bound("p", n), bound("v", n)
    terminal = call("filled", w, of=BOOL)
    guard = compare("not_in", v, w)
    action, store, payload = _fill_action("place", w, n, n, guard)
    environment = Environment(
        name="Permutation",
        parameters={"n": n},
        state=(StateVariable(name="w", type=array, initial=(None,) * n),),
        actions=(action,),
        stop=None,
        terminal=terminal,
        invariants=(call("distinct", w, of=BOOL),),
    )
    parent = Updated(w, (p,), empty(slot), type=array)
    removed = index(w, p)
    backward = conj(
        compare("!=", removed, empty(slot)),
        compare("not_in", removed, parent),
        negate(call("filled", parent, of=BOOL)),
        call("distinct", parent, of=BOOL),
    )
    derived = DerivedAction(
        action=action,
        addresses=action.binders[:1],
        payloads=(payload,),
        forward_mask=conj(compare("==", index(w, p), empty(slot)), negate(terminal), guard),
        stores=(store,),
        backward_mask=backward,
        undo=(Store(variable="w", indices=(p,), value=empty(slot)),),
    )
    return World(derive_by_hand(environment, (derived,), n), mallows(w, n, theta))


def mallows(w: Expr, n: int, theta: Fraction) -> Reward:
    """log R = -theta * (number of inversions)."""
    a, b = bound("a", n), bound("b", n)
    inverted = indicator(compare(">", index(w, a), index(w, b)))
    inversions = over("sum", inverted, "a", n, "b", n, condition=compare("<", a, b))
    return Reward(
        name="Mallows",
        parameters={"theta": theta},
        value=None,
        log_value=binary("*", Unary("-", const(theta), type=REAL), inversions),
        mode=compare("==", inversions, 0),
    )


def ordering(n: int = 3) -> World:
    """w[t] := v, t += 1: the address of an effect is part of the state."""
    slot = SlotType(IntType(0, n - 1))
    array = ArrayType((n,), slot)
    cursor = IntType(0, n)
    t, w, v = StateVar("t", type=cursor), StateVar("w", type=array), bound("v", n)
    last = binary("-", t, 1)
    action = Action(
        name="next",
        binders=(binder("v", n),),
        guard=conj(compare("<", t, n), compare("not_in", v, w)),
        effects=(
            Effect(kind=EffectKind.FILL, variable="w", indices=(t,), value=v),
            Effect(kind=EffectKind.INCREMENT, variable="t", indices=(), value=const(1)),
        ),
    )
    environment = Environment(
        name="Ordering",
        parameters={"n": n},
        state=(
            StateVariable(name="t", type=cursor, initial=0),
            StateVariable(name="w", type=array, initial=(None,) * n),
        ),
        actions=(action,),
        stop=None,
        terminal=compare("==", t, n),
    )
    open_ = conj(
        compare("<", t, n),
        compare("==", index(w, t), empty(slot)),
        compare("not_in", v, w),
    )
    backward = conj(compare(">", t, 0), compare("!=", index(w, last), empty(slot)))
    derived = DerivedAction(
        action=action,
        addresses=(),
        payloads=(Payload(binder=binder("v", n), value=index(w, last)),),
        forward_mask=open_,
        stores=(
            Store(variable="w", indices=(t,), value=v),
            Store(variable="t", indices=(), value=binary("+", t, 1)),
        ),
        backward_mask=backward,
        undo=(
            Store(variable="w", indices=(last,), value=empty(slot)),
            Store(variable="t", indices=(), value=last),
        ),
    )
    return World(derive_by_hand(environment, (derived,), n), mallows(w, n, Fraction(1, 3)))


def switches() -> World:
    """Several actions, scalar variables, an enum, a bool, and a conditional stop.

    ``raise`` adds 1 or 2 to a counter, ``light`` sets a bool, ``ripen`` moves an enum on.
    """
    level, colour = IntType(1, 4), EnumType("Colour", ("green", "amber", "red"))
    n, lit = StateVar("n", type=level), StateVar("lit", type=BOOL)
    hue = StateVar("hue", type=colour)
    by = Bound("by", type=IntType(1, 2))
    rise = Action(
        name="raise",
        binders=(Binder(name="by", type=IntType(1, 2), carrier=(1, 2)),),
        guard=None,
        effects=(Effect(kind=EffectKind.INCREMENT, variable="n", indices=(), value=by),),
    )
    light = Action(
        name="light",
        binders=(),
        guard=compare(">", n, 1),
        effects=(Effect(kind=EffectKind.ASSIGN, variable="lit", indices=(), value=const(True)),),
    )
    old = Bound("old", type=colour)
    ripen = Action(
        name="ripen",
        binders=(Binder(name="old", type=colour, carrier=(0, 1)),),
        guard=compare("==", hue, old),
        effects=(
            Effect(
                kind=EffectKind.ASSIGN,
                variable="hue",
                indices=(),
                value=Binary("+", old, const(1), type=colour),
            ),
        ),
    )
    stop = disj(lit, compare("==", hue, const(2, colour)))
    environment = Environment(
        name="Switches",
        parameters={},
        state=(
            StateVariable(name="n", type=level, initial=1),
            StateVariable(name="lit", type=BOOL, initial=False),
            StateVariable(name="hue", type=colour, initial=0),
        ),
        actions=(rise, light, ripen),
        stop=Stop(condition=stop),
        terminal=None,
    )
    ripe = Binary("+", old, const(1), type=colour)
    actions = (
        DerivedAction(
            action=rise,
            addresses=rise.binders,
            payloads=(),
            forward_mask=compare("<=", binary("+", n, by), 4),
            stores=(Store(variable="n", indices=(), value=binary("+", n, by)),),
            # A light that was lit needs n > 1 at the time, so n may not fall back to 1 under it.
            backward_mask=conj(
                compare(">=", binary("-", n, by), 1),
                disj(negate(lit), compare(">", binary("-", n, by), 1)),
            ),
            undo=(Store(variable="n", indices=(), value=binary("-", n, by)),),
        ),
        DerivedAction(
            action=light,
            addresses=(),
            payloads=(),
            forward_mask=conj(negate(lit), compare(">", n, 1)),
            stores=(Store(variable="lit", indices=(), value=const(True)),),
            backward_mask=conj(lit, compare(">", n, 1)),
            undo=(Store(variable="lit", indices=(), value=const(False)),),
        ),
        DerivedAction(
            action=ripen,
            addresses=ripen.binders,
            payloads=(),
            forward_mask=compare("==", hue, old),
            stores=(Store(variable="hue", indices=(), value=ripe),),
            backward_mask=compare("==", hue, ripe),
            undo=(Store(variable="hue", indices=(), value=old),),
        ),
    )
    chosen = Conditional(lit, n, binary("*", n, Fraction(1, 7)), type=REAL)
    reward = Reward(
        name="Mixed",
        parameters={},
        value=binary("+", chosen, call("exp", call("number_of", hue, of=INT))),
        log_value=None,
        floor=Fraction(3),
    )
    return World(derive_by_hand(environment, actions, 6, stop), reward)
