"""A small algebra of layouts: what may be broken into lines, and how it is indented.

After Wadler, "A prettier printer" (2003), with fills and with comments, which force line breaks.
A document is a string, a tuple of documents, or one of the classes below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

WIDTH = 100


@attrs.frozen
class Line:
    """``flat`` if the enclosing group fits on a line, else a line break."""

    flat: str = " "


@attrs.frozen
class Hard:
    """A line break, preceded by an empty line if ``blank``; enclosing groups cannot be flat."""

    blank: bool = False


@attrs.frozen
class Remark:
    """A comment, behind the text on its line if ``trailing``; a line break follows it."""

    text: str
    trailing: bool


@attrs.frozen
class Group:
    """Flat if it fits on the line, else all its lines break."""

    body: Document


@attrs.frozen
class Flat:
    """On one line, whether it fits or not."""

    body: tuple[Document, ...]


@attrs.frozen
class Nest:
    """Breaks in ``body`` are indented by ``by`` more columns."""

    by: int
    body: Document


@attrs.frozen
class Align:
    """Breaks in ``body`` continue at the column where it begins, moved by ``shift``."""

    body: Document
    shift: int = 0


@attrs.frozen
class IfBroken:
    """``broken`` if the enclosing group is broken, else nothing."""

    broken: str


@attrs.frozen
class Fill:
    """As many ``items`` on each line as fit, with ``Line()`` between them."""

    items: tuple[Document, ...]
    first: int = 0


Document: TypeAlias = (
    str
    | tuple["Document", ...]
    | Line
    | Hard
    | Remark
    | Group
    | Flat
    | Nest
    | Align
    | IfBroken
    | Fill
)


def join(separator: Document, items: Sequence[Document]) -> Document:
    """The items with ``separator`` between them."""
    parts: list[Document] = []
    for index, item in enumerate(items):
        if index:
            parts.append(separator)
        parts.append(item)
    return tuple(parts)


def flat_width(document: Document) -> int | None:
    """Width of the document on one line; None if it cannot be on one."""
    width = 0
    waiting: list[Document] = [document]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            width += len(item)
        elif isinstance(item, Line):
            width += len(item.flat)
        elif isinstance(item, Hard | Remark):
            return None
        else:
            waiting.extend(reversed(_parts(item)))
    return width


def render(document: Document) -> str:
    """The text, with a line break at its end and no blanks at the ends of lines."""
    page = _Page()
    stack = [_Task(0, False, document)]
    while stack:
        _step(page, stack, stack.pop())
    return page.finish()


@attrs.frozen
class _Task:
    indent: int
    flat: bool
    document: Document


@attrs.define
class _Page:
    """The text so far. A line is fresh while nothing but indentation stands on it."""

    lines: list[str] = attrs.field(factory=list)
    line: str = ""
    fresh: bool = True
    remarked: bool = False

    def write(self, text: str) -> None:
        if text:
            self.line += text
            self.fresh = False

    def newline(self, indent: int) -> None:
        """Begin a line, unless this one is still fresh."""
        if not self.fresh:
            self.lines.append(self.line.rstrip())
            self.remarked = False
        self.line = " " * indent
        self.fresh = True

    def blank(self, indent: int) -> None:
        """Begin a line with an empty one in front of it."""
        self.newline(indent)
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def remark(self, remark: Remark, indent: int) -> None:
        if remark.trailing and not self.fresh:
            self.line = f"{self.line.rstrip()}  {remark.text}"
        elif remark.trailing and self.lines and self.lines[-1] and not self.remarked:
            self.lines[-1] += f"  {remark.text}"
            self.remarked = True
            return
        else:
            self.newline(indent)
            self.write(remark.text)
        self.newline(indent)
        self.remarked = True

    def finish(self) -> str:
        self.newline(0)
        return "\n".join(self.lines) + "\n"


def _step(page: _Page, stack: list[_Task], task: _Task) -> None:  # noqa: C901 - one case for each kind of document
    indent, flat, item = task.indent, task.flat, task.document
    if isinstance(item, str):
        page.write(item)
    elif isinstance(item, Line):
        if flat:
            page.write(item.flat)
        else:
            page.newline(indent)
    elif isinstance(item, Hard):
        (page.blank if item.blank else page.newline)(indent)
    elif isinstance(item, Remark):
        page.remark(item, indent)
    elif isinstance(item, IfBroken):
        page.write("" if flat else item.broken)
    elif isinstance(item, Group):
        fits = flat or _fits(WIDTH - len(page.line), item.body, stack)
        stack.append(_Task(indent, fits, item.body))
    elif isinstance(item, Flat):
        stack.append(_Task(indent, True, item.body))
    elif isinstance(item, Nest):
        stack.append(_Task(indent + item.by, flat, item.body))
    elif isinstance(item, Align):
        column = max(indent + 2, len(page.line) + item.shift)
        stack.append(_Task(column, flat, item.body))
    elif isinstance(item, Fill):
        _fill(page, stack, task, item)
    else:
        stack.extend(_Task(indent, flat, part) for part in reversed(item))


def _fill(page: _Page, stack: list[_Task], task: _Task, fill: Fill) -> None:
    """Push the next item of a fill, and the rest of it below."""
    if fill.first >= len(fill.items):
        return
    current = fill.items[fill.first]
    following = Fill(fill.items, fill.first + 1)
    last = following.first == len(fill.items)
    if not last:
        stack.append(_Task(task.indent, task.flat, following))
    rest = stack if last else []
    if fill.first == 0:
        stack.append(_Task(task.indent, task.flat, Group(current)))
    elif task.flat or _fits(WIDTH - len(page.line), (" ", current), rest):
        stack.append(_Task(task.indent, True, (" ", current)))
    else:
        stack.append(_Task(task.indent, False, (Line(), Group(current))))


def _fits(room: int, document: Document, rest: Sequence[_Task]) -> bool:
    """Whether ``document`` is flat within ``room`` columns, up to the next break in ``rest``."""
    waiting: list[tuple[bool, Document]] = [(True, document)]
    below = len(rest)
    own = True
    while room >= 0:
        if not waiting:
            if below == 0:
                return True
            below -= 1
            own = False
            waiting.append((rest[below].flat, rest[below].document))
        flat, item = waiting.pop()
        if isinstance(item, str):
            room -= len(item)
        elif isinstance(item, Line):
            if not flat:
                return True
            room -= len(item.flat)
        elif isinstance(item, Hard | Remark):
            return not own
        else:
            inner = flat or isinstance(item, Group | Flat)
            waiting.extend((inner, part) for part in reversed(_parts(item)))
    return False


def _parts(item: Document) -> tuple[Document, ...]:
    """What a document is made of, if all of it is on one line."""
    if isinstance(item, tuple):
        return item
    if isinstance(item, Group | Flat | Nest | Align):
        return (item.body,)
    if isinstance(item, Fill):
        return (join(Line(), item.items[item.first :]),)
    return ()
