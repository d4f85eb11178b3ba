"""State variables: which types a state may have, and initial values."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.collection import Collection
from gflowspec.compiler.elaborate.digraphs import DigraphVariable
from gflowspec.compiler.elaborate.elements import axes_of
from gflowspec.compiler.elaborate.sequence_variable import SequenceVariable
from gflowspec.compiler.elaborate.session import MAX_ELEMENTS, Context, Local, Value, is_error
from gflowspec.compiler.elaborate.sets import SetVariable
from gflowspec.compiler.elaborate.types import check_range, convert
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    DigraphType,
    EnumType,
    ErrorType,
    IntType,
    RealType,
    SeqType,
    SetType,
    SlotType,
    StringType,
    Type,
    cardinality,
    describe,
)
from gflowspec.ir.environment import StateVariable
from gflowspec.ir.expr import Const, Expr, StateVar
from gflowspec.ir.views.base import View
from gflowspec.ir.views.choose import view_of
from gflowspec.ir.views.digraph import DigraphView
from gflowspec.ir.views.sequence import SeqView
from gflowspec.ir.views.subset import SetView
from gflowspec.lang import ast
from gflowspec.lang.messages.names import not_supported


def state_variables(
    members: Iterable[ast.Member], context: Context
) -> tuple[tuple[StateVariable, ...], dict[str, Local]]:
    """The variables of the ``state`` blocks, and the names they give.

    A variable that was reported still has a name, which stands for a poisoned expression.
    """
    variables: list[StateVariable] = []
    names: dict[str, Local] = {}
    for member in members:
        if not isinstance(member, ast.State):
            continue
        for node in member.variables:
            name = node.name.text
            of = _state_type(node.type, context)
            if name in names:
                continue
            names[name] = Value(StateVar(type=of, name=name, span=node.name.span))
            if isinstance(of, ErrorType):
                continue
            view = view_of(of)
            collection = collection_of(node, view)
            if collection is None:
                initial = _initial(node, of, context)
            else:
                names[name] = collection
                initial = collection.initial(node, context)
            if initial is not None:
                variables.append(
                    StateVariable(
                        name=name,
                        type=view.lowered,
                        initial=initial[0],
                        view=view,
                        doc=node.doc,
                        span=node.name.span,
                    )
                )
    return tuple(variables), names


def collection_of(node: ast.StateVar, view: View) -> Collection | None:
    """What the name of a variable means where its type is a collection."""
    variable = StateVar(type=view.lowered, name=node.name.text, span=node.name.span)
    match view:
        case SetView():
            return SetVariable(variable=variable, view=view, span=node.span)
        case DigraphView():
            return DigraphVariable(variable=variable, view=view, span=node.span)
        case SeqView():
            return SequenceVariable(variable=variable, view=view, span=node.span)
        case _:
            return None


def implied(names: Iterable[Local], context: Context) -> tuple[Expr, ...]:
    """The invariants that the types of collections imply."""
    return tuple(
        invariant
        for local in names
        if isinstance(local, Collection)
        for invariant in local.invariants(context)
    )


def placeholders(members: Iterable[ast.Member]) -> dict[str, Value]:
    """The names of all state variables before their types are known: nothing constant."""
    found = {}
    for member in members:
        if isinstance(member, ast.State):
            for node in member.variables:
                variable = StateVar(type=IntType(), name=node.name.text, span=node.name.span)
                found[node.name.text] = Value(variable)
    return found


def _state_type(node: ast.TypeExpr, context: Context) -> Type:
    of = written_type(node, context)
    if _allowed(of, node, context):
        return of
    context.session.errors += 1
    return ErrorType()


def _allowed(of: Type, node: ast.TypeExpr, context: Context) -> bool:
    """Whether a type may be that of a state variable; reported if not."""
    match of:
        case ErrorType():
            return False
        case BoolType() | EnumType():
            return True
        case IntType(lo, hi) if lo is not None and hi is not None:
            return True
        case IntType() | RealType() | StringType():
            context.report(_unbounded(of, node))
            return False
        case ArrayType(_, element) | SlotType(element):
            if isinstance(element, ArrayType | DigraphType | SeqType | SetType) or (
                isinstance(of, SlotType) and isinstance(element, SlotType)
            ):
                context.report(not_supported(node.span, f"`{describe(of)}` in a state"))
                return False
            return _allowed(element, node, context)
        case SetType(_, _, element):
            return _allowed_elements(element, node, context)
        case DigraphType(_, label):
            return label is None or _allowed_label(label, node, context)
        case SeqType():
            return _sequence_allowed(of, node, context)
        case _:
            context.report(not_supported(node.span, f"`{describe(of)}` in a state"))
            return False


def _allowed_elements(element: Type, node: ast.TypeExpr, context: Context) -> bool:
    """Whether a set in a state may have such elements: finite scalars, or tuples of them."""
    axes = axes_of(element)
    if any(not isinstance(axis, BoolType | EnumType | IntType) for axis in axes):
        message = (
            f"a set in a state has scalar elements or tuples of them, not `{describe(element)}`"
        )
        context.report(messages.error("GFS122", message, node.span))
        return False
    if not all(_allowed(axis, node, context) for axis in axes):
        return False
    count = cardinality(element)
    if count is None or count > MAX_ELEMENTS:
        message = f"the set could have {count:,} elements; {MAX_ELEMENTS:,} are allowed"
        context.report(messages.too_costly(node.span, message))
        return False
    return True


def _allowed_label(of: Type, node: ast.TypeExpr, context: Context) -> bool:
    if not isinstance(of, BoolType | EnumType | IntType):
        message = f"the label of an edge is a scalar, not `{describe(of)}`"
        context.report(messages.error("GFS122", message, node.span))
        return False
    return _allowed(of, node, context)


def _sequence_allowed(of: SeqType, node: ast.TypeExpr, context: Context) -> bool:
    """Whether a sequence in a state may have these lengths and elements: finite scalars."""
    if not 0 <= of.lo <= of.hi or of.hi < 1:
        message = f"`{describe(of)}` has no values that could grow"
        helps = ("write `seq[0..n] of T` with n at least 1",)
        context.report(messages.error("GFS125", message, node.span, helps=helps))
        return False
    if of.hi > MAX_ELEMENTS:
        message = f"the sequence has up to {of.hi:,} elements; {MAX_ELEMENTS:,} are allowed"
        context.report(messages.too_costly(node.span, message))
        return False
    if isinstance(of.element, BoolType | EnumType | IntType):
        return _allowed(of.element, node, context)
    message = f"a sequence in a state has scalar elements, not `{describe(of.element)}`"
    context.report(messages.error("GFS122", message, node.span))
    return False


def _unbounded(of: Type, node: ast.TypeExpr) -> Diagnostic:
    helps = ("give it both bounds, as in `int[0..9]`",) if isinstance(of, IntType) else ()
    message = f"`{describe(of)}` has no finite number of values and cannot be in a state"
    return messages.error("GFS122", message, node.span, helps=helps)


def _initial(node: ast.StateVar, of: Type, context: Context) -> tuple[Any] | None:
    """The initial value, in a tuple of one; None where it was reported."""
    if node.initial is None:
        value = _default(of)
        if value is None and not isinstance(of, SlotType):
            message = f"`{node.name.text}` needs an initial value"
            helps = (f"write `{node.span.text} = {_suggested(of)}`",)
            context.report(messages.required(node.span, message, helps))
            return None
        return (value,)
    found = context.of(node.initial)
    if is_error(found):
        return None
    if not isinstance(found, Const):
        context.report(messages.not_constant(node.initial.span, "an initial value"))
        return None
    scalar = of.element if isinstance(of, ArrayType) else of
    whole = not isinstance(of, ArrayType) or isinstance(found.type, ArrayType)
    target = of if whole else scalar
    converted = check_range(convert(found, target, context), target, context)
    if is_error(converted) or not isinstance(converted, Const):
        return None
    value = converted.value
    return (value if whole else (value,) * (of.size if isinstance(of, ArrayType) else 1),)


def _default(of: Type) -> Any:
    """The initial value of a variable that is declared without one; None if it needs one."""
    match of:
        case IntType(lo, hi) if lo == hi:
            return lo
        case BoolType():
            return False
        case EnumType(_, members) if len(members) == 1:
            return 0
        case ArrayType():
            value = _default(of.element)
            if value is None and not isinstance(of.element, SlotType):
                return None
            return (value,) * of.size
        case _:
            return None


def _suggested(of: Type) -> str:
    element = of.element if isinstance(of, ArrayType) else of
    if isinstance(element, EnumType):
        return element.members[0]
    return str(element.lo) if isinstance(element, IntType) else str(Fraction(0))
