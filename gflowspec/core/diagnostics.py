"""Errors, warnings and notes as data; nothing here formats or prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span


class Severity(Enum):
    """How much a diagnostic matters; the value is what users read."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@attrs.frozen(eq=False, repr=False)
class Label(Frozen):
    """A place and what is to be said about it."""

    span: Span
    text: str = ""


@attrs.frozen(eq=False, repr=False)
class Edit(Frozen):
    """Replace what ``span`` covers by ``text``."""

    span: Span
    text: str


@attrs.frozen(eq=False, repr=False)
class Fix(Frozen):
    """A repair that can be applied; ``safe`` if it cannot change what a correct program means."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@attrs.frozen(eq=False, repr=False)
class TraceStep(Frozen):
    """A state of a counter-example and the action taken there; ``action`` is None at the end.

    ``state`` maps state variables to plain values (see ``core.values.plain``), ``texts`` to how
    people read them where that is not how the plain value reads.
    """

    state: Mapping[str, Any]
    action: str | None = None
    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    texts: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(eq=False, repr=False)
class Diagnostic(Frozen):
    """One finding about a user's input.

    Attributes:
        code: ``GFSnnn``, a key of ``core.codes.CODES``.
        severity: Error, warning or note.
        message: The headline: lower case, what is wrong, without blame.
        primary: The place; None only for findings that have none (usage, a missing file).
        related: Further places, in this or in other files.
        notes: Facts that help to understand it.
        helps: What to do; each works when it is followed literally.
        fixes: Edits that ``gflowspec fix`` and editors can apply.
        trace: A counter-example, from the source state on.
        obligation: ``O1`` .. ``O9`` if this is about a proof.
        strength: The strength that the obligation reached.
    """

    code: str
    severity: Severity
    message: str
    primary: Label | None = None
    related: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    trace: tuple[TraceStep, ...] | None = None
    obligation: str | None = None
    strength: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether it makes a specification invalid."""
        return self.severity is Severity.ERROR


def sort_key(diagnostic: Diagnostic) -> tuple[str, int, str]:
    """Order by file, position and code; findings without a place come first."""
    if diagnostic.primary is None:
        return ("", -1, diagnostic.code)
    span = diagnostic.primary.span
    return (span.file.name, span.start, diagnostic.code)


def _identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    """What makes two findings one: code, message and places; how it was found does not count."""
    labels = (*([] if diagnostic.primary is None else [diagnostic.primary]), *diagnostic.related)
    places = tuple((label.span.file.name, label.span.start, label.span.end) for label in labels)
    unplaced = diagnostic.notes if diagnostic.primary is None else ()
    return (diagnostic.code, diagnostic.severity, diagnostic.message, places, unplaced)


@attrs.define
class DiagnosticBag:
    """Collects findings while a pass runs; the same finding at the same place counts once."""

    _items: list[Diagnostic] = attrs.field(factory=list)
    _known: set[tuple[object, ...]] = attrs.field(factory=set)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep ``diagnostic`` unless the same code and message stand at the same places already."""
        key = _identity(diagnostic)
        if key not in self._known:
            self._known.add(key)
            self._items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add several."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    @property
    def has_errors(self) -> bool:
        """Whether an error is among them."""
        return any(item.is_error for item in self._items)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them, in the order in which they are shown."""
        return tuple(sorted(self._items, key=sort_key))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
