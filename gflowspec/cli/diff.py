"""``gflowspec diff``: where two specifications, or runs, differ in meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output

if TYPE_CHECKING:
    from gflowspec.compiler.front import Checked
    from gflowspec.core.diagnostics import Diagnostic
    from gflowspec.ir.diff import Change, Part


@attrs.frozen(kw_only=True)
class Side:
    """One of the two that are compared."""

    checked: Checked
    hashes: dict[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()


@click.command("diff")
@click.argument("a")
@click.argument("b")
@verb
def diff(output: Output, a: str, b: str) -> Answer:
    """List where two specifications or runs differ in meaning.

    A and B are files, file.gfs:name, or runs. Layout, comments and names of binders do not count.
    If one of them names an environment, only the environments are compared.
    """
    from gflowspec.cli.specs import merged
    from gflowspec.compiler.meaning import instance_parts, parts_of
    from gflowspec.ir.diff import changes

    one, other = _side(a), _side(b)
    whole = one.checked.config is not None and other.checked.config is not None
    parts = parts_of if whole else instance_parts
    found = changes(parts(one.checked), parts(other.checked))
    payload = {
        "equal": not found,
        "hashes": {"a": one.hashes, "b": other.hashes},
        "changes": [_plain(change) for change in found],
    }
    return Answer(
        payload=payload,
        text=_text(found, one, other),
        diagnostics=merged(one.diagnostics, other.diagnostics),
    )


def _side(text: str) -> Side:
    """What a file or a run specifies.

    Raises:
        UsageError: There is neither such a file nor such a run.
        SpecInvalid: It has errors.
    """
    from gflowspec.cli.specs import instance
    from gflowspec.ir.hashes import environment_hash, hashes

    if _is_run(text):
        from gflowspec.runs.kept import kept_job
        from gflowspec.tracking.project import Project

        job = kept_job(Project.find().find_run(text))
        return Side(checked=job.checked, hashes=dict(job.hashes))
    target = instance(text, ())
    made = target.checked.instance
    if target.checked.config is None:
        found = {"env": environment_hash(made.environment)}
    else:
        found = hashes(made, target.checked.config)
    return Side(checked=target.checked, hashes=found, diagnostics=target.diagnostics)


def _is_run(text: str) -> bool:
    """Whether a word means a run: it is no file and does not look like one."""
    if Path(text).is_file():
        return False
    return ".gfs" not in text or (Path(text) / "run.json").is_file()


def _plain(change: Change) -> dict[str, Any]:
    sides = {"a": change.before, "b": change.after}
    values = {name: None if part is None else _value(part) for name, part in sides.items()}
    return {"path": change.path, **values, "at": {n: _place(part) for n, part in sides.items()}}


def _value(part: Part) -> Any:
    from gflowspec.tracking.description import json_value

    return json_value(part.value)


def _place(part: Part | None) -> str | None:
    return None if part is None or part.span is None else str(part.span)


def _text(found: Sequence[Change], one: Side, other: Side) -> str:
    if not found:
        return "no difference in meaning"
    lines: list[str] = []
    for change in found:
        lines.append(change.path)
        for mark, part in (("-", change.before), ("+", change.after)):
            if part is not None:
                place = _place(part)
                lines.append(f"  {mark} {_shown(part)}" + (f"    ({place})" if place else ""))
    same = [name for name, value in one.hashes.items() if other.hashes.get(name) == value]
    return "\n".join([*lines, "", f"equal hashes: {', '.join(same) or 'none'}"])


def _shown(part: Part) -> str:
    value = _value(part)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return "none" if value is None else str(value) or "nothing"
