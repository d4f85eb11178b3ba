"""One text through everything: check, format, and where it is accepted both executions.

A trial ends in an outcome. What is a failure: an exception, two answers that should agree and do
not, and, seen from outside (workers.py), too much time or memory.
"""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path

import attrs

from fuzz.executions import Disagreement, compare
from gflowspec.api import CheckReport, check
from gflowspec.core.codes import CODES
from gflowspec.core.errors import UsageError
from gflowspec.core.render import to_json, to_text
from gflowspec.core.source import SourceFile
from gflowspec.lang.formatter import format_source

#: What can become of a text, from bad to good.
CATEGORIES = ("unreadable", "syntax", "refused", "accepted", "executed")


@attrs.frozen
class Outcome:
    """What became of a text.

    Attributes:
        category: One of ``CATEGORIES``; the last one that was reached.
        failure: Names a kind of failure, the same for the same fault; empty without one.
        detail: What there is to know about it.
    """

    category: str
    failure: str = ""
    detail: str = ""


def trial(text: str) -> Outcome:
    """Put a text through everything."""
    reached = ["unreadable"]
    try:
        with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
            _trial(text, Path(folder, "spec.gfs"), reached)
    except Disagreement as error:
        return Outcome(reached[0], f"disagreement: {error.what}", str(error))
    except Exception as error:
        return Outcome(reached[0], signature(error), traceback.format_exc())
    return Outcome(reached[0])


def signature(error: BaseException) -> str:
    """The exception and the innermost place of this package that it came from."""
    places = [
        f"{frame.filename.rpartition('gflowspec/')[2]}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/gflowspec/" in frame.filename
    ]
    return f"{type(error).__name__} in {places[-1] if places else 'the fuzzer'}"


def _trial(text: str, path: Path, reached: list[str]) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    report = checked(path)
    codes = {int(item.code[3:]) for item in report.diagnostics if item.is_error}
    broken = any(code < 100 for code in codes)
    reached[0] = "syntax" if broken else "refused" if codes else "accepted"
    if 5 in codes or 8 in codes:
        return
    formatted(text, broken=broken)
    if not report.ok:
        return
    again = checked(path)  # this time from stored proofs
    if [to_json(item) for item in again.diagnostics] != [
        to_json(item) for item in report.diagnostics
    ] or again.obligations != report.obligations:
        raise Disagreement("stored proofs", "a second check says something else")
    for instance in report.instances:
        if compare(instance):
            reached[0] = "executed"


def checked(path: Path) -> CheckReport:
    """The report, with every finding shown once in each form."""
    report = check(path)
    for item in report.diagnostics:
        to_text(item)
        to_json(item)
        if item.code not in CODES:
            raise Disagreement("unknown code", item.code)
    return report


def formatted(text: str, *, broken: bool) -> None:
    """Formatting is refused for broken texts only, and changes nothing the second time."""
    try:
        source = SourceFile("spec.gfs", text)
        once, found = format_source(source)
    except UsageError as error:
        raise Disagreement("format", str(error)) from error
    if once is None:
        if not broken:
            raise Disagreement("format refused", str(found))
        return
    again, _ = format_source(SourceFile("spec.gfs", once))
    if again != once:
        raise Disagreement("format twice", f"{once}\n----\n{again}")
