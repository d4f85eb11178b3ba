"""``gflowspec fix``: apply the fixes that diagnostics carry."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gflowspec.cli.answer import INVALID, Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.paths import gfs_files
from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.compiler.mending import Mended


@click.command("fix")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--unsafe", is_flag=True, help="Make fixes too that may not be what was meant.")
@click.option("--style", is_flag=True, help="Mend what `check --style` finds too.")
@click.option(
    "--check", "check_only", is_flag=True, help="Change nothing; exit 1 if there are fixes."
)
@click.option("--diff", "show_diff", is_flag=True, help="Change nothing; print what would change.")
@verb
def fix(
    output: Output,
    paths: tuple[str, ...],
    unsafe: bool,
    style: bool,
    check_only: bool,
    show_diff: bool,
) -> Answer:
    """Mend files (directories: all .gfs below) by the fixes of their diagnostics.

    What is left to say afterwards is printed as by check.
    """
    from gflowspec.compiler.mending import mend
    from gflowspec.components.discover import vocabulary

    mended = mend(gfs_files(paths), vocabulary(), unsafe=unsafe, style=style)
    writes = not (check_only or show_diff)
    if writes:
        for path in mended.changed:
            _write(path, mended.after[path])
    return Answer(
        payload={"changed": list(mended.changed), "fixed": len(mended.fixes)},
        text=_diff(mended) if show_diff else _summary(mended, writes=writes),
        diagnostics=mended.diagnostics,
        code=INVALID if check_only and mended.changed else 0,
        with_diagnostics=True,
    )


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {path}: {error.strerror}")) from None


def _diff(mended: Mended) -> str:
    lines: list[str] = []
    for path in mended.changed:
        lines += difflib.unified_diff(
            mended.before[path].splitlines(keepends=True),
            mended.after[path].splitlines(keepends=True),
            f"{path} (now)",
            f"{path} (fixed)",
        )
    return "".join(lines)


def _summary(mended: Mended, *, writes: bool) -> str:
    word = "fixed" if writes else "would fix"
    lines = [f"{word} {path}" for path in mended.changed]
    lines += [f"  {item.title}" for item in mended.fixes]
    return "\n".join(lines)
