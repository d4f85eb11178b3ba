"""A document as data, and as Markdown or as one page of HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import attrs

from gflowspec.pages.html import page


@attrs.frozen
class Heading:
    """A heading of level 1 or 2."""

    text: str
    level: int = 2


@attrs.frozen
class Text:
    """A paragraph; names stand in backquotes."""

    text: str


@attrs.frozen
class Commands:
    """Lines for a shell."""

    lines: Sequence[str]


@attrs.frozen
class Table:
    """Rows of texts under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@attrs.frozen
class Points:
    """A list."""

    items: Sequence[str]


@attrs.frozen
class Picture:
    """A picture that was drawn as ``.png`` and ``.svg`` under one name without its ending."""

    path: Path


Block = Heading | Text | Commands | Table | Points | Picture


def markdown(blocks: Sequence[Block], folder: Path) -> str:
    """As Markdown; pictures are named relative to ``folder``."""
    return "\n\n".join(_markdown(block, folder) for block in blocks) + "\n"


def _markdown(block: Block, folder: Path) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"{'#' * level} {text}"
        case Text(text=text):
            return text
        case Commands(lines=lines):
            return "\n".join(f"    {line}" for line in lines)
        case Points(items=items):
            return "\n".join(f"* {item}" for item in items)
        case Picture(path=path):
            place = path.with_suffix(".png").relative_to(folder).as_posix()
            return f"![{path.stem}]({place})"
        case Table(header=header, rows=rows):
            lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
            return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def html(blocks: Sequence[Block]) -> str:
    """As one page with its pictures inside.

    Raises:
        OSError: A picture cannot be read.
    """
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    return page(title, [_html(block) for block in blocks])


def _html(block: Block) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Text(text=text):
            return f"<p>{_inline(text)}</p>"
        case Commands(lines=lines):
            return f"<pre>{escape(chr(10).join(lines))}</pre>"
        case Points(items=items):
            return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
        case Picture(path=path):
            text = path.with_suffix(".svg").read_text(encoding="utf-8")
            drawing = text[text.index("<svg") :]
            # two drawings of one page must not share the names of their parts
            own = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{path.stem}-", drawing)
            return f"<figure>{_sized(own)}</figure>"
        case Table(header=header, rows=rows):
            head = "".join(f"<th>{_inline(item)}</th>" for item in header)
            body = "".join(
                f"<tr>{''.join(f'<td>{_inline(item)}</td>' for item in row)}</tr>" for row in rows
            )
            return f"<table><tr>{head}</tr>{body}</table>"


def _sized(drawing: str) -> str:
    """As wide as the page; the height follows from the view box."""
    end = drawing.index(">")
    opening = re.sub(r' (width|height)="[^"]*"', "", drawing[:end])
    return f'{opening} width="100%"{drawing[end:]}'


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))
