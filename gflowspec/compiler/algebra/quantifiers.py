"""``all`` and ``any``: taken apart where their parts are simpler.

``all(a and b for ...)`` is ``all(a for ...) and all(b for ...)``, and an element that was just
written stands on its own: ``all(p(k) for k in D if k == v or S[k])`` is
``p(v) and all(p(k) for k in D if S[k])``. What an action does to a condition over the elements of
an array is then a condition about the written element beside the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    if len(made.generators) != 1:
        return None
    clause = made.generators[0]
    if clause.condition is not None:
        return _split(made, clause, make, put)
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


def _split(made: Aggregate, clause: Generator, make: Make, put: Put) -> Expr | None:
    """The written element on its own, where the condition names it as an alternative."""
    conditions = _operands("and", clause.condition)
    for place, condition in enumerate(conditions):
        for written in _operands("or", condition):
            term = _written(written, clause)
            if term is None:
                continue
            rest = [*conditions[:place], *conditions[place + 1 :]]
            others = disjoin(*(item for item in _operands("or", condition) if item != written))
            remaining = conjoin(*conditions[:place], others, *conditions[place + 1 :])
            without = attrs.evolve(clause, condition=remaining)
            at = [put(item, clause.variable, term) for item in (*rest, made.body)]
            around = make(attrs.evolve(made, generators=(without,)))
            if made.kind == "all":
                return conjoin(disjoin(*map(negate, at[:-1]), at[-1]), around)
            return disjoin(conjoin(*at), around)
    return None


def _operands(op: str, condition: Expr | None) -> Sequence[Expr]:
    if condition is None:
        return ()
    return (
        condition.operands if isinstance(condition, Logic) and condition.op == op else (condition,)
    )


def _written(test: Expr, clause: Generator) -> Expr | None:
    """The term e of ``variable == e``, if e is surely in the domain and free of the variable."""
    if not isinstance(test, Compare) or test.op != "==":
        return None
    for mine, other in ((test.left, test.right), (test.right, test.left)):
        if isinstance(mine, Bound) and mine.name == clause.variable:
            free = clause.variable not in names_read(other, Bound)
            if free and _inside(other, clause):
                return other
    return None


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
