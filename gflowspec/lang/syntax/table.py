"""The parser that lark builds from the grammar, from a cached parse table where there is one."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import PatternRE, PatternStr, TerminalDef

from gflowspec.core.resources import cache_directory, grammar_file
from gflowspec.lang.syntax.build_expressions import EXPRESSIONS
from gflowspec.lang.syntax.build_types import TYPES
from gflowspec.lang.syntax.lexer import BOUNDARY, WordLexer

START_RULES = ("start", "one", "expression", "override")
#: How deep expressions and types may be.
MAX_DEPTH = 200
_COUNTED = frozenset(EXPRESSIONS) | frozenset(TYPES) | {"comp_for"}
_FORMAT = 3  # of the cached file; raised when its layout changes
_WORD = re.compile(r"[^\W\d]\w*")


class DepthExceeded(Exception):
    """An expression or type is nested more deeply than the language allows.

    Attributes:
        start: Where what is too deep begins, as an offset in the parsed text.
        end: Where it ends.
    """

    def __init__(self, children: list[Any]) -> None:
        places = [
            child.meta if isinstance(child, lark.Tree) else child
            for child in children
            if child is not None
        ]
        self.start: int = places[0].start_pos
        self.end: int = places[-1].end_pos
        super().__init__("nested too deeply")


class Tree(lark.Tree[Any]):
    """A parse tree that counts its depth while it is built, so that a deep one is never built.

    Attributes:
        depth: Levels of expressions and types in it; other rules do not count.
    """

    def __init__(self, data: str, children: list[Any], meta: Any = None) -> None:
        super().__init__(data, children, meta)
        self.depth = 0
        if data.startswith("_"):  # a repetition, which lark splices into its parent
            return
        below = max((child.depth for child in children if isinstance(child, Tree)), default=0)
        self.depth = below + (data in _COUNTED)
        if self.depth > MAX_DEPTH:
            raise DepthExceeded(children)


_OPTIONS: dict[str, Any] = {"tree_class": Tree, "_plugins": {"ContextualLexer": WordLexer}}


@cache
def load_parser() -> lark.Lark:
    """The parser of the language; built once for a process.

    The parse table is kept as JSON in the user's cache folder, under the hash of the grammar and
    lark's version. Without a readable and writable cache it is built anew, in about half a second.
    """
    grammar = grammar_file().read_text(encoding="utf-8")
    key = hashlib.sha256(f"{_FORMAT}\n{lark.__version__}\n{grammar}".encode()).hexdigest()[:24]
    path = cache_directory() / f"grammar-{key}.json"
    with _no_collection():
        cached = _read(path)
    if cached is not None:
        return cached
    table = _serialised(build_parser(grammar))
    _write(path, table)
    return _restored(table)


def build_parser(grammar: str, *, strict: bool = False) -> lark.Lark:
    """Build the parser from the text of the grammar; ``strict`` refuses any conflict."""
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        strict=strict,
        maybe_placeholders=True,
        propagate_positions=True,
        start=list(START_RULES),
        edit_terminals=_with_word_boundary,
    )


def _with_word_boundary(terminal: TerminalDef) -> None:
    """Keep a keyword from matching the first letters of a name; lark wants it done in place."""
    pattern = terminal.pattern
    if isinstance(pattern, PatternStr) and _WORD.fullmatch(pattern.value):
        terminal.pattern = PatternRE(pattern.value + BOUNDARY)
        terminal.priority = 1


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause garbage collection, which would walk the growing table again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _serialised(parser: lark.Lark) -> str:
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["options"].pop("edit_terminals", None)  # a function; its work is done
    return json.dumps({"data": data, "memo": memo}, separators=(",", ":"))


def _restored(table: str) -> lark.Lark:
    loaded = json.loads(table)
    data = loaded["data"]
    states = data["parser"]["parser"]["states"]
    tokens = data["parser"]["parser"]["tokens"]
    # JSON has text keys only; lark numbers its tokens, states and shared objects.
    data["parser"]["parser"]["tokens"] = _numbered(tokens)
    data["parser"]["parser"]["states"] = {int(k): _numbered(row) for k, row in states.items()}
    memo = _numbered(loaded["memo"])
    load = lark.Lark._load_from_dict
    restored: lark.Lark = load(data, memo, **_OPTIONS)  # type: ignore[no-untyped-call] # in lark
    return restored


def _numbered(table: dict[str, Any]) -> dict[int, Any]:
    return {int(key): value for key, value in table.items()}


def _read(path: Path) -> lark.Lark | None:
    """The cached parser; None if there is none, or if the file is damaged in any way."""
    try:
        return _restored(path.read_text(encoding="utf-8"))
    except Exception:
        return None


def _write(path: Path, table: str) -> None:
    """Write atomically, so that a concurrent reader sees the whole file or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(table)
        Path(name).replace(path)
    except OSError:  # a read-only home or a full disk costs time, not the answer
        return
