"""Taking formulas apart: negations inwards, sets to elements, quantifiers to instances."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.compiler.algebra.access import index
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import bound_variable, rewrite, substitute
from gflowspec.compiler.algebra.terms import (
    EMPTY,
    INT,
    conjoin,
    disjoin,
    integer,
    negate,
)
from gflowspec.compiler.provers.interval import Interval
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import ArrayType, BoolType, SlotType
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Generator,
    Logic,
    Range,
    Unary,
    names_in,
    walk,
)

#: Constant sets up to this size are spelled out.
SMALL = 24


@attrs.define
class Names:
    """Gives out names that no expression has yet."""

    count: int = 0

    def fresh(self, name: str) -> str:
        """A new name that is shown like ``name``."""
        self.count += 1
        return f"{name.partition('#')[0]}!{self.count}"


@attrs.frozen
class Universal:
    """``body`` holds for all values of the variables that satisfy ``range_``.

    Attributes:
        variables: Their names.
        range_: The conjunction of domains and conditions.
        body: What holds there.
        fixed: The least and the greatest value of each domain that is an interval whatever the
            state; None for other domains.
    """

    variables: tuple[str, ...]
    range_: Expr
    body: Expr
    fixed: tuple[Interval | None, ...]

    def at(self, terms: Sequence[Expr]) -> Expr:
        """The instance at these terms."""
        chosen = dict(zip(self.variables, terms, strict=True))
        return disjoin(
            negate(substitute(self.range_, bound=chosen)), substitute(self.body, bound=chosen)
        )

    def has_surely(self, position: int, term: Expr) -> bool:
        """Whether the types of what a term reads keep it in the domain of a variable."""
        domain, values = self.fixed[position], bounds(term)
        return domain is not None and domain.lo <= values.lo and values.hi <= domain.hi


def opened(formula: Expr, names: Names) -> list[Expr] | Universal | None:
    """The parts whose conjunction is the formula; None for literals and alternatives."""
    match formula:
        case Logic("and", operands):
            return list(operands)
        case Unary("not", operand):
            return _opened_negation(operand, names)
        case Aggregate("all", body, generators):
            return _universal(body, generators)
        case Aggregate("any", body, generators):
            return _witness(body, generators, names)
        case Call("filled" | "distinct"):
            quantified = _spelled(formula)
            return None if quantified is None else [quantified]
        case Compare():
            return _opened_comparison(formula)
        case Conditional(test, then, otherwise):
            return [disjoin(conjoin(test, then), conjoin(negate(test), otherwise))]
        case _:
            return None


def _opened_negation(operand: Expr, names: Names) -> list[Expr] | Universal | None:
    match operand:
        case Logic("and", operands):
            return [disjoin(*map(negate, operands))]
        case Logic(_, operands):
            return [negate(item) for item in operands]
        case Aggregate("all", body, generators):
            return _witness(negate(body), generators, names)
        case Aggregate("any", body, generators):
            return _universal(negate(body), generators)
        case Call("filled" | "distinct"):
            quantified = _spelled(operand)
            return None if quantified is None else [negate(quantified)]
        case Conditional(test, then, otherwise):
            return [disjoin(conjoin(test, negate(then)), conjoin(negate(test), negate(otherwise)))]
        case _:
            return None


def _universal(body: Expr, generators: Sequence[Generator]) -> Universal:
    # Without bounds: a variable whose type has them makes its own range true, and instances at
    # terms outside of it would follow.
    ranges = [_membership(item, Bound(item.variable, type=INT)) for item in generators]
    names = tuple(item.variable for item in generators)
    return Universal(names, conjoin(*ranges), body, tuple(map(_fixed, generators)))


def _fixed(generator: Generator) -> Interval | None:
    if not isinstance(generator.domain, Range):
        return None
    lower, upper = bounds(generator.domain.lower), bounds(generator.domain.upper)
    single = lower.lo == lower.hi and upper.lo == upper.hi
    return Interval(lower.lo, upper.lo) if single else None


def _variable(generator: Generator) -> Bound:
    return bound_variable(generator.variable, generator.carrier, INT)


def _witness(body: Expr, generators: Sequence[Generator], names: Names) -> list[Expr]:
    """An element for which the body holds gets a name of its own."""
    chosen: dict[str, Expr] = {
        item.variable: bound_variable(names.fresh(item.variable), item.carrier, INT)
        for item in generators
    }
    facts = [_membership(item, _variable(item)) for item in generators]
    return [substitute(fact, bound=chosen) for fact in (*facts, body)]


def _membership(generator: Generator, variable: Expr) -> Expr:
    """What being a value of the generator means."""
    inside = compare("in", variable, generator.domain)
    return conjoin(inside, generator.condition)


def _spelled(formula: Expr) -> Expr | None:
    """``filled`` and ``distinct`` of an array of slots by their elements."""
    assert isinstance(formula, Call)
    array = formula.arguments[0]
    if not isinstance(array.type, ArrayType):
        return None
    first, second = _over(array.type, "i#s"), _over(array.type, "j#s")
    one = index(array, [_variable(item) for item in first])
    if formula.function == "filled":
        return Aggregate("all", compare("!=", one, EMPTY), first, type=BoolType())
    two = index(array, [_variable(item) for item in second])
    apart = [compare("!=", one, two)]
    if isinstance(array.type.element, SlotType):
        apart.append(compare("==", one, EMPTY))
    pairs = zip(first, second, strict=True)
    elsewhere = disjoin(*(compare("!=", _variable(a), _variable(b)) for a, b in pairs))
    *outer, last = second
    clauses = (*first, *outer, attrs.evolve(last, condition=elsewhere))
    return Aggregate("all", disjoin(*apart), clauses, type=BoolType())


def _over(of: ArrayType, name: str) -> tuple[Generator, ...]:
    """Loops over the places of an array, one for each axis."""
    return tuple(
        Generator(
            f"{name}{axis}", Range(integer(0), integer(length - 1), type=INT), tuple(range(length))
        )
        for axis, length in enumerate(of.shape)
    )


def _opened_comparison(formula: Compare) -> list[Expr] | None:
    left, right = formula.left, formula.right
    if formula.op in ("in", "not_in"):
        found = _elements(left, right)
        if found is None:
            return None
        return [found if formula.op == "in" else negate(found)]
    if formula.op in ("==", "!=") and isinstance(left.type, BoolType):
        both = disjoin(conjoin(left, right), conjoin(negate(left), negate(right)))
        one = disjoin(conjoin(left, negate(right)), conjoin(negate(left), right))
        return [both if formula.op == "==" else one]
    return _cases(formula)


def _elements(value: Expr, container: Expr) -> Expr | None:
    """``value in container`` without `in`; None where it has to stay."""
    match container:
        case Range(lower, upper):
            return conjoin(compare(">=", value, lower), compare("<=", value, upper))
        case Const(value=range() as items):
            return conjoin(
                compare(">=", value, integer(items.start)),
                compare("<=", value, integer(items.stop - 1)),
            )
        case Const(value=tuple() | frozenset() as items) if len(items) <= SMALL:
            return disjoin(*(compare("==", value, _item(item, value)) for item in sorted(items)))
        case _ if isinstance(container.type, ArrayType) and len(container.type.shape) == 1:
            (generator,) = _over(container.type, "k#s")
            found = compare("==", index(container, (_variable(generator),)), value)
            return Aggregate("any", found, (generator,), type=BoolType())
        case _:
            return None


def is_ground(expr: Expr) -> bool:
    """Whether no variable of a quantifier occurs: those carry ``#`` in their canonical names."""
    return not any("#" in name for name in names_in(expr).bound)


def _item(value: object, like: Expr) -> Const:
    if type(value) is int:
        return integer(value)
    return Const(value, type=like.type)


def _cases(formula: Compare) -> list[Expr] | None:
    """A comparison that contains a conditional, as one alternative for each branch."""
    choice = next((node for node in walk(formula) if _is_open_choice(node)), None)
    if not isinstance(choice, Conditional):
        return None
    then = rewrite(formula, lambda node: choice.then if node == choice else None)
    otherwise = rewrite(formula, lambda node: choice.otherwise if node == choice else None)
    return [disjoin(conjoin(choice.test, then), conjoin(negate(choice.test), otherwise))]


def _is_open_choice(node: Expr) -> bool:
    """A conditional outside of quantifiers: its test names no generator variable."""
    return isinstance(node, Conditional) and is_ground(node)
