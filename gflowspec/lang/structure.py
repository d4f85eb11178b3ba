"""What a declaration must have, and what it may have only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import names as messages

_ONCE: Mapping[type[ast.Member], str] = {
    ast.Stop: "stop",
    ast.Terminal: "terminal when",
    ast.Measure: "measure",
    ast.Scope: "scope",
    ast.ObjectDecl: "object",
    ast.Mode: "mode when",
}
_OBLIGATIONS = tuple(f"O{number}" for number in range(1, 10))


def check_structure(tree: ast.Module) -> tuple[Diagnostic, ...]:
    """Findings about the shape of environments, rewards, functions and enums of a file."""
    found: list[Diagnostic] = []
    for item in tree.items:
        if isinstance(item, ast.Environment):
            found += _environment(item)
        elif isinstance(item, ast.Reward):
            found += _reward(item)
        elif isinstance(item, ast.Function):
            found += _parameters(item.params)
    return tuple(found)


def _environment(item: ast.Environment) -> Iterator[Diagnostic]:
    members = item.members
    yield from _once(members)
    yield from _actions(item)
    if not any(isinstance(m, ast.State) for m in members):
        yield _missing(item.name.span, f"environment `{item.name.text}` has no `state`")
    if not any(isinstance(m, ast.Stop | ast.Terminal) for m in members):
        yield _missing(
            item.name.span,
            f"environment `{item.name.text}` never ends",
            "add `stop` as an action of the policy, or `terminal when ...`",
        )
    for member in members:
        if isinstance(member, ast.Assume) and member.obligation.text not in _OBLIGATIONS:
            name = member.obligation
            yield messages.unknown_choice(name.span, "obligation", name.text, _OBLIGATIONS)
        if isinstance(member, ast.Let):
            yield from _arguments(member)


def _actions(item: ast.Environment) -> Iterator[Diagnostic]:
    first: dict[str, Span] = {}
    for member in item.members:
        if isinstance(member, ast.Action):
            name = member.name
            if name.text in first:
                where = f"environment `{item.name.text}`"
                yield messages.duplicate(name.span, name.text, first[name.text], where)
            first.setdefault(name.text, name.span)
            if name.text == "stop":
                yield Diagnostic(
                    "GFS102",
                    Severity.ERROR,
                    "an action cannot be called `stop`",
                    Label(name.span, "`stop` is the action that ends a trajectory"),
                    helps=("rename it, or write the declaration `stop when ...`",),
                )


def _reward(item: ast.Reward) -> Iterator[Diagnostic]:
    yield from _once(item.members)
    values = [m for m in item.members if isinstance(m, ast.RewardValue)]
    targets = [m for m in values if m.key in ("R", "logR")]
    if not targets:
        message = f"reward `{item.name.text}` gives no value"
        yield _missing(item.name.span, message, "add `R = ...` or `logR = ...`")
    for extra in targets[1:]:
        yield _twice(extra.span, "the value of the reward", targets[0].span)
    for key in ("beta", "floor"):
        places = [m.span for m in values if m.key == key]
        for span in places[1:]:
            yield _twice(span, f"`{key}`", places[0])
    for member in item.members:
        if isinstance(member, ast.Let):
            yield from _arguments(member)


def _once(members: Iterable[ast.Member]) -> Iterator[Diagnostic]:
    first: dict[type, Span] = {}
    for member in members:
        word = _ONCE.get(type(member))
        if word is None:
            continue
        if type(member) in first:
            yield _twice(member.span, f"`{word}`", first[type(member)])
        first.setdefault(type(member), member.span)


def _parameters(params: Iterable[ast.ParamDecl]) -> Iterator[Diagnostic]:
    yield from _distinct((param.name for param in params), "the parameters")


def _arguments(let: ast.Let) -> Iterator[Diagnostic]:
    yield from _distinct(let.arguments or (), f"let `{let.name.text}`")


def _distinct(names: Iterable[ast.Name], where: str) -> Iterator[Diagnostic]:
    first: dict[str, Span] = {}
    for name in names:
        if name.text in first:
            yield messages.duplicate(name.span, name.text, first[name.text], where)
        first.setdefault(name.text, name.span)


def _missing(span: Span, message: str, *helps: str) -> Diagnostic:
    return Diagnostic("GFS112", Severity.ERROR, message, Label(span), helps=helps)


def _twice(span: Span, what: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "GFS113",
        Severity.ERROR,
        f"{what} is given twice",
        Label(span),
        (Label(first, "first given here"),),
        helps=("keep one of the two",),
    )
