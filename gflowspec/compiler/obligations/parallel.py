"""Parallel edges in closed form: how often two actions lead from one state to the same child."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import attrs

from gflowspec.compiler.algebra.rewrite import rewrite
from gflowspec.compiler.algebra.terms import integer, names_read
from gflowspec.compiler.derive.size import combinations
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.core.values import every
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.environment import EffectKind, StateVariable
from gflowspec.ir.expr import Bound, Call, Const, Expr, StateVar
from gflowspec.ir.views.sequence import SeqView
from gflowspec.semantics.evaluate import compile_expr

#: Pairs of a length and an address that are looked at one by one.
PLACES = 65_536


def closed_parallel_edges(subject: Subject) -> int | None:
    """Edges beyond the first between two states; None where no closed form is known.

    Only actions that write the same variable can be parallel. One action for a variable is not,
    if all its arguments can be read off what it writes. For sequences see `_of_sequence`.
    """
    written: dict[str, list[DerivedAction]] = {}
    for action in subject.derived.actions:
        if len(action.stores) != 1:
            return None
        written.setdefault(action.stores[0].variable, []).append(action)
    total = 0
    for name, actions in written.items():
        variable = subject.environment.variable(name)
        found = _of_variable(subject, variable, actions)
        if found is None:
            return None
        total += found
    return total


def _of_variable(
    subject: Subject, variable: StateVariable, actions: Sequence[DerivedAction]
) -> int | None:
    if isinstance(variable.view, SeqView):
        return _of_sequence(subject, variable, variable.view, actions)
    return 0 if len(actions) == 1 and _tells_arguments(actions[0]) else None


def _tells_arguments(action: DerivedAction) -> bool:
    places = [item.name for item in action.stores[0].indices if isinstance(item, Bound)]
    stored = [item.binder.name for item in action.payloads]
    effect = action.action.effects[0]
    if effect.kind is EffectKind.INCREMENT:
        if isinstance(effect.value, Bound):
            stored.append(effect.value.name)
        elif not isinstance(effect.value, Const):
            return False
    names = [binder.name for binder in action.action.binders]
    return sorted([*places, *stored]) == sorted(names)


@attrs.frozen
class _Removal:
    """One backward action on a sequence: where it applies, and which place it removes."""

    mask: Expr
    place: Expr
    frame: dict[str, object]


def _of_sequence(
    subject: Subject, variable: StateVariable, view: SeqView, actions: Sequence[DerivedAction]
) -> int | None:
    """Insertions of any letter at places that depend on the length alone.

    Removing place i < j of a string gives the same string if and only if all letters from i to j
    are equal: |T|^(l - (j - i)) of the |T|^l strings of length l. Removals between them then agree
    too, so in sorted order each neighbour adds its own edges.
    """
    removals: list[_Removal] = []
    for action in actions:
        found = _removals(action, view)
        if found is None:
            return None
        removals += found
    lengths = range(view.declared.lo, view.declared.hi + 1)
    if len(removals) * len(lengths) > PLACES:
        return None
    total = 0
    for length in lengths:
        places = _places(removals, variable.name, length)
        if places is None:
            return None
        gaps = [b - a for a, b in pairwise(sorted(places))]
        total += sum(view.letters ** (length - gap) for gap in gaps)
    return total * (subject.derived.sizes.states_upper // view.count)


def _removals(action: DerivedAction, view: SeqView) -> list[_Removal] | None:
    """The backward actions of an insertion, if every letter can be inserted."""
    undone = action.undo[0].value
    if not isinstance(undone, Call) or undone.function != "removed" or len(action.payloads) != 1:
        return None
    binder = action.payloads[0].binder
    if set(every(view.declared.element)) != set(binder.carrier):
        return None
    if combinations(action.addresses) > PLACES:
        return None
    names = ["." + item.name for item in action.addresses]
    return [
        _Removal(action.backward_mask, undone.arguments[1], dict(zip(names, values, strict=True)))
        for values in product(*(item.carrier for item in action.addresses))
    ]


def _places(removals: Sequence[_Removal], name: str, length: int) -> list[int] | None:
    """The places that are removed from sequences of a length; None if more decides it."""

    def known(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function == "count_filled":
            (array,) = node.arguments
            if isinstance(array, StateVar) and array.name == name:
                return integer(length)
        return None

    found: list[int] = []
    for removal in removals:
        mask, place = rewrite(removal.mask, known), rewrite(removal.place, known)
        if names_read(mask, StateVar) or names_read(place, StateVar):
            return None
        if compile_expr(mask)(dict(removal.frame)):
            found.append(compile_expr(place)(dict(removal.frame)))
    return found
