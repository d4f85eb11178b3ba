"""Cuts a text into words, numbers, strings, brackets and comments, without any grammar.

It never fails: what no token can begin with comes out as ``OTHER``. The parser is not involved, so
comments, brackets and items can be found in a text that does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a scanned piece of text is."""

    MARK = "mark"
    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"
    OPEN_STRING = "open_string"
    NUMBER = "number"
    WORD = "word"
    OPENER = "opener"
    CLOSER = "closer"
    OTHER = "other"


class Scanned(NamedTuple):
    """A piece of the text: ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


#: A closing bracket for each opening one.
CLOSER_OF = {"(": ")", "[": "]", "{": "}"}

# A number takes in all letters that touch it, so that `12ab` is one bad number, not two tokens.
_PIECE = re.compile(
    r"""(?P<mark>\A\ufeff)
      | (?P<space>[ \t\r\n\f]+)
      | (?P<comment>\#[^\r\n]*)
      | (?P<string>"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*")
      | (?P<open_string>"[^\r\n]*)
      | (?P<number>0[xXbB]\w*
          | [0-9](?:[eE][+-](?=[0-9]) | \w | \.(?=[0-9]))*
          | (?<![.\w)\]])\.[0-9]\w*)
      | (?P<word>[^\W\d][\w\u0300-\u036f]*)
      | (?P<opener>[(\[{])
      | (?P<closer>[)\]}])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_KINDS = {kind.value: kind for kind in Kind}
_NUMBER = re.compile(
    r"""0x[0-9a-fA-F]+(_[0-9a-fA-F]+)*
      | 0b[01]+(_[01]+)*
      | [0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?([eE][+-]?[0-9]+)?
      | [0-9]+(_[0-9]+)*(\.[0-9]+)?(ms|s|min|h|d|KiB|MiB|GiB)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:[nt\"\\]|u\{(?P<code>[0-9a-fA-F]{1,6})\}|(?P<bad>u\{[^\"}]*\}?|.))")


def scan(text: str) -> Iterator[Scanned]:
    """The pieces of ``text`` in order; together they are the whole text."""
    for match in _PIECE.finditer(text):
        yield Scanned(_KINDS[match.lastgroup or ""], *match.span())


def is_number(text: str) -> bool:
    """Whether a scanned number is one of the language; ``1.`` and ``.5`` are not."""
    return _NUMBER.fullmatch(text) is not None


def bad_escape(text: str) -> tuple[int, int] | None:
    """Where, within a string with its quotes, an escape sequence is not one of the language."""
    for match in _ESCAPE.finditer(text):
        if match["bad"] is not None or not _is_character(match["code"]):
            return match.span()
    return None


def unescape(text: str) -> str:
    """The meaning of a string that is written with its quotes."""
    return _ESCAPE.sub(_meaning, text[1:-1])


def _is_character(code: str | None) -> bool:
    return code is None or (int(code, 16) <= 0x10FFFF and not 0xD800 <= int(code, 16) <= 0xDFFF)


def _meaning(match: re.Match[str]) -> str:
    if match["code"] is not None and _is_character(match["code"]):
        return chr(int(match["code"], 16))
    short = match[0][1:]
    return {"n": "\n", "t": "\t"}.get(short, short)
