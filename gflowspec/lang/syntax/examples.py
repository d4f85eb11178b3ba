"""What lark stumbled over -> a diagnostic in the words of the language."""

from __future__ import annotations

from typing import Any

from lark import UnexpectedCharacters, UnexpectedInput

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix
from gflowspec.core.source import Span
from gflowspec.lang.messages import syntax as messages
from gflowspec.lang.nearest import is_close, nearest
from gflowspec.lang.syntax.characters import CHARACTERS
from gflowspec.lang.syntax.context import RESERVED, RESERVED_IN_EXPRESSIONS, Context
from gflowspec.lang.syntax.items import ITEM_KEYWORDS
from gflowspec.lang.syntax.lexer import BOUNDARY
from gflowspec.lang.syntax.mistakes import MISTAKES, Found
from gflowspec.lang.syntax.repairs import character_fixes, mistake_fixes
from gflowspec.lang.syntax.scan import Kind, scan
from gflowspec.lang.syntax.table import load_parser

_CLASSES = {
    "NAME": "a name",
    "NUMBER": "a number",
    "QUANTITY": "a quantity",
    "STRING": "a string",
    "$END": "the end",
}
_EXPRESSION = frozenset(
    {"a name", "a number", "a quantity", "a string", "true", "false", "empty", "state", "file"}
    | {"(", "[", "{", "-", "not"}
)
_OPERATORS = frozenset(
    [
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "^",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "in",
        "not",
        "is",
        "and",
        "or",
        "if",
        "=>",
        "..",
        ".",
        "[",
        "(",
        "for",
    ]
)
_ENVIRONMENT = frozenset(
    [
        "state",
        "let",
        "action",
        "stop",
        "terminal",
        "measure",
        "invariant",
        "assert",
        "assume",
        "symmetry",
        "scope",
        "object",
    ]
)
_MAX_EXPECTED = 8
_CONTEXT = 200  # code points in front of an error in which its neighbours are looked for


def explain(error: UnexpectedInput, span: Span, context: Context) -> Diagnostic:
    """The diagnostic for a text that does not parse; ``span`` is what was found there."""
    if isinstance(error, UnexpectedCharacters):
        return messages.invalid_character(span, CHARACTERS.get(span.text), character_fixes(span))
    found = _found(error, span, context)
    return _keyword(found, span, context) or messages.unexpected(
        span, f"`{span.text}`" if span.text else _end(span), _advice(found, span, context)
    )


def _end(span: Span) -> str:
    rest = span.file.text[span.end :]
    is_last = all(item.kind in {Kind.SPACE, Kind.COMMENT} for item in scan(rest[:_CONTEXT]))
    return "end of text" if is_last else "end of the item"


def _found(error: UnexpectedInput, span: Span, context: Context) -> Found:
    text = span.file.text
    before: list[str] = []
    heads: list[str] = []
    for item in scan(text[context.base : span.start]):
        if item.kind in {Kind.SPACE, Kind.COMMENT}:
            continue
        word = text[context.base + item.start : context.base + item.end]
        if item.kind is Kind.OPENER:
            heads.append(before[-1] if before else "")
        elif item.kind is Kind.CLOSER and heads:
            heads.pop()
        before.append(word)
    rest = scan(text[span.end : span.end + _CONTEXT])
    words = (item for item in rest if item.kind not in {Kind.SPACE, Kind.COMMENT})
    next_one = next(words, None)
    following = "" if next_one is None else text[span.end :][next_one.start : next_one.end]
    return Found(
        token=span.text,
        before=tuple(before[-3:]),
        following=following,
        head=heads[-1] if heads else "",
        accepts=_accepts(error),
    )


def _accepts(error: Any) -> frozenset[str]:
    """What could stand at the error, as it is written, or in words."""
    return frozenset(_written(name) for name in error.interactive_parser.accepts())


def _written(terminal: str) -> str:
    if terminal in _CLASSES:
        return _CLASSES[terminal]
    return str(load_parser().get_terminal(terminal).pattern.value).removesuffix(BOUNDARY)


def _keyword(found: Found, span: Span, context: Context) -> Diagnostic | None:
    """Keywords in the place of names, and items within items."""
    text = span.file.text
    previous = _previous(span, context, found.previous)
    reserved = RESERVED | RESERVED_IN_EXPRESSIONS
    was_name = found.previous in reserved and "a number" not in found.accepts
    named = found.previous in reserved and found.token in {"=", "+=", ":"}
    pair = found.previous == "for" and found.token == "("
    if previous is not None and (was_name or named) and not pair:
        if found.previous == "if":
            what = messages.Unexpected(
                message="`if` does not begin an expression",
                helps=("a conditional is written `a if c else b`",),
            )
            return messages.unexpected(previous, "`if`", what)
        return messages.keyword_as_name(previous, found.previous)
    outer = _outer(text, context)
    if found.token in ITEM_KEYWORDS and found.head and _is_name_or_path(found.following):
        return messages.nested_item(span, found.token, outer)
    in_entries = {"=", "+="} <= found.accepts
    if found.previous in ITEM_KEYWORDS and in_entries and _is_name_or_path(found.token):
        return messages.nested_item(previous or span, found.previous, outer)
    return None


def _previous(span: Span, context: Context, word: str) -> Span | None:
    """Where the token in front of ``span`` stands."""
    if not word:
        return None
    start = span.file.text.rfind(word, context.base, span.start)
    return Span(span.file, start, start + len(word))


def _outer(text: str, context: Context) -> Span | None:
    """The first token of the item."""
    for item in scan(text[context.base : context.base + _CONTEXT]):
        if item.kind is Kind.WORD:
            return context.span(item.start, item.end)
    return None


def _is_name_or_path(word: str) -> bool:
    return word[:1].isalpha() or word[:1] in {"_", '"'}


def _advice(found: Found, span: Span, context: Context) -> messages.Unexpected:
    expected = _expected(found.accepts)
    for mistake in MISTAKES:
        if mistake.fits(found):
            return messages.Unexpected(
                message=mistake.message,
                helps=(mistake.help,),
                expected=expected,
                fixes=mistake_fixes(mistake, span, _previous(span, context, found.previous)),
            )
    near = _near(found)
    if near is not None:
        fix = Fix(f"write `{near}`", (Edit(span, near),), safe=is_close(span.text, near))
        return messages.Unexpected(
            helps=(f"did you mean `{near}`?",), expected=expected, fixes=(fix,)
        )
    line = span.file.text[max(context.base, span.start - _CONTEXT) : span.start]
    if "//" in line.replace("\r", "\n").rpartition("\n")[2]:
        return messages.Unexpected(
            helps=("a comment begins with `#`; `//` is floor division",), expected=expected
        )
    return messages.Unexpected(expected=expected)


def _near(found: Found) -> str | None:
    """A keyword that the token may be a misspelling of."""
    if not found.is_word or "a name" in found.accepts:
        return None
    keywords = [word for word in found.accepts if word.isalpha() and word not in _OPERATORS]
    return nearest(found.token, keywords)


def _expected(accepts: frozenset[str]) -> tuple[str, ...]:
    """What could stand there, in few words; empty if that takes too many."""
    rest = set(accepts)
    words: list[str] = []
    if {"a number", "("} <= rest:
        words.append("an expression")
        rest -= _EXPRESSION | {word for word in rest if word.isalpha()}
    elif {"a name", "gfs", "graph"} <= rest:
        words.append("a setting" if "every" in rest else "a name")
        rest = {word for word in rest if not word.isalpha()} - {"a name"}
    elif {"a name", "bool", "array"} <= rest:
        words.append("a type")
        rest -= {"a name", "(", *(word for word in rest if word.isalpha())}
    if {"+", "*"} <= rest:
        rest -= _OPERATORS
    if rest >= _ENVIRONMENT:
        words.append("a declaration")
        rest -= _ENVIRONMENT
    if rest >= ITEM_KEYWORDS:
        words.append("an item")
        rest -= ITEM_KEYWORDS
    plain = {word for word in rest if word in _CLASSES.values()}
    words += sorted(plain - {"the end"}) + [f"`{word}`" for word in sorted(rest - plain)]
    return tuple(words) if len(words) <= _MAX_EXPECTED else ()
