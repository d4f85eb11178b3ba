"""Characters that no token begins with, and what is written instead of them."""

from __future__ import annotations

from collections.abc import Mapping

#: What to write instead of a character that no token begins with.
CHARACTERS: Mapping[str, str] = {
    ";": "statements are not separated: remove it",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`; unequal is `!=`",
    "'": 'strings are written with double quotes: `"text"`',
    "`": 'strings are written with double quotes: `"text"`',
    "\N{LEFT DOUBLE QUOTATION MARK}": 'use the straight quote `"`',
    "\N{RIGHT DOUBLE QUOTATION MARK}": 'use the straight quote `"`',
    "\N{LEFT SINGLE QUOTATION MARK}": 'use the straight quote `"`',
    "\N{RIGHT SINGLE QUOTATION MARK}": 'use the straight quote `"`',
    "\N{MINUS SIGN}": "write `-`",
    "\N{EN DASH}": "write `-`",
    "\N{MULTIPLICATION SIGN}": "write `*`",
    "\N{MIDDLE DOT}": "write `*`",
    "\N{DIVISION SIGN}": "write `/`",
    "\N{LESS-THAN OR EQUAL TO}": "write `<=`",
    "\N{GREATER-THAN OR EQUAL TO}": "write `>=`",
    "\N{NOT EQUAL TO}": "write `!=`",
    "\N{ELEMENT OF}": "write `in`",
    "\N{RIGHTWARDS ARROW}": "write `->`",
    "\N{HORIZONTAL ELLIPSIS}": "a range is written `..`",
    "\N{NO-BREAK SPACE}": "replace it by an ordinary space",
    "\\": "a statement may go on in the next line without any mark",
}

#: What to write instead, where one text does it.
INSTEAD: Mapping[str, str] = {
    ";": "",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "!": "not ",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{ELEMENT OF}": "in",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "..",
    "\N{NO-BREAK SPACE}": " ",
    "\\": "",
}
#: The closing mark of each wrong opening quote.
QUOTES: Mapping[str, str] = {
    "'": "'",
    "`": "`",
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
}
