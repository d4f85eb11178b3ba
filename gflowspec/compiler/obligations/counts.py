"""Exact counts: by enumeration, else in closed form where the inductive form of O4 holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import comb, perm, prod
from sys import maxsize

from gflowspec.compiler.algebra.terms import conjuncts, names_read, negate
from gflowspec.compiler.derive.collisions import values_of
from gflowspec.compiler.derive.size import combinations
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.objects import (
    count_parallel,
    has_no_parallel_edges,
    objects_of,
)
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.compiler.report import Counts
from gflowspec.core.types import ArrayType, SlotType, Type, cardinality
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.environment import StateVariable
from gflowspec.ir.expr import Bound, Call, Compare, Const, Expr, Index, StateVar, Unary
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.explore import ranks

#: Address combinations that are looked at one by one for the number of edges.
ADDRESSES = 65_536


def enumerated_counts(ground: Ground) -> Counts:
    """All counts of a complete enumeration."""
    rank = ranks(ground.exploration)
    return Counts(
        states=len(ground.exploration.states),
        edges=len(ground.exploration.edges),
        terminal_states=sum(ground.terminating),
        objects=len({value for _, value in objects_of(ground)}),
        parallel_edges=count_parallel(ground),
        horizon=None if rank is None else max(rank),
    )


def closed_counts(subject: Subject) -> Counts:
    """Counts of an environment whose reachable states are exactly those of types and invariants."""
    if subject.rules.invariants:
        return Counts(states=_partial_permutations(subject))
    states = subject.derived.sizes.states_upper
    ends = _ends(subject, states)
    edges = [_edges(subject, action) for action in subject.derived.actions]
    return Counts(
        states=states,
        edges=None if None in edges else sum(count for count in edges if count is not None),
        terminal_states=ends,
        objects=ends if subject.environment.object is None else None,
        parallel_edges=0 if has_no_parallel_edges(subject) else None,
        horizon=subject.rank.horizon,
    )


def _partial_permutations(subject: Subject) -> int | None:
    """Sum over k of C(n, k) m! / (m - k)!: arrays of n slots with m values, all different."""
    variables = subject.environment.state
    if len(variables) != 1 or len(subject.rules.invariants) != 1:
        return None
    (variable,), (invariant,) = variables, subject.rules.invariants
    of = variable.type
    whole = StateVar(variable.name, type=of)
    if not isinstance(of, ArrayType) or not isinstance(of.element, SlotType):
        return None
    if not isinstance(invariant, Call) or invariant.function != "distinct":
        return None
    values = cardinality(of.element.element)
    if invariant.arguments != (whole,) or values is None:
        return None
    return sum(comb(of.size, k) * perm(values, k) for k in range(of.size + 1))


def _ends(subject: Subject, states: int) -> int | None:
    """States in which a trajectory can end."""
    stop, terminal = subject.derived.stop_mask, subject.rules.terminal
    if stop is not None and stop == negate(terminal):
        return states
    if stop is not None or not isinstance(terminal, Call) or terminal.function != "filled":
        return None
    (argument,) = terminal.arguments
    if not isinstance(argument, StateVar):
        return None
    return prod(
        field.size - 1 if field.variable == argument.name else field.size
        for field in subject.derived.codec.fields
    )


def _edges(subject: Subject, action: DerivedAction) -> int | None:
    """Pairs of a child and an address for which the backward mask holds.

    The mask has to be a conjunction of conditions on single locations.
    """
    if combinations(action.addresses) > ADDRESSES:
        return None
    whole = prod(field.size for field in subject.derived.codec.fields)
    total = 0
    names = [binder.name for binder in action.addresses]
    for values in product(*(binder.carrier for binder in action.addresses)):
        bound = {"." + name: value for name, value in zip(names, values, strict=True)}
        count = _children(subject, action.backward_mask, bound, whole)
        if count is None:
            return None
        total += count
    return total


def _children(subject: Subject, mask: Expr, bound: Mapping[str, object], whole: int) -> int | None:
    """States, of ``whole`` in all, for which the mask holds."""
    sizes: dict[tuple[str, int], int] = {}
    allowed: dict[tuple[str, int], set[object]] = {}
    for conjunct in conjuncts(mask):
        place = _location(subject, conjunct, bound)
        if place is None:
            return None
        size = cardinality(_element(subject.environment.variable(place[0])))
        if size is None or size > ADDRESSES:
            return None
        sizes[place] = size
        good = _satisfying(subject, conjunct, place, bound)
        allowed[place] = good & allowed.get(place, good)
    return whole // prod(sizes.values()) * prod(len(good) for good in allowed.values())


def _location(
    subject: Subject, conjunct: Expr, bound: Mapping[str, object]
) -> tuple[str, int] | None:
    """The only location that a condition reads."""
    side = conjunct.operand if isinstance(conjunct, Unary) else conjunct
    if isinstance(conjunct, Compare):
        if not isinstance(conjunct.right, Const | Bound):
            return None
        side = conjunct.left
    if isinstance(side, StateVar):
        return None if isinstance(side.type, ArrayType) else (side.name, 0)
    if not isinstance(side, Index) or not isinstance(side.base, StateVar):
        return None
    if any(names_read(item, StateVar) for item in side.indices):
        return None
    of = side.base.type
    shape: Sequence[int] = of.shape if isinstance(of, ArrayType) else ()
    offset = 0
    for item, length in zip(side.indices, shape, strict=True):
        offset = offset * length + compile_expr(item)(dict(bound))
    return side.base.name, offset


def _satisfying(
    subject: Subject, conjunct: Expr, place: tuple[str, int], bound: Mapping[str, object]
) -> set[object]:
    name, _ = place
    variable = subject.environment.variable(name)
    code = compile_expr(conjunct)
    frame = dict(bound)
    good: set[object] = set()
    for value in values_of(_element(variable)):
        frame[name] = _Everywhere(value) if isinstance(variable.type, ArrayType) else value
        if code(frame):
            good.add(value)
    return good


def _element(variable: StateVariable) -> Type:
    return variable.type.element if isinstance(variable.type, ArrayType) else variable.type


class _Everywhere:
    """An array for a condition that reads one place of it only."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __len__(self) -> int:
        return maxsize

    def __getitem__(self, place: int) -> object:
        return self._value
