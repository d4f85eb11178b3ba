"""What is wrong with malformed text, in words."""

from __future__ import annotations

from lark import UnexpectedCharacters, UnexpectedInput

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.lang.messages import syntax as messages
from gflowspec.lang.syntax.context import Context


def explain(error: UnexpectedInput, span: Span, context: Context) -> Diagnostic:
    if isinstance(error, UnexpectedCharacters):
        return messages.invalid_character(span, None)
    found = f"`{span.text}`" if span.text else "end of the item"
    return messages.unexpected(span, found, messages.Unexpected())
