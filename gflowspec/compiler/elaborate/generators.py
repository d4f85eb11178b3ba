"""Comprehensions and aggregations: the only iteration of the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import attrs

from gflowspec.compiler.elaborate import intervals, messages
from gflowspec.compiler.elaborate.carriers import carrier_of, carrier_type
from gflowspec.compiler.elaborate.containers import list_type
from gflowspec.compiler.elaborate.elements import Elements, both, elements, part
from gflowspec.compiler.elaborate.operators import condition
from gflowspec.compiler.elaborate.sequences import fixed_length, held, is_place
from gflowspec.compiler.elaborate.session import (
    ERROR,
    MAX_ELEMENTS,
    Context,
    Local,
    Value,
    is_error,
)
from gflowspec.compiler.elaborate.types import as_element, is_number, number_type
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    SeqType,
    SetType,
    SlotType,
    TupleType,
    Type,
)
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Compare,
    Const,
    Expr,
    Generator,
    Index,
    Range,
)
from gflowspec.lang import ast

#: Largest size of a product, in bits, that is computed at all.
MAX_PRODUCT_BITS = 1 << 20

#: How the number of elements is written, for those who count ones.
_COUNTED = "write a condition: `count(x > 0 for x in xs)`; `count(true for x in xs)` counts all"


@attrs.frozen(eq=False, repr=False)
class Clauses(Frozen):
    """Elaborated ``for`` clauses: generators and the place of the body."""

    generators: tuple[Generator, ...]
    context: Context

    @property
    def count(self) -> int:
        """The greatest number of times the body is visited."""
        return prod(len(generator.carrier) for generator in self.generators)

    @property
    def optional(self) -> bool:
        """Whether the body may be visited fewer times than that."""
        return any(
            g.condition is not None or not isinstance(g.domain, Const) for g in self.generators
        )


def clauses_of(clauses: Sequence[ast.CompFor], context: Context) -> Clauses | None:
    """Elaborate ``for`` clauses from left to right; None where one was reported."""
    generators: list[Generator] = []
    for clause in clauses:
        found = _clause(clause, context)
        if found is None:
            return None
        own, context = found
        generators.extend(own)
    result = Clauses(tuple(generators), context)
    if result.count > MAX_ELEMENTS:
        message = f"the iteration has {result.count:,} steps; {MAX_ELEMENTS:,} are allowed"
        context.report(messages.too_costly(clauses[0].span, message))
        return None
    return result


def _clause(clause: ast.CompFor, context: Context) -> tuple[tuple[Generator, ...], Context] | None:
    domain = context.of(clause.domain)
    visit = _visit(domain, clause.names[0].text, clause.names[0].span, context)
    if visit is None:
        return None
    names = _names(clause, visit.element, context)
    if names is None:
        return None
    inside = context.binding(names)
    for fact in visit.facts:
        inside = inside.given(fact)
    test = None if clause.condition is None else condition(clause.condition, inside)
    if test is not None and is_error(test):
        return None
    if isinstance(test, Const) and test.value:
        test = None
    *outer, last = visit.generators
    last = attrs.evolve(last, condition=both(last.condition, test))
    return (*outer, last), inside.given(last.condition)


def _visit(domain: Expr, name: str, span: Span, context: Context) -> Elements | None:
    """The loops over a domain; None where it was reported."""
    if isinstance(domain.type, SetType) and not isinstance(domain, Const):
        return elements(domain, span, context)
    carrier = carrier_of(domain, context)
    if carrier is None:
        return None
    variable = context.session.fresh(name)
    place = Bound(type=carrier_type(carrier), name=variable, span=span)
    generator = Generator(variable, carrier.domain, carrier.values)
    if carrier.container is None:
        return Elements((generator,), place, tuple(_within(place, carrier.domain)))
    if isinstance(carrier.container.type, SeqType):
        return _along(carrier.container, place, generator, context)
    of = carrier.container.type
    assert isinstance(of, ArrayType)
    element = ArrayType(of.shape[1:], of.element) if len(of.shape) > 1 else of.element
    found = Index(type=element, base=carrier.container, indices=(place,), span=span)
    return Elements((generator,), found)


def _along(sequence: Expr, place: Bound, generator: Generator, context: Context) -> Elements:
    """The loop over a sequence: places up to its end."""
    assert isinstance(sequence.type, SeqType)
    if fixed_length(sequence, context) is None:
        generator = attrs.evolve(generator, condition=is_place(place, sequence))
    element = sequence.type.element
    found = Index(type=element, base=held(sequence), indices=(place,), span=place.span)
    return Elements((generator,), found)


def _within(place: Expr, domain: Expr) -> Iterator[Expr]:
    """What a range that depends on the state says of its values."""
    if not isinstance(domain, Range):
        return
    for op, end in ((">=", domain.lower), ("<=", domain.upper)):
        if not isinstance(end, Const):
            yield Compare(type=BoolType(), op=op, left=place, right=end, span=domain.span)


def _names(clause: ast.CompFor, bound: Expr, context: Context) -> Mapping[str, Local] | None:
    """One name stands for the element, several for the parts of a tuple."""
    if len(clause.names) == 1:
        return {clause.names[0].text: Value(bound)}
    of = bound.type
    if not isinstance(of, TupleType) or len(of.items) != len(clause.names):
        message = f"{len(clause.names)} names cannot stand for {messages.named(of)}"
        context.report(messages.error("GFS120", message, clause.span))
        return None
    found: dict[str, Local] = {}
    for place, name in enumerate(clause.names):
        found[name.text] = Value(attrs.evolve(part(bound, place), span=name.span))
    return found


def aggregate(kind: str, generator: ast.Generator, node: ast.Expr, context: Context) -> Expr:
    """``kind(body for ...)``."""
    clauses = clauses_of(generator.clauses, context)
    if clauses is None:
        return ERROR
    body = clauses.context.of(generator.body)
    return build(kind, body, clauses, node)


def over_container(kind: str, container: Expr, node: ast.Expr, context: Context) -> Expr:
    """``kind(c)``: the same over the elements of a container."""
    visit = _visit(container, "e", node.span, context)
    if visit is None:
        return ERROR
    for fact in visit.facts:
        context = context.given(fact)
    return build(kind, visit.element, Clauses(visit.generators, context), node)


def build(kind: str, body: Expr, clauses: Clauses, node: ast.Expr) -> Expr:
    """An aggregation of an elaborated body, typed."""
    if is_error(body):
        return ERROR
    context = clauses.context
    if kind in ("all", "any", "count"):
        of, body = _of_conditions(kind, body, clauses)
    elif kind == "concat":
        of, body = _of_arrays(body, clauses, context)
    else:
        of, body = _of_numbers(kind, body, clauses, node)
    if of is None or is_error(body):
        return ERROR
    return Aggregate(type=of, kind=kind, body=body, generators=clauses.generators, span=node.span)


def _of_conditions(kind: str, body: Expr, clauses: Clauses) -> tuple[Type | None, Expr]:
    if not isinstance(body.type, BoolType):
        helps = (_COUNTED,) if kind == "count" else ()
        clauses.context.report(messages.mismatch(body.span, body.type, "a condition", helps))
        return None, body
    return (IntType(0, clauses.count) if kind == "count" else BoolType()), body


def _of_arrays(body: Expr, clauses: Clauses, context: Context) -> tuple[Type | None, Expr]:
    body = as_element(body, context)
    if is_error(body):
        return None, body
    of = body.type
    if not isinstance(of, ArrayType) or len(of.shape) != 1:
        context.report(messages.mismatch(body.span, of, "an array of fixed length"))
        return None, body
    if clauses.optional:
        message = "`concat` needs a fixed number of parts, without `if`"
        context.report(messages.error("GFS120", message, body.span))
        return None, body
    return ArrayType((of.shape[0] * clauses.count,), of.element), body


def _of_numbers(
    kind: str, body: Expr, clauses: Clauses, node: ast.Expr
) -> tuple[Type | None, Expr]:
    context = clauses.context
    body = as_element(body, context)
    if is_error(body):
        return None, body
    if not is_number(body.type):
        helps: tuple[str, ...] = ()
        if isinstance(body.type, BoolType):
            helps = ("`count` counts conditions; `indicator(c)` turns one into 0 or 1",)
        context.report(messages.mismatch(body.span, body.type, "a number", helps))
        return None, body
    values, count = context.facts.interval(body), clauses.count
    if kind in ("min", "max"):
        if count == 0:
            message = f"the {kind}imum of nothing"
            context.report(messages.error("GFS125", message, node.span, helps=(messages.NOTHING,)))
            return None, body
        return number_type((body,), values), body
    if kind == "sum":
        total = intervals.repeat_sum(values, count, optional=clauses.optional)
        return number_type((body,), total), body
    size = max(
        (intervals.bits(end) for end in (values.lo, values.hi) if end is not None), default=1
    )
    if size > 1 and size * count > MAX_PRODUCT_BITS:
        message = f"the product may have {size * count:,} bits"
        context.report(messages.too_costly(node.span, message))
        return None, body
    product = intervals.repeat_product(values, count, optional=clauses.optional)
    return number_type((body,), product), body


def list_comprehension(node: ast.ListComp, context: Context) -> Expr:
    """``[body for ...]``."""
    clauses = clauses_of(node.clauses, context)
    if clauses is None:
        return ERROR
    body = clauses.context.of(node.body)
    if is_error(body):
        return ERROR
    of: Type = ListType(body.type, clauses.count)
    if not clauses.optional and clauses.count > 0:
        of = list_type(body.type, clauses.count)
    return Aggregate(type=of, kind="list", body=body, generators=clauses.generators, span=node.span)


def set_comprehension(node: ast.SetComp, context: Context) -> Expr:
    """``{body for ...}``."""
    clauses = clauses_of(node.clauses, context)
    if clauses is None:
        return ERROR
    body = clauses.context.of(node.body)
    if isinstance(body.type, SlotType) and clauses.context.facts.is_filled(body):
        body = as_element(body, clauses.context)
    if is_error(body):
        return ERROR
    of = SetType(0, clauses.count, body.type)
    return Aggregate(type=of, kind="set", body=body, generators=clauses.generators, span=node.span)
