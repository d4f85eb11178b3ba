"""Tokens by longest match; whether a word is a keyword is decided by the state of the parser.

It stands in for lark's contextual lexer, which compiles a regular expression of up to ninety
alternatives for each of some sixty sets of terminals: a third of the time of a small `check`.
Here one expression, made from the patterns of the grammar, finds the tokens, and a word is a
keyword where the grammar accepts that keyword, else a name. No keyword can match the first letters
of a name, and `==` is never taken for `=` twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lark import Token, UnexpectedCharacters
from lark.lexer import Lexer, LexerState, PatternStr

#: What follows a keyword in the pattern of its terminal.
BOUNDARY = r"(?!\w)"
_WORD = "NAME"


class WordLexer(Lexer):
    """See the module; lark makes one with each parser."""

    def __init__(
        self, conf: Any, states: Mapping[int, Sequence[str]], always_accept: Sequence[str] = ()
    ) -> None:
        del always_accept  # of a post-lexer, and there is none
        self.accepts = {state: frozenset(names) for state, names in states.items()}
        self.ignored = frozenset(conf.ignore)
        self.words: dict[str, str] = {}
        self.signs: dict[str, str] = {}
        patterns: dict[str, str] = {}
        for terminal in conf.terminals:
            text = terminal.pattern.value
            if isinstance(terminal.pattern, PatternStr):
                self.signs[text] = terminal.name
            elif text.endswith(BOUNDARY) and text.removesuffix(BOUNDARY).isalpha():
                self.words[text.removesuffix(BOUNDARY)] = terminal.name
            else:
                patterns[terminal.name] = text
        self.pattern = _longest_first(conf.terminals, patterns, self.signs)

    def lex(self, lexer_state: LexerState, parser_state: Any) -> Iterator[Token]:
        """The tokens of a text; ``parser_state`` follows them, one behind."""
        given: Any = lexer_state.text
        text: str = getattr(given, "text", given)
        at = 0
        while at < len(text):
            match = self.pattern.match(text, at)
            if match is None:
                raise UnexpectedCharacters(text, at, 1, at + 1)  # type: ignore[no-untyped-call] # in lark
            at = match.end()
            kind = match.lastgroup or self.signs[match[0]]
            if kind in self.ignored:
                continue
            if kind == _WORD:
                kind = self._kind_of_word(match[0], self.accepts[parser_state.position])
            yield Token(kind, match[0], match.start(), 1, 1, 1, 1, at)

    def _kind_of_word(self, word: str, accepted: frozenset[str]) -> str:
        keyword = self.words.get(word)
        if keyword is None or (keyword not in accepted and _WORD in accepted):
            return _WORD
        return keyword


def _longest_first(
    terminals: Sequence[Any], patterns: Mapping[str, str], signs: Mapping[str, str]
) -> re.Pattern[str]:
    """One expression for all tokens, by priority, with long signs before short ones."""
    priority = {terminal.name: terminal.priority for terminal in terminals}
    names = sorted(patterns, key=lambda name: -priority[name])
    groups = [f"(?P<{name}>{patterns[name]})" for name in names]
    ordered = sorted(signs, key=len, reverse=True)
    return re.compile("|".join([*groups, *map(re.escape, ordered)]))
