"""Actions: binders with their carriers, guards and effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.carriers import binder_carrier, carrier_type
from gflowspec.compiler.elaborate.collection import Change, Collection
from gflowspec.compiler.elaborate.containers import element_of
from gflowspec.compiler.elaborate.operators import condition, integer
from gflowspec.compiler.elaborate.session import Context, Local, Macro, Value, is_error
from gflowspec.compiler.elaborate.types import as_element, check_range, convert
from gflowspec.core.types import ArrayType, BoolType, ErrorType, IntType, SlotType, Type
from gflowspec.ir.environment import Action, Binder, Effect, EffectKind
from gflowspec.ir.expr import Bound, Const, Expr, Index, Logic, StateVar
from gflowspec.lang import ast
from gflowspec.lang.messages.names import not_supported, wrong_kind

_KINDS: Mapping[ast.EffectOp, EffectKind] = {
    ast.EffectOp.ASSIGN: EffectKind.ASSIGN,
    ast.EffectOp.INCREMENT: EffectKind.INCREMENT,
    ast.EffectOp.FILL: EffectKind.FILL,
}


def action(node: ast.Action, context: Context) -> Action | None:
    """One action; None where something in it was reported."""
    binders: list[Binder] = []
    conjuncts: list[Expr] = []
    whole = True
    for item in node.binders:
        found = _binder(item, context)
        if found is None:
            whole = False
            poisoned = Bound(type=ErrorType(), name=item.name.text, span=item.name.span)
            context = context.binding({item.name.text: Value(poisoned)})
            continue
        binder, variable, conditions = found
        binders.append(binder)
        conjuncts.extend(conditions)
        context = context.binding({item.name.text: Value(variable)})
        for extra in conditions:
            context = context.given(extra)
    guard = None if node.guard is None else condition(node.guard, context)
    if guard is not None:
        whole = whole and not is_error(guard)
        context = context.given(guard)
        conjuncts.extend(_conjuncts(guard))
    effects: list[Effect] = []
    for written in node.effects:
        change = _change(written, context)
        whole = whole and change is not None
        if change is not None:
            effects.extend(change.effects)
            conjuncts.extend(change.conditions)
    conjuncts.extend(_room(node, context))
    if not node.effects:
        message = f"action `{node.name.text}` changes nothing"
        context.report(messages.error("GFS301", message, node.name.span))
        whole = False
    if not whole:
        return None
    return Action(
        name=node.name.text,
        binders=tuple(binders),
        guard=conjunction(conjuncts),
        effects=tuple(effects),
        doc=node.doc,
        span=node.name.span,
    )


def _room(node: ast.Action, context: Context) -> Iterator[Expr]:
    """What all effects on one collection need together."""
    targets = [item.target for item in node.effects if isinstance(item, ast.Update)]
    counted = Counter(target.name for target in targets if isinstance(target, ast.Var))
    for name, additions in counted.items():
        local = context.names.get(name)
        if isinstance(local, Collection):
            yield from local.room(additions, context)


def _conjuncts(guard: Expr) -> tuple[Expr, ...]:
    if isinstance(guard, Const) and guard.value is True:
        return ()
    return guard.operands if isinstance(guard, Logic) and guard.op == "and" else (guard,)


def conjunction(conjuncts: list[Expr]) -> Expr | None:
    """All of several conditions; None for none."""
    if not conjuncts:
        return None
    if len(conjuncts) == 1:
        return conjuncts[0]
    return Logic(type=BoolType(), op="and", operands=tuple(conjuncts), span=conjuncts[-1].span)


def _binder(node: ast.Binder, context: Context) -> tuple[Binder, Bound, tuple[Expr, ...]] | None:
    domain = context.of(node.domain)
    if is_error(domain):
        return None
    name, span = node.name.text, node.name.span
    placeholder = Bound(type=_element(domain.type), name=name, span=span)
    carrier, conditions = binder_carrier(placeholder, domain, context)
    if carrier is None:
        return None
    if not carrier.values:
        message = f"`{name}` has no value to take"
        helps = ("the last value of a range belongs to it: `0..n - 1` has n values",)
        context.report(messages.error("GFS125", message, node.domain.span, helps=helps))
        return None
    of = carrier_type(carrier)
    variable = Bound(type=of, name=name, span=span)
    if conditions:
        conditions = binder_carrier(variable, domain, context)[1]
    return Binder(name=name, type=of, carrier=carrier.values, span=span), variable, conditions


def _element(of: Type) -> Type:
    found = getattr(of, "element", None)
    return found if isinstance(found, Type) else ErrorType()


def _change(node: ast.Write | ast.Update, context: Context) -> Change | None:
    """An effect of the text; None where it was reported."""
    if isinstance(node, ast.Update):
        return _update(node, context)
    effect = _effect(node, context)
    return None if effect is None else Change((effect,))


def _effect(node: ast.Write, context: Context) -> Effect | None:
    target = _target(node.target, context)
    if target is None:
        context.of(node.value)
        return None
    variable, indices, of = target
    value = _stored(node, of, context)
    if value is None:
        return None
    return Effect(
        kind=_KINDS[node.op], variable=variable, indices=indices, value=value, span=node.span
    )


def _update(node: ast.Update, context: Context) -> Change | None:
    """``target.method(...)``: collections of the state have methods."""
    local = context.names.get(node.target.name) if isinstance(node.target, ast.Var) else None
    if isinstance(local, Collection):
        return local.change(node, context)
    target = context.of(node.target)
    for argument in node.arguments:
        context.of(argument.value)
    if is_error(target):
        return None
    message = f"{messages.named(target.type)} has no method `{node.method.text}`"
    helps = ("fill a slot with `w[p] := v`, or add to a number with `x[i] += 1`",)
    context.report(messages.error("GFS120", message, node.method.span, helps=helps))
    return None


def _target(node: ast.Expr, context: Context) -> tuple[str, tuple[Expr, ...], Type] | None:
    """Variable, indices and type of the location an effect writes."""
    base = node.base if isinstance(node, ast.Index) else node
    if isinstance(base, ast.Attribute):
        if not is_error(context.of(base.base)):
            context.report(not_supported(node.span, "an attribute as the target of an effect"))
        return None
    if not isinstance(base, ast.Var):
        message = "an effect writes a state variable or one of its elements"
        context.report(messages.error("GFS104", message, node.span))
        return None
    local = context.names.get(base.name)
    if local is None:
        context.of(base)
        return None
    if isinstance(local, Collection):
        message = f"`{base.name}` is {messages.named(local.view.declared)} and cannot be assigned"
        context.report(messages.error("GFS302", message, node.span, helps=(local.refusal(),)))
        return None
    if not (isinstance(local, Value) and isinstance(local.expr, StateVar)):
        context.report(wrong_kind(base.span, base.name, _kind(local), "state variable"))
        return None
    if is_error(local.expr):
        context.session.errors += 1
        return None
    if isinstance(node, ast.Index):
        return _element_target(local.expr, node, context)
    return base.name, (), local.expr.type


def _element_target(
    variable: StateVar, node: ast.Index, context: Context
) -> tuple[str, tuple[Expr, ...], Type] | None:
    places = tuple(integer(item, context) for item in node.indices)
    if any(is_error(place) for place in places):
        return None
    element = element_of(variable, places, node, context)
    if not isinstance(element, Index):
        return None
    if isinstance(element.type, ArrayType):
        message = f"`{variable.name}` needs one index for each axis"
        context.report(messages.error("GFS120", message, node.span))
        return None
    return variable.name, places, element.type


def _kind(local: Local) -> str:
    """What a name that is no state variable is called."""
    if isinstance(local, Macro):
        return "let"
    constant = isinstance(local, Value) and isinstance(local.expr, Const)
    return "parameter" if constant else "binder"


def _stored(node: ast.Write, of: Type, context: Context) -> Expr | None:
    """The value of an effect, checked against the type of its location."""
    value = context.of(node.value)
    if is_error(value):
        return None
    if node.op is ast.EffectOp.INCREMENT:
        if not isinstance(of, IntType):
            wanted = "an integer location"
            context.report(messages.mismatch(node.target.span, of, wanted))
            return None
        found = convert(value, IntType(), context)
        return None if is_error(found) else found
    if node.op is ast.EffectOp.FILL:
        if not isinstance(of, SlotType):
            helps = ("declare it as a slot: write `?` after its type",)
            context.report(messages.mismatch(node.target.span, of, "a slot for `:=`", helps))
            return None
        value = as_element(value, context)
        of = of.element
    found = convert(value, of, context)
    found = check_range(found, of, context)
    return None if is_error(found) else found
