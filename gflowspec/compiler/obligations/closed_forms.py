"""How many states satisfy types and invariants, where a formula is known."""

from __future__ import annotations

from functools import cache
from math import comb, perm

from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.algebra.terms import conjuncts, names_read
from gflowspec.compiler.obligations.subject import Subject
from gflowspec.compiler.provers.refute import follows
from gflowspec.core.types import ArrayType, SlotType, cardinality
from gflowspec.ir.environment import StateVariable
from gflowspec.ir.expr import Call, Expr, StateVar
from gflowspec.ir.views.digraph import DigraphView


def count_allowed(subject: Subject) -> int | None:
    """States that types and invariants allow; None where no closed form is known.

    Invariants must speak of one variable each. What a declared type says beyond the types of its
    places is part of the count of its values, and what follows from the rest says nothing more.
    """
    states = 1
    left = demanded(subject)
    for variable in subject.environment.state:
        mine = [item for item in left if names_read(item, StateVar) == {variable.name}]
        count = _values(variable, mine)
        if count is None:
            return None
        states *= count
        left = [item for item in left if item not in mine]
    return None if left else states


def demanded(subject: Subject) -> list[Expr]:
    """Declared invariants that do not follow from the declared types and from each other."""
    implied = conjuncts(*(canonical(item) for item in subject.environment.implied))
    left = [item for item in subject.rules.invariants if item not in implied]
    for item in list(left):
        others = [other for other in left if other != item]
        if follows([*implied, *others], item):
            left = others
    return left


def _values(variable: StateVariable, demands: list[Expr]) -> int | None:
    """Values of one variable that satisfy what is demanded of it."""
    if not demands:
        return variable.view.count
    if len(demands) > 1 or not isinstance(demands[0], Call):
        return None
    demand = demands[0]
    if demand.arguments != (StateVar(variable.name, type=variable.type),):
        return None
    match demand.function:
        case "distinct":
            return _partial_permutations(variable)
        case "acyclic":
            return _acyclic(variable)
        case _:
            return None


def _partial_permutations(variable: StateVariable) -> int | None:
    """Sum over k of C(n, k) m! / (m - k)!: arrays of n slots with m values, all different.

    A sequence of at most n elements fills its first places only, so that C(n, k) is left out.
    """
    of = variable.type
    if not isinstance(of, ArrayType) or not isinstance(of.element, SlotType):
        return None
    values = cardinality(of.element.element)
    if values is None:
        return None
    orders = (1 if of.prefix else comb(of.size, k) for k in range(of.size + 1))
    return sum(places * perm(values, k) for k, places in enumerate(orders))


def _acyclic(variable: StateVariable) -> int | None:
    if not isinstance(variable.view, DigraphView):
        return None
    label = variable.view.declared.edge
    labels = 1 if label is None else cardinality(label)
    return None if labels is None else acyclic_digraphs(variable.view.declared.nodes, labels)


@cache
def acyclic_digraphs(nodes: int, labels: int = 1) -> int:
    """Acyclic digraphs on labelled nodes, each edge with one of so many labels.

    1, 1, 3, 25, 543, 29281, 3781503, ...: the recursion of Robinson (1973) over the k nodes that
    no edge enters; each of them may have an edge to each other node.
    """
    if nodes == 0:
        return 1
    return sum(
        (-1) ** (k + 1)
        * comb(nodes, k)
        * (1 + labels) ** (k * (nodes - k))
        * acyclic_digraphs(nodes - k, labels)
        for k in range(1, nodes + 1)
    )
