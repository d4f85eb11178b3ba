"""``all`` and ``any``: taken apart where their parts are simpler.

``all(a and b for ...)`` is ``all(a for ...) and all(b for ...)``, and an element that was just
written stands on its own: ``all(p(k) for k in D if k == v or S[k])`` is
``p(v) and all(p(k) for k in D if S[k])``. What an action does to a condition over the elements of
an array is then a condition about the written element beside the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

import attrs

from gflowspec.compiler.algebra.terms import (
    ORDER,
    conjoin,
    disjoin,
    integer,
    names_read,
    negate,
)
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import EnumType, IntType
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Compare,
    Const,
    Expr,
    Generator,
    Logic,
    Range,
    StateVar,
    Unary,
)

Make = Callable[[Aggregate], Expr]
Put = Callable[[Expr, str, Expr], Expr]


def taken_apart(made: Aggregate, make: Make, put: Put) -> Expr | None:
    """An ``all`` or ``any`` as a combination of smaller ones; None if it is in one piece.

    Args:
        made: The aggregation; names of its variables occur nowhere else in it.
        make: Simplifies an aggregation.
        put: Replaces a bound name in an expression.
    """
    join, inner = (conjoin, "and") if made.kind == "all" else (disjoin, "or")
    if isinstance(made.body, Logic) and made.body.op == inner:
        return join(*(make(attrs.evolve(made, body=item)) for item in made.body.operands))
    for place in range(len(made.generators)):
        found = _split(made, place, make, put)
        if found is not None:
            return found
    clause = made.generators[0]
    if len(made.generators) > 1 or clause.condition is not None:
        return None
    return _factored(made, clause, make) or _decided_at_an_end(made, clause, put)


def _factored(made: Aggregate, clause: Generator, make: Make) -> Expr | None:
    """``all(a or b(k) for k in 0..9)`` is ``a or all(b(k) for k in 0..9)``; `any` likewise.

    What comes first stays first: it may be what gives the rest a value.
    """
    parts = _alternatives(made.body, made.kind)
    alone = list(takewhile(lambda item: not _mentions(item, clause), parts))
    others = parts[len(alone) :]
    if not alone or not others:
        return None
    join = disjoin if made.kind == "all" else conjoin
    return join(*alone, make(attrs.evolve(made, body=join(*others))))


def _alternatives(body: Expr, kind: str) -> Sequence[Expr]:
    """The operands of the `or` under an `all`, or of the `and` under an `any`."""
    op = "or" if kind == "all" else "and"
    if isinstance(body, Unary) and isinstance(body.operand, Logic) and body.operand.op != op:
        return [negate(item) for item in body.operand.operands]
    return _operands(op, body)


def _decided_at_an_end(made: Aggregate, clause: Generator, put: Put) -> Expr | None:
    """``all(k < t for k in 0..9)`` is ``9 < t``: a comparison of the variable itself."""
    body, carrier = made.body, clause.carrier
    whole = all(type(value) is int for value in carrier)
    if not whole or not isinstance(clause.domain, Const | Range):
        return None
    if names_read(clause.domain, Bound) or names_read(clause.domain, StateVar):
        return None
    if not isinstance(body, Compare) or body.op not in ORDER:
        return None
    for mine, other, rising in ((body.left, body.right, "<"), (body.right, body.left, ">")):
        variable = isinstance(mine, Bound) and mine.name == clause.variable
        if variable and not _mentions(other, clause):
            # `all` is decided where the comparison is hardest, `any` where it is easiest.
            highest = (body.op[0] == rising) == (made.kind == "all")
            return put(body, clause.variable, integer((max if highest else min)(carrier)))
    return None


def _mentions(expr: Expr, clause: Generator) -> bool:
    return clause.variable in names_read(expr, Bound)


def _split(made: Aggregate, place: int, make: Make, put: Put) -> Expr | None:
    """The written element on its own, where the condition of a generator has it as a case."""
    clause = made.generators[place]
    conditions = _operands("and", clause.condition)
    for number, condition in enumerate(conditions):
        cases = _operands("or", condition)
        for written in cases:
            values = _written(written, made.generators[: place + 1])
            if not values:
                continue
            before, after = conditions[:number], conditions[number + 1 :]
            others = disjoin(*(item for item in cases if item != written))
            narrower = attrs.evolve(clause, condition=conjoin(*before, others, *after))
            chosen = attrs.evolve(clause, condition=conjoin(*before, *after))
            alone = _at(_with(made, place, chosen), values, make, put)
            around = make(_with(made, place, narrower))
            return (conjoin if made.kind == "all" else disjoin)(alone, around)
    return None


def _with(made: Aggregate, place: int, clause: Generator) -> Aggregate:
    """The aggregation with one generator exchanged."""
    before, after = made.generators[:place], made.generators[place + 1 :]
    return attrs.evolve(made, generators=(*before, clause, *after))


def _at(made: Aggregate, values: Mapping[str, Expr], make: Make, put: Put) -> Expr:
    """The aggregation with some of its variables at certain values."""

    def placed(expr: Expr) -> Expr:
        for name, value in values.items():
            expr = put(expr, name, value)
        return expr

    needed: list[Expr] = []
    kept: list[Generator] = []
    for item in made.generators:
        condition = None if item.condition is None else placed(item.condition)
        if item.variable not in values:
            kept.append(attrs.evolve(item, domain=placed(item.domain), condition=condition))
        elif condition is not None:
            needed.append(condition)
    body = placed(made.body)
    body = disjoin(*map(negate, needed), body) if made.kind == "all" else conjoin(*needed, body)
    return make(attrs.evolve(made, body=body, generators=tuple(kept))) if kept else body


def _operands(op: str, condition: Expr | None) -> Sequence[Expr]:
    if condition is None:
        return ()
    return (
        condition.operands if isinstance(condition, Logic) and condition.op == op else (condition,)
    )


def _written(test: Expr, clauses: Sequence[Generator]) -> Mapping[str, Expr] | None:
    """The values of the variables that a conjunction of equations names, the last one included.

    A value is surely in the domain of its variable and reads no variable of the aggregation.
    """
    own = {item.variable: item for item in clauses}
    found: dict[str, Expr] = {}
    for equation in _operands("and", test):
        if not isinstance(equation, Compare) or equation.op != "==":
            return None
        for mine, other in ((equation.left, equation.right), (equation.right, equation.left)):
            clause = own.get(mine.name) if isinstance(mine, Bound) else None
            free = not names_read(other, Bound) & set(own)
            if clause is not None and clause.variable not in found and free:
                if not _inside(other, clause):
                    return None
                found[clause.variable] = other
                break
        else:
            return None
    return found if clauses[-1].variable in found else None


def _inside(term: Expr, clause: Generator) -> bool:
    """Whether a term is surely among the values of a generator."""
    if not isinstance(clause.domain, Const | Range) or names_read(clause.domain, Bound):
        return False
    carrier = clause.carrier
    if isinstance(term, Const):
        return term.value in carrier
    if isinstance(term.type, EnumType):
        return set(range(len(term.type.members))) <= set(carrier)
    if not isinstance(term.type, IntType) or not all(type(value) is int for value in carrier):
        return False
    found = bounds(term)
    if not found.finite or found.hi - found.lo > len(carrier):
        return False
    return set(range(int(found.lo), int(found.hi) + 1)) <= set(carrier)
