"""Where answers, findings and progress go: standard output, standard error, text or JSON."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

import attrs

from gflowspec.cli.answer import Answer, code_of
from gflowspec.core import render
from gflowspec.core.diagnostics import Diagnostic, Severity, sort_key


@attrs.frozen(kw_only=True)
class Output:
    """How this command talks.

    With ``json`` standard output holds JSON only, one object on its last line. Otherwise the
    answer goes to standard output, findings and progress to standard error.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    deny_warnings: bool = False
    max_errors: int = 20

    def answer(self, answer: Answer) -> int:
        """Print ``answer`` and return the exit code."""
        found = self._weighed(answer.diagnostics)
        code = code_of(found, answer.code)
        if answer.is_printed:
            return code
        if self.json:
            self._print_json(_object(answer, found, code))
            return code
        self.findings(found)
        if answer.text:
            _write(answer.text.rstrip("\n"), sys.stdout)
        return code

    def findings(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print findings for people; notes only when they were asked for."""
        shown = [item for item in diagnostics if self._is_shown(item)]
        if shown:
            report = render.to_report(
                shown, limit=self.max_errors, color=self.uses_color(sys.stderr)
            )
            _write(report, sys.stderr)

    def event(self, event: Mapping[str, Any]) -> None:
        """A progress object in JSON; nothing in text."""
        if self.json:
            self._print_json(event)

    def say(self, text: str) -> None:
        """A line for people, on standard error."""
        if not self.json and not self.quiet:
            _write(text, sys.stderr)

    def uses_color(self, stream: TextIO) -> bool:
        """Whether text on ``stream`` is coloured."""
        if self.color != "auto":
            return self.color == "always"
        return "NO_COLOR" not in os.environ and stream.isatty()

    def _is_shown(self, item: Diagnostic) -> bool:
        if item.severity is Severity.ERROR:
            return True
        if self.quiet:
            return False
        return item.severity is Severity.WARNING or self.verbose

    def _weighed(self, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        ordered = sorted(diagnostics, key=sort_key)
        if not self.deny_warnings:
            return tuple(ordered)
        return tuple(
            attrs.evolve(item, severity=Severity.ERROR)
            if item.severity is Severity.WARNING
            else item
            for item in ordered
        )

    def _print_json(self, value: Mapping[str, Any]) -> None:
        import json

        _write(json.dumps(plain(value), ensure_ascii=False), sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    """Print a line; if the reader went away (`gflowspec ls | head`) there is nobody to tell."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        # What is still buffered would be written, and fail again, when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: no NaN, short rationals as decimals, long ones as ``n/d``."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Fraction):
        return rational(value)
    if isinstance(value, Path):
        return str(value)
    return value


def rational(value: Fraction) -> int | float | str:
    """A decimal if it is finite with at most 17 digits, else ``n/d``."""
    if value.denominator == 1:
        return value.numerator
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    decimal = float(value)
    if rest == 1 and Fraction(repr(decimal)) == value:
        return decimal
    return f"{value.numerator}/{value.denominator}"


def _object(answer: Answer, found: Sequence[Diagnostic], code: int) -> dict[str, Any]:
    errors = sum(item.severity is Severity.ERROR for item in found)
    warnings = sum(item.severity is Severity.WARNING for item in found)
    result: dict[str, Any] = {"ok": code in {0, 4}}
    if answer.with_diagnostics or not result["ok"]:
        result["error_count"] = errors
        result["warning_count"] = warnings
        result["diagnostics"] = [render.to_json(item) for item in found]
    return {**result, **answer.payload}
