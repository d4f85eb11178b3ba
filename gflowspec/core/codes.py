"""Every diagnostic there is, by its code. A code is never reused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gflowspec.core.catalogue.comparisons import COMPARISONS
from gflowspec.core.catalogue.data import DATA
from gflowspec.core.catalogue.endings import ENDINGS
from gflowspec.core.catalogue.entry import Code
from gflowspec.core.catalogue.names import NAMES
from gflowspec.core.catalogue.obligations import STRUCTURE
from gflowspec.core.catalogue.rewards import OBJECTS, REWARDS, STRENGTHS
from gflowspec.core.catalogue.running import RUN_TIME, USAGE
from gflowspec.core.catalogue.style import STYLE
from gflowspec.core.catalogue.syntax import SYNTAX
from gflowspec.core.catalogue.training import TRAINING
from gflowspec.core.catalogue.types import TYPES

_ALL = (
    *(*SYNTAX, *NAMES, *TYPES, *DATA),
    *(*STRUCTURE, *ENDINGS, *REWARDS, *OBJECTS, *STRENGTHS),
    *(*TRAINING, *COMPARISONS, *RUN_TIME, *USAGE, *STYLE),
)

#: ``CODES["GFS320"]`` is the page of that diagnostic.
CODES: Mapping[str, Code] = MappingProxyType({item.code: item for item in _ALL})


def explain(code: Code) -> str:
    """The page as text."""
    parts = [f"{code.code} ({code.severity.value}): {code.title}", code.explanation]
    if code.reserved:
        parts.append(f"Reserved: this version never says it. {code.reserved}")
    if code.without_program:
        parts.append(f"No program shows it: {code.without_program}")
    asked = " ".join([code.verb, *code.flags])
    found = "" if asked == "check" else f" (found by `gflowspec {asked}`)"
    beside = [(f"Beside it, {name}:", text) for name, text in code.files.items()]
    programs = ((f"Wrong{found}:", code.wrong), ("Right:", code.right))
    for heading, program in (*beside, *programs):
        if program:
            lines = "\n".join(f"    {line}".rstrip() for line in program.splitlines())
            parts.append(f"{heading}\n\n{lines}")
    return "\n\n".join(parts) + "\n"
