"""What a verb answers: data first, words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gflowspec.core.diagnostics import Diagnostic

#: Exit codes of the command line.
DONE = 0
INVALID = 1
USAGE = 2
FAILED = 3
WORK_TO_DO = 4
INTERNAL = 70
INTERRUPTED = 130
TERMINATED = 143


@attrs.frozen(kw_only=True)
class Answer:
    """The outcome of a verb.

    Attributes:
        payload: The keys of the JSON object, besides ``ok``, the counts and ``diagnostics``.
        text: What a person reads on standard output; empty if there is nothing to say.
        diagnostics: Findings; in text they go to standard error.
        code: Exit code if the findings hold no error.
        with_diagnostics: Whether the JSON object has the keys of the findings when all is well.
        is_printed: Whether it was printed already, and only its code is left to say.
    """

    payload: Mapping[str, Any] = attrs.field(factory=dict)
    text: str = ""
    diagnostics: Sequence[Diagnostic] = ()
    code: int = DONE
    with_diagnostics: bool = False
    is_printed: bool = False


def code_of(diagnostics: Sequence[Diagnostic], otherwise: int = DONE) -> int:
    """The exit code that findings ask for: 2 for usage, 3 at run time, 1 for a specification."""
    errors = [int(item.code[3:]) for item in diagnostics if item.is_error]
    if not errors:
        return otherwise
    if otherwise != DONE:
        return otherwise
    if any(600 <= number < 620 for number in errors):
        return USAGE
    if any(number in {215, 501, 503, 504, 505} for number in errors):
        return FAILED
    return INVALID
