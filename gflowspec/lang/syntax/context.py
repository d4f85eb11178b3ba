"""What the builders of the syntax tree share."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from lark import Token

from gflowspec.core.source import SourceFile, Span
from gflowspec.lang import ast

#: Words that are never a name.
RESERVED = frozenset(
    ["and", "or", "not", "if", "else", "for", "in", "is", "every", "true", "false", "empty"]
)
#: Words that an expression cannot use as a name, so that none may be declared.
RESERVED_IN_EXPRESSIONS = frozenset({"file", "state"})


@attrs.define
class Context:
    """The text that is being built from.

    Attributes:
        file: The whole file; spans refer to it.
        base: Offset in it of the text that was parsed.
        docs: Documentation, by the offset of the token that it stands before.
        reserved: Keywords that were met where a name should be.
    """

    file: SourceFile
    base: int
    docs: Mapping[int, str]
    reserved: list[Span] = attrs.field(factory=list)

    def span(self, start: int, end: int) -> Span:
        """A span from offsets within the parsed text."""
        return Span(self.file, self.base + start, self.base + end)

    def name(self, token: Token) -> ast.Name:
        """A declared or used name, in Unicode normal form C."""
        span = self.span(token.start_pos or 0, token.end_pos or 0)
        if token.type == "NAME" and token in RESERVED | RESERVED_IN_EXPRESSIONS:
            self.reserved.append(span)
        return ast.Name(text=unicodedata.normalize("NFC", str(token)), span=span)

    def declared(self, name: ast.Name) -> ast.Name:
        """A name from a place where settings may stand too; here it must be readable."""
        if name.text in RESERVED_IN_EXPRESSIONS:
            self.reserved.append(name.span)
        return name

    def doc(self, span: Span) -> str:
        """The documentation in front of a declaration."""
        return self.docs.get(span.start, "")


#: Makes a node from its place and the built children of a rule.
Builder = Callable[[Context, Span, list[Any]], Any]


def present(children: list[Any]) -> tuple[Any, ...]:
    """The children that are not placeholders of an optional part."""
    return tuple(child for child in children if child is not None)


def between(first: ast.Node, last: ast.Node) -> Span:
    """From the start of one node to the end of another."""
    return first.span.to(last.span)
