"""In which order old values are found from the child, and what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from gflowspec.compiler.algebra.access import call, count_filled, index, updated
from gflowspec.compiler.algebra.rewrite import substitute
from gflowspec.compiler.algebra.terms import EMPTY, any_name, arithmetic, integer
from gflowspec.compiler.derive.writes import Write
from gflowspec.core.types import Type
from gflowspec.ir.derived import Store
from gflowspec.ir.expr import Expr, StateVar


def recovery_order(writes: Sequence[Write]) -> list[Write] | tuple[str, ...]:
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
    """State variables that finding the old value of a variable reads.

    An insertion may read the length of its own sequence: before, it was less by one.
    """
    exprs: list[Expr | None] = []
    for write in writes:
        if write.variable == variable:
            exprs += [*write.indices, write.amount, write.old]
            if write.position is not None:
                exprs.append(write.position_at(integer(0)))
    return any_name([expr for expr in exprs if expr is not None], StateVar)


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


@attrs.define
class Recovery:
    """Collects the inverse, one write after the other, in recovery order."""

    types: Mapping[str, Type]
    parent: dict[str, Expr] = attrs.field(factory=dict)
    stores: list[Store] = attrs.field(factory=list)
    places: list[Expr] = attrs.field(factory=list)

    def undo_write(self, write: Write) -> None:
        """Takes back one write, given that what it reads was taken back before."""
        child = StateVar(write.variable, type=self.types[write.variable])
        if write.position is not None:
            self._undo_insertion(write, child)
            return
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

    def _undo_insertion(self, write: Write, child: Expr) -> None:
        length = arithmetic("-", count_filled(child), integer(1))
        position = substitute(write.position_at(length), self.parent)
        before = call("removed", (child, position), child.type)
        self.places.append(index(child, (position,)))
        self.stores.append(Store(variable=write.variable, indices=(), value=before))
        self.parent[write.variable] = before
