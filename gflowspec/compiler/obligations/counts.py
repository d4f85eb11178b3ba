"""Exact counts: by enumeration, else in closed form where the inductive form of O4 holds."""

from __future__ import annotations

from itertools import product

from gflowspec.compiler.algebra.terms import FALSE, conjoin, negate
from gflowspec.compiler.derive.size import combinations
from gflowspec.compiler.obligations.closed_forms import count_allowed
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.objects import count_parallel, objects_of
from gflowspec.compiler.obligations.parallel import closed_parallel_edges
from gflowspec.compiler.obligations.satisfying import count_satisfying
from gflowspec.compiler.obligations.sized import Sizes, ends, horizon, sizes_of
from gflowspec.compiler.obligations.sized import edges as edges_by_size
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.compiler.report import Counts
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.extern import externs_of
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
        objects=_objects(ground),
        parallel_edges=count_parallel(ground),
        horizon=None if rank is None else max(rank),
    )


def _objects(ground: Ground) -> int | None:
    """Distinct objects; None where only a run can say what they are."""
    if externs_of((ground.environment.object,)):
        return None
    return len({value for _, value in objects_of(ground)})


def closed_counts(subject: Subject) -> Counts:
    """Counts of an environment whose reachable states are exactly those of types and invariants."""
    sizes = sizes_of(subject)
    if sizes is not None:
        return _counts_by_size(subject, sizes)
    if subject.rules.invariants:
        found = count_allowed(subject)
        everywhere = subject.derived.stop_mask == negate(subject.rules.terminal)
        ends = found if everywhere else None
        objects = ends if subject.environment.object is None else None
        return Counts(states=found, terminal_states=ends, objects=objects)
    states = subject.derived.sizes.states_upper
    ends = _ends(subject)
    edges = [_edges(subject, action) for action in subject.derived.actions]
    return Counts(
        states=states,
        edges=None if None in edges else sum(count for count in edges if count is not None),
        terminal_states=ends,
        objects=ends if subject.environment.object is None else None,
        parallel_edges=closed_parallel_edges(subject),
        horizon=subject.rank.horizon,
    )


def _counts_by_size(subject: Subject, sizes: Sizes) -> Counts:
    """Counts of an environment of sets."""
    found = ends(subject, sizes)
    edges = [edges_by_size(sizes, action) for action in subject.derived.actions]
    longest = horizon(subject, sizes)
    if longest is None and not subject.rules.invariants:
        longest = subject.rank.horizon
    return Counts(
        states=sizes.count(conjoin(), {}),
        edges=None if None in edges else sum(count for count in edges if count is not None),
        terminal_states=found,
        objects=found if subject.environment.object is None else None,
        parallel_edges=closed_parallel_edges(subject),
        horizon=longest,
    )


def _ends(subject: Subject) -> int | None:
    """States in which a trajectory can end: `stop` is never allowed where it is over anyway."""
    over = count_satisfying(subject, subject.rules.terminal)
    if subject.rules.terminal == FALSE:
        over = 0
    stop = subject.derived.stop_mask
    if stop is None:
        return over
    if stop == negate(subject.rules.terminal):
        return subject.derived.sizes.states_upper
    chosen = count_satisfying(subject, stop)
    return None if over is None or chosen is None else over + chosen


def _edges(subject: Subject, action: DerivedAction) -> int | None:
    """Pairs of a child and an address for which the backward mask holds."""
    if combinations(action.addresses) > ADDRESSES:
        return None
    total = 0
    names = [binder.name for binder in action.addresses]
    for values in product(*(binder.carrier for binder in action.addresses)):
        bound = {"." + name: value for name, value in zip(names, values, strict=True)}
        count = count_satisfying(subject, action.backward_mask, bound)
        if count is None:
            return None
        total += count
    return total
