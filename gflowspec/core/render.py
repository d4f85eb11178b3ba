"""Diagnostics -> text for people, JSON for programs, one-liners and GitHub annotations.

This is the only place that formats diagnostics. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gflowspec.core.diagnostics import Diagnostic, Edit, Fix, Label, Severity, TraceStep, sort_key
from gflowspec.core.snippet import Row, snippet
from gflowspec.core.source import Position, Span

#: How many findings are shown before "and 7 more".
MAX_SHOWN = 20
_LINE = 100  # a trace that is longer than this is shown one step on a line

#: Puts a text into a colour.
Painter = Callable[[str, str], str]

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_BLUE = "\x1b[1;34m"
_COLORS = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
}


# ---- text -------------------------------------------------------------------------------------


def to_text(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """The full form, with source lines and marks; no line break at the end."""
    paint = _painter(color)
    accent = _COLORS[diagnostic.severity]
    head = paint(f"{diagnostic.severity.value}[{diagnostic.code}]", accent)
    lines = [f"{head}{paint(': ' + diagnostic.message, _BOLD)}"]
    rows: tuple[Row, ...] = ()
    related = diagnostic.related
    if diagnostic.primary is not None:
        rows = snippet(diagnostic.primary, related)
    width = 1 + max((len(row.gutter) for row in rows if row.gutter), default=1)
    lines.extend(_row(row, width, accent, paint) for row in rows)
    margin = " " * width
    for kind, text in _remarks(diagnostic):
        body = text.replace("\n", "\n" + " " * (width + len(kind) + 5))
        lines.append(f"{margin} {paint('=', _BLUE)} {paint(kind + ':', _BOLD)} {body}")
    return "\n".join(lines)


def to_report(
    diagnostics: Iterable[Diagnostic], *, limit: int = MAX_SHOWN, color: bool = False
) -> str:
    """Several findings in display order, then how many were left out; ``limit`` 0 shows all."""
    ordered = sorted(diagnostics, key=sort_key)
    visible = ordered[:limit] if limit else ordered
    parts = [to_text(item, color=color) for item in visible]
    if len(ordered) > len(visible):
        parts.append(f"and {len(ordered) - len(visible)} more")
    return "\n\n".join(parts)


def to_concise(diagnostic: Diagnostic) -> str:
    """One line: ``file:line:column: error[GFS001]: message``."""
    place = "" if diagnostic.primary is None else f"{diagnostic.primary.span}: "
    return f"{place}{diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.message}"


def trace_text(trace: Sequence[TraceStep]) -> str:
    """A counter-example: ``x = 0 --step(i = 0)--> x = 1``; long ones with a step on each line."""
    parts = [_trace_step(step) for step in trace]
    line = " ".join(parts)
    return line if len(line) <= _LINE else "\n".join(parts)


def _painter(color: bool) -> Painter:
    def paint(text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if color and text else text

    return paint


def _row(row: Row, width: int, accent: str, paint: Painter) -> str:
    if row.role == "place":
        arrow, place = row.text.split(" ", 1)
        return f"{' ' * width}{paint(arrow, _BLUE)} {place}"
    if row.role == "gap":
        return paint(row.text, _BLUE)
    bar = paint(f"{row.gutter or '':>{width}} |", _BLUE)
    if row.role == "source":
        return f"{bar} {row.text}".rstrip()
    return f"{bar} {paint(row.text, accent if row.role == 'primary' else _BLUE)}"


def _remarks(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    remarks: list[tuple[str, str]] = []
    if diagnostic.trace:
        remarks.append(("trace", trace_text(diagnostic.trace)))
    if diagnostic.primary is None:
        remarks.extend(("note", f"{label.span}: {label.text}") for label in diagnostic.related)
    remarks.extend(("note", note) for note in diagnostic.notes)
    remarks.extend(("help", text) for text in diagnostic.helps)
    remarks.append(("see", f"gflowspec explain {diagnostic.code}"))
    return remarks


def _trace_step(step: TraceStep) -> str:
    shown = {name: step.texts.get(name, _value(value)) for name, value in step.state.items()}
    state = ", ".join(f"{name} = {value}" for name, value in shown.items()) or "{}"
    if step.action is None:
        return state
    arguments = ", ".join(f"{name} = {_value(value)}" for name, value in step.arguments.items())
    call = f"{step.action}({arguments})" if arguments else step.action
    return f"{state} --{call}-->"


def _value(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(map(_value, sorted(value)))}}}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_value(item)}' for key, item in value.items())}}}"
    return str(value)


# ---- JSON -------------------------------------------------------------------------------------


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The object of ``--format json``.

    Lines and columns are 1-based and count code points, ends are exclusive; ``offset`` and the
    places of edits are 0-based and count UTF-8 bytes.
    """
    primary, trace = diagnostic.primary, diagnostic.trace
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "primary": None if primary is None else _label_json(primary),
        "related": [_label_json(label) for label in diagnostic.related],
        "notes": [*diagnostic.notes, *(f"help: {text}" for text in diagnostic.helps)],
        "fixes": [_fix_json(fix) for fix in diagnostic.fixes],
        "trace": None if trace is None else [_step_json(step) for step in trace],
        "obligation": diagnostic.obligation,
        "strength": diagnostic.strength,
    }


def _label_json(label: Label) -> dict[str, Any]:
    span = label.span
    return {
        "file": span.file.name,
        "start": _position_json(span.file.position(span.start)),
        "end": _position_json(span.file.position(span.end)),
        "label": label.text,
    }


def _position_json(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column, "offset": position.offset}


def _fix_json(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [_edit_json(edit) for edit in fix.edits],
    }


def _edit_json(edit: Edit) -> dict[str, Any]:
    start, end = _offsets(edit.span)
    return {"file": edit.span.file.name, "start": start, "end": end, "text": edit.text}


def _offsets(span: Span) -> tuple[int, int]:
    return span.file.position(span.start).offset, span.file.position(span.end).offset


def _step_json(step: TraceStep) -> dict[str, Any]:
    return {
        "state": dict(step.state),
        "action": step.action,
        "arguments": dict(step.arguments),
    }


# ---- GitHub -----------------------------------------------------------------------------------


def to_github(diagnostic: Diagnostic) -> str:
    """A workflow command that annotates a pull request."""
    command = "notice" if diagnostic.severity is Severity.NOTE else diagnostic.severity.value
    fields = {"title": diagnostic.code}
    if diagnostic.primary is not None:
        span = diagnostic.primary.span
        start, end = span.file.position(span.start), span.file.position(span.end)
        fields |= {
            "file": span.file.name,
            "line": str(start.line),
            "endLine": str(end.line),
            "col": str(start.column),
            "endColumn": str(end.column),
        }
    shown = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in fields.items())
    text = "\n".join([diagnostic.message, *diagnostic.notes, *diagnostic.helps])
    return f"::{command} {shown}::{_escaped(text, '')}"


def _escaped(text: str, more: str) -> str:
    """Percent-encode what ends a field of a workflow command."""
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
