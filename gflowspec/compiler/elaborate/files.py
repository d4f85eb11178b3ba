"""``file("path", ...)``: its arguments, and where the file is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

from gflowspec.compiler.elaborate import file_messages as said
from gflowspec.compiler.elaborate.session import Context, is_error
from gflowspec.core import places
from gflowspec.core.resources import STANDARD, data_directory
from gflowspec.core.types import ArrayType, ListType, StringType
from gflowspec.ir.expr import Const
from gflowspec.lang import ast
from gflowspec.lang.messages import hashes
from gflowspec.lang.messages.settings import set_twice, unknown_setting


class Lost(Enum):
    """Why there is no file."""

    #: That is an error.
    REPORTED = "reported"
    #: It is not here, but known by its hash: what depends on it is unknown, not wrong.
    ABSENT = "absent"


#: Arguments of ``file``; those that may be a list of names.
ARGUMENTS = ("array", "column", "key", "value", "sha256")
_LISTS = frozenset({"column", "key"})


@attrs.frozen(kw_only=True)
class FileArguments:
    """What the text says about a file; all of it optional.

    Attributes:
        names: Values of ``array``, ``column``, ``key`` and ``value`` that were given.
        sha256: The hash that the file must have.
        sha256_span: Where it is written.
    """

    names: Mapping[str, Any]
    sha256: str | None
    sha256_span: Any = None


def arguments_of_file(ref: ast.FileRef, context: Context) -> FileArguments | None:
    """The arguments of a reference; None where one was reported."""
    found: dict[str, Any] = {}
    spans: dict[str, ast.Argument] = {}
    before = context.session.errors
    for argument in ref.arguments:
        if argument.name is None:
            context.report(said.positional(argument.span))
            continue
        name = argument.name.text
        if name not in ARGUMENTS:
            context.report(
                unknown_setting(argument.name.span, name, "`file`", ARGUMENTS, noun="argument")
            )
        elif name in found:
            context.report(set_twice(argument.span, name, spans[name].span))
        else:
            spans[name] = argument
            found[name] = _words(name, argument.value, context)
    if context.session.errors > before:
        return None
    sha256 = found.pop("sha256", None)
    if sha256 is None:
        return FileArguments(names=found, sha256=None)
    span = spans["sha256"].value.span
    if not hashes.is_hash(sha256):
        context.report(hashes.no_hash(span))
        return None
    return FileArguments(names=found, sha256=sha256.lower(), sha256_span=span)


def _words(name: str, value: ast.Expr, context: Context) -> Any:
    """A string, or a tuple of strings where a list is allowed."""
    found = context.of(value)
    if is_error(found):
        return None
    lists = name in _LISTS
    if isinstance(found, Const):
        if isinstance(found.type, StringType):
            return (found.value,) if lists else found.value
        listed = isinstance(found.type, ArrayType | ListType)
        if lists and listed and all(isinstance(item, str) for item in found.value):
            return tuple(found.value)
    wanted = "a constant string" + (", or a list of them" if lists else "")
    context.report(said.not_text(value.span, found.type, wanted))
    return None


def find_file(ref: ast.FileRef, arguments: FileArguments, context: Context) -> Path | Lost:
    """Where a file is; reported where it is missing (GFS201) or out of bounds (GFS204).

    A missing file of the data directory whose hash is written down is a warning.
    """
    written, hashed = ref.path.value, arguments.sha256 is not None
    span = ref.path.span
    shared = written.startswith(places.DATA)
    if shared:
        folder, relative = data_directory(), written.removeprefix(places.DATA)
    elif context.module.startswith(STANDARD):
        context.report(said.library_path(span, written))
        return Lost.REPORTED
    else:
        folder, relative = Path(context.module).parent, written
    roots = [data_directory()]
    if not shared:
        roots.append(Path(context.session.root).parent)
    path = None if "\0" in relative else places.real_path(folder / relative)
    if path is not None and not places.within(path, roots):
        context.report(said.leaves(span, written))
        return Lost.REPORTED
    if path is None or not places.is_file(path):
        context.report(said.missing(span, written, _near(folder), warns=shared and hashed))
        return Lost.ABSENT if shared and hashed else Lost.REPORTED
    return path


def _near(folder: Path) -> Sequence[str]:
    try:
        return sorted(item.name for item in folder.iterdir())[:1000]
    except OSError:
        return ()
