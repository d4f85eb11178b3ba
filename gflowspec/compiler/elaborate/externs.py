"""``extern fn``: a declaration becomes a typed function with a closed door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from gflowspec.compiler.data.problems import unreadable
from gflowspec.compiler.elaborate import messages
from gflowspec.compiler.elaborate.file_messages import missing, unusable
from gflowspec.compiler.elaborate.files import Lost, arguments_of_file, find_file
from gflowspec.compiler.elaborate.session import Context, is_error
from gflowspec.compiler.elaborate.written import written_type
from gflowspec.compiler.externs import messages as said
from gflowspec.compiler.externs.door import ExternDoor, Options
from gflowspec.compiler.externs.locate import Located, NotFound, is_target, locate
from gflowspec.compiler.externs.wire import can_return, form
from gflowspec.components.extern import ExternSection
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.places import Unreadable, digest_of
from gflowspec.core.resources import STANDARD
from gflowspec.core.schema import REQUIRED, Parameter, parameters
from gflowspec.core.source import Span
from gflowspec.core.types import ErrorType, RealType, Type, describe
from gflowspec.ir.expr import Const
from gflowspec.ir.extern import Extern
from gflowspec.lang import ast
from gflowspec.lang.messages.hashes import other_hash
from gflowspec.lang.messages.settings import set_twice, unknown_setting
from gflowspec.lang.settings.values import INVALID, Reader
from gflowspec.lang.symbols import Symbol

#: Bytes of a file of weights.
MAX_WEIGHTS = 2**30
#: Arguments of ``file`` that say what to read from a table.
_OF_TABLES = ("array", "column", "key", "value")


def extern_of(symbol: Symbol, context: Context) -> Extern | None:
    """The function of a declaration, made once; None where it was reported."""
    session, place = context.session, (symbol.module, symbol.name)
    if place not in session.externs:
        session.externs[place] = None
        session.externs[place] = _made(symbol, Context(session, symbol.module))
    return session.externs[place]


def _made(symbol: Symbol, context: Context) -> Extern | None:
    node = symbol.node
    assert isinstance(node, ast.Extern)
    types = _types(node, context)
    given = _settings(node, context)
    if types is None or given is None:
        return None
    arguments, result = types
    weights = given.pop("weights", None)
    target, span = given["python"], node.name.span
    located = _located(target, _span_of(node, "python"), context)
    obstacle = located if isinstance(located, Diagnostic) else None
    if isinstance(weights, Diagnostic):
        obstacle, weights = weights, None
    keywords = {} if weights is None else {"weights": str(weights[0])}
    if given["device"] is not None:
        keywords["device"] = given["device"]
    options = Options(
        batch=given["batch"],
        timeout=given["timeout"],
        memory=given["memory"],
        memo=given["memo"],
        rejects=given["on_error"] == "reject",
        keywords=keywords,
    )
    door = ExternDoor(
        name=symbol.name,
        span=span,
        located=None if isinstance(located, Diagnostic) else located,
        obstacle=obstacle,
        parameters=arguments,
        result=result,
        pure=given["pure"],
        options=options,
    )
    return Extern(
        name=symbol.name,
        target=target,
        code=None if door.located is None else door.located.sha256,
        weights=None if weights is None else weights[1],
        parameters=arguments,
        result=result,
        pure=given["pure"],
        rejects=options.rejects,
        door=door,
    )


def _types(node: ast.Extern, context: Context) -> tuple[tuple[Type, ...], Type] | None:
    """Types of the arguments and of the result; None where one was reported."""
    found = []
    for param in node.params:
        of = written_type(param.type, context)
        found.append(of)
        if not isinstance(of, ErrorType) and form(of) is None:
            message = f"a function in Python cannot be given `{describe(of)}`"
            context.report(messages.error("GFS120", message, param.type.span))
            found[-1] = ErrorType()
    result = written_type(node.result, context)
    if not isinstance(result, ErrorType) and not can_return(result):
        message = f"a function in Python cannot give `{describe(result)}`"
        helps = ("it gives a number, a bool, a member of an enum, or an array of them",)
        context.report(messages.error("GFS120", message, node.result.span, helps=helps))
        return None
    if isinstance(result, ErrorType) or any(isinstance(of, ErrorType) for of in found):
        return None
    return tuple(found), _inexact(result)


def _inexact(of: Type) -> Type:
    if isinstance(of, RealType):
        return attrs.evolve(of, exact=False)
    element = getattr(of, "element", None)
    return attrs.evolve(of, element=_inexact(element)) if isinstance(element, Type) else of  # type: ignore[call-arg] # arrays have one


def _settings(node: ast.Extern, context: Context) -> dict[str, Any] | None:
    """All settings by key, defaults filled in; None where one was reported."""
    before = context.session.errors
    declared = {item.key: item for item in parameters(ExternSection)}
    given: dict[str, Any] = {}
    seen: dict[str, ast.Set] = {}
    for entry in _entries(node, context):
        key = entry.path.text
        if key in seen:
            context.report(set_twice(entry.path.span, key, seen[key].path.span))
        elif key == "weights":
            given[key] = _weights(entry.value, context)
        elif key in declared:
            given[key] = _read(declared[key], entry, context)
        else:
            what = f"extern function `{node.name.text}`"
            known = (*declared, "weights")
            context.report(unknown_setting(entry.path.span, key, what, known))
        seen.setdefault(key, entry)
    for key, item in declared.items():
        if key not in seen and item.default is REQUIRED:
            message = f"extern function `{node.name.text}` does not say what it calls"
            helps = ('add `python = "package.module:function"`',)
            context.report(messages.required(node.name.span, message, helps))
    if context.session.errors > before or INVALID in given.values():
        return None
    return {**{key: item.default for key, item in declared.items()}, **given}


def _entries(node: ast.Extern, context: Context) -> Iterator[ast.Set]:
    for entry in node.entries:
        if isinstance(entry, ast.Set) and not entry.append:
            yield entry
        else:
            message = "the body of an extern function lists settings: `name = value`"
            context.report(messages.error("GFS111", message, entry.span))


def _read(item: Parameter, entry: ast.Set, context: Context) -> Any:
    session = context.session
    assert session.vocabulary is not None

    def constants(node: ast.Expr, module: str, takes: str = "") -> tuple[Any] | None:
        found = Context(session, module, reports_names=True, takes=takes).of(node)
        if is_error(found):
            return None
        if not isinstance(found, Const):
            context.report(messages.not_constant(node.span, "a setting"))
            return None
        return (found.value,)

    value = Reader(session.vocabulary, constants, session.bag).read(
        item, entry.value, item.key, context.module
    )
    if value is INVALID:
        session.errors += 1
        session.reported += 1
    elif item.key == "python" and not is_target(value):
        context.report(said.bad_target(entry.value.span, value))
    return value


def _span_of(node: ast.Extern, key: str) -> Span:
    return next(e.value.span for e in node.entries if isinstance(e, ast.Set) and e.path.text == key)


def _located(target: str, span: Span, context: Context) -> Located | Diagnostic:
    """The function, or why it is not there: a warning, until somebody wants to run it."""
    folder = None if context.module.startswith(STANDARD) else Path(context.module).parent
    try:
        return locate(target, folder, Path(context.session.root).parent)
    except NotFound as error:
        found = said.not_found(span, target, str(error))
        context.report(said.as_warning(found))
        return found


def _weights(node: ast.Expr, context: Context) -> tuple[Path, str] | Diagnostic | None:
    """The file of weights and its hash; why it is not there, or None where that was reported."""
    if not isinstance(node, ast.FileRef):
        message = 'weights are a file: `weights = file("weights.npz")`'
        context.report(messages.error("GFS120", message, node.span))
        return None
    arguments = arguments_of_file(node, context)
    if arguments is None:
        return None
    _refuse_table(arguments.names, node, context)
    path = find_file(node, arguments, context)
    if path is Lost.ABSENT:
        return missing(node.path.span, node.path.value, (), warns=False)
    if isinstance(path, Lost):
        return None
    try:
        found = digest_of(path, MAX_WEIGHTS)
    except Unreadable as error:
        context.report(unusable(node.path.span, unreadable(node.path.value, str(error))))
        return None
    if arguments.sha256 not in (None, found):
        written = arguments.sha256 or ""
        context.report(other_hash(arguments.sha256_span, written, found))
        return None
    return path, found


def _refuse_table(names: Mapping[str, Any], node: ast.FileRef, context: Context) -> None:
    for argument in node.arguments:
        if argument.name is not None and argument.name.text in _OF_TABLES and names:
            span, name = argument.name.span, argument.name.text
            known = ("sha256",)
            context.report(unknown_setting(span, name, "weights", known, noun="argument"))
