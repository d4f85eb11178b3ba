"""The page of a diagnostic."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import attrs

from gflowspec.core.diagnostics import Severity


def _program(text: str) -> str:
    return dedent(text).strip("\n") + "\n" if text.strip() else ""


@attrs.frozen(kw_only=True)
class Code:
    """What ``gflowspec explain GFSnnn`` shows.

    Attributes:
        code: ``GFSnnn``; never reused.
        title: The finding in a few words.
        severity: What it is unless a message says otherwise.
        explanation: Why it is reported and what to do.
        wrong: A program that gives it; empty where none of this version can.
        right: The program as it should be.
        verb: The command that finds it in ``wrong``.
        files: What stands beside the programs, by name.
        flags: What that command needs besides the file.
        without_program: Why no program shows it; empty where ``wrong`` does.
        reserved: Why nothing of this version says it; empty if something does.
    """

    code: str
    title: str
    severity: Severity = Severity.ERROR
    explanation: str
    wrong: str = attrs.field(default="", converter=_program)
    right: str = attrs.field(default="", converter=_program)
    verb: str = "check"
    files: Mapping[str, str] = attrs.field(factory=dict)
    flags: tuple[str, ...] = ()
    without_program: str = ""
    reserved: str = ""


#: A small environment and a reward, in front of programs that are about something else.
WALK = """\
gfs 1.0

environment Walk(n: int[1..9] = 4) {
  state { x: int[0..n] = 0 }
  action step() { x += 1 }
  stop
}

reward Height() for Walk {
  R = x + 1
}
"""


def walk(text: str) -> str:
    """A program that continues the small environment with ``text``."""
    return f"{WALK}\n{_program(text)}"
