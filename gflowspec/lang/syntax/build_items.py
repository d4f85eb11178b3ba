"""Rules of items and of what stands in them -> nodes. Pure constructors: nothing is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.syntax.build_expressions import string
from gflowspec.lang.syntax.context import Builder, Context

Children = list[Any]


def _import_module(context: Context, span: Span, children: Children) -> ast.Item:
    path, pin, alias = children
    return ast.ImportModule(
        path=string(context, path),
        pin=pin,
        alias=context.name(alias),
        span=span,
        doc=context.doc(span),
    )


def _import_names(context: Context, span: Span, children: Children) -> ast.Item:
    path, pin, *names = children
    return ast.ImportNames(
        path=string(context, path),
        pin=pin,
        names=tuple(context.name(name) for name in names),
        span=span,
        doc=context.doc(span),
    )


def _pin(context: Context, span: Span, children: Children) -> ast.Pin:
    name, value = children
    return ast.Pin(name=context.name(name), value=string(context, value), span=span)


def _const(context: Context, span: Span, children: Children) -> ast.Item:
    name, declared, value = children
    return ast.Const(
        name=context.name(name), type=declared, value=value, span=span, doc=context.doc(span)
    )


def _param(context: Context, span: Span, children: Children) -> ast.Item:
    return ast.Param(declaration=children[0], span=span, doc=context.doc(span))


def _param_decl(context: Context, span: Span, children: Children) -> ast.ParamDecl:
    name, declared, default = children
    return ast.ParamDecl(
        name=context.name(name), type=declared, default=default, span=span, doc=context.doc(span)
    )


def _enum(context: Context, span: Span, children: Children) -> ast.Item:
    name, *members = (context.name(child) for child in children)
    return ast.Enumeration(name=name, members=tuple(members), span=span, doc=context.doc(span))


def _alias(context: Context, span: Span, children: Children) -> ast.Item:
    name, declared = children
    return ast.TypeAlias(name=context.name(name), type=declared, span=span, doc=context.doc(span))


def _fn(context: Context, span: Span, children: Children) -> ast.Item:
    name, params, result, body = children
    return ast.Function(
        name=context.name(name),
        params=params or (),
        result=result,
        body=body,
        span=span,
        doc=context.doc(span),
    )


def _data(context: Context, span: Span, children: Children) -> ast.Item:
    name, declared, value = children
    return ast.Data(
        name=context.name(name), type=declared, value=value, span=span, doc=context.doc(span)
    )


def _extern(context: Context, span: Span, children: Children) -> ast.Item:
    name, params, result, *entries = children
    return ast.Extern(
        name=context.name(name),
        params=params or (),
        result=result,
        entries=tuple(entries),
        span=span,
        doc=context.doc(span),
    )


# ---- environments and rewards -----------------------------------------------------------------


def _environment(context: Context, span: Span, children: Children) -> ast.Item:
    name, params, *members = children
    return ast.Environment(
        name=context.name(name),
        params=params or (),
        members=tuple(members),
        span=span,
        doc=context.doc(span),
    )


def _environment_alias(context: Context, span: Span, children: Children) -> ast.Item:
    name, call = children
    return ast.EnvironmentAlias(
        name=context.name(name), call=call, span=span, doc=context.doc(span)
    )


def _reward(context: Context, span: Span, children: Children) -> ast.Item:
    name, params, *rest = children
    environments = tuple(child for child in rest if isinstance(child, ast.Dotted))
    return ast.Reward(
        name=context.name(name),
        params=params or (),
        environments=environments,
        members=tuple(rest[len(environments) :]),
        span=span,
        doc=context.doc(span),
    )


def _reward_alias(context: Context, span: Span, children: Children) -> ast.Item:
    name, call = children
    return ast.RewardAlias(name=context.name(name), call=call, span=span, doc=context.doc(span))


def _state_var(context: Context, span: Span, children: Children) -> ast.StateVar:
    name, declared, initial = children
    return ast.StateVar(
        name=context.declared(name),
        type=declared,
        initial=initial,
        span=span,
        doc=context.doc(span),
    )


def _state(context: Context, span: Span, children: Children) -> ast.Member:
    return ast.State(variables=tuple(children), span=span, doc=context.doc(span))


def _let(context: Context, span: Span, children: Children) -> ast.Member:
    name, arguments, value = children
    return ast.Let(
        name=context.name(name), arguments=arguments, value=value, span=span, doc=context.doc(span)
    )


def _action(context: Context, span: Span, children: Children) -> ast.Member:
    name, binders, guard, *effects = children
    return ast.Action(
        name=context.name(name),
        binders=binders or (),
        guard=guard,
        effects=tuple(effects),
        span=span,
        doc=context.doc(span),
    )


def _binder(context: Context, span: Span, children: Children) -> ast.Binder:
    name, domain = children
    return ast.Binder(name=context.name(name), domain=domain, span=span)


def _write(op: ast.EffectOp) -> Builder:
    def build(_context: Context, span: Span, children: Children) -> ast.Write:
        target, value = children
        return ast.Write(target=target, op=op, value=value, span=span)

    return build


def _update(context: Context, span: Span, children: Children) -> ast.Update:
    target, method, arguments = children
    return ast.Update(
        target=target, method=context.name(method), arguments=arguments or (), span=span
    )


def _assert(context: Context, span: Span, children: Children) -> ast.Member:
    condition, message = children
    text = None if message is None else string(context, message)
    return ast.Assert(condition=condition, message=text, span=span, doc=context.doc(span))


def _assume(context: Context, span: Span, children: Children) -> ast.Member:
    obligation, reason = children
    return ast.Assume(
        obligation=context.name(obligation),
        reason=string(context, reason),
        span=span,
        doc=context.doc(span),
    )


def _scope(context: Context, span: Span, children: Children) -> ast.Member:
    return ast.Scope(entries=tuple(children), span=span, doc=context.doc(span))


def _member(kind: type[Any], field: str) -> Builder:
    """A member that holds one expression, or none."""

    def build(context: Context, span: Span, children: Children) -> ast.Member:
        made: ast.Member = kind(**{field: children[0]}, span=span, doc=context.doc(span))
        return made

    return build


def _reward_value(key: str) -> Builder:
    def build(context: Context, span: Span, children: Children) -> ast.Member:
        return ast.RewardValue(key=key, value=children[0], span=span, doc=context.doc(span))

    return build


# ---- experiments and sweeps -------------------------------------------------------------------


def _experiment(context: Context, span: Span, children: Children) -> ast.Item:
    name, base, *entries = children
    return ast.Experiment(
        name=context.name(name),
        base=base,
        entries=tuple(entries),
        span=span,
        doc=context.doc(span),
    )


def _set(*, append: bool) -> Builder:
    def build(context: Context, span: Span, children: Children) -> ast.Entry:
        path, value = children
        return ast.Set(path=path, value=value, append=append, span=span, doc=context.doc(span))

    return build


def _section(context: Context, span: Span, children: Children) -> ast.Entry:
    path, *entries = children
    return ast.Section(path=path, entries=tuple(entries), span=span, doc=context.doc(span))


def _every(context: Context, span: Span, children: Children) -> ast.Entry:
    interval, *entries = children
    return ast.Every(interval=interval, entries=tuple(entries), span=span, doc=context.doc(span))


def _sweep(context: Context, span: Span, children: Children) -> ast.Item:
    name, base, *items = children
    return ast.Sweep(
        name=context.name(name), base=base, items=tuple(items), span=span, doc=context.doc(span)
    )


def _sweep_item(kind: str) -> Builder:
    def build(context: Context, span: Span, children: Children) -> ast.SweepItem:
        given = [child for child in children if child is not None]
        return ast.SweepItem(
            kind=kind,
            paths=tuple(child for child in given if isinstance(child, ast.Dotted)),
            values=tuple(child for child in given if isinstance(child, ast.Expr)),
            entries=tuple(child for child in given if isinstance(child, ast.Entry)),
            span=span,
            doc=context.doc(span),
        )

    return build


ITEMS: Mapping[str, Builder] = {
    "one": lambda _c, _s, children: children[0],
    "expression": lambda _c, _s, children: children[0],
    "override": lambda _c, span, children: ast.Override(
        path=children[0], value=children[1], span=span
    ),
    "import_module": _import_module,
    "import_names": _import_names,
    "pin": _pin,
    "const": _const,
    "param": _param,
    "params": lambda _c, _s, children: tuple(children),
    "param_decl": _param_decl,
    "enum": _enum,
    "alias": _alias,
    "fn": _fn,
    "data": _data,
    "extern": _extern,
    "environment": _environment,
    "environment_alias": _environment_alias,
    "reward": _reward,
    "reward_alias": _reward_alias,
    "state": _state,
    "state_var": _state_var,
    "let": _let,
    "action": _action,
    "binders": lambda _c, _s, children: tuple(children),
    "binder": _binder,
    "assign": _write(ast.EffectOp.ASSIGN),
    "incr": _write(ast.EffectOp.INCREMENT),
    "fill": _write(ast.EffectOp.FILL),
    "update": _update,
    "stop": _member(ast.Stop, "condition"),
    "terminal": _member(ast.Terminal, "condition"),
    "measure": _member(ast.Measure, "value"),
    "invariant": _member(ast.Invariant, "condition"),
    "assert_": _assert,
    "assume": _assume,
    "symmetry": _member(ast.Symmetry, "call"),
    "scope": _scope,
    "object": _member(ast.ObjectDecl, "value"),
    "r_value": _reward_value("R"),
    "r_log": _reward_value("logR"),
    "r_beta": _reward_value("beta"),
    "r_floor": _reward_value("floor"),
    "r_mode": _member(ast.Mode, "condition"),
    "experiment": _experiment,
    "set": _set(append=False),
    "add": _set(append=True),
    "section": _section,
    "every": _every,
    "sweep": _sweep,
    "sw_grid": _sweep_item("grid"),
    "sw_zip": _sweep_item("zip"),
    "sw_sample": _sweep_item("sample"),
    "sw_samples": _sweep_item("samples"),
    "sw_seeds": _sweep_item("seeds"),
    "sw_skip": _sweep_item("skip"),
    "sw_also": _sweep_item("also"),
}
