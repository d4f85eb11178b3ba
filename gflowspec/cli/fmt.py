"""``gflowspec fmt``: the canonical layout."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import attrs
import click

from gflowspec.cli.answer import INVALID, Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.paths import gfs_files
from gflowspec.cli.usage import usage
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import UsageError
from gflowspec.core.source import SourceFile


@attrs.frozen(kw_only=True)
class _Formatted:
    """A file before and after; ``after`` is None where it does not parse."""

    path: str
    before: str = ""
    after: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def differs(self) -> bool:
        return self.after is not None and self.after != self.before

    @property
    def diff(self) -> str:
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            (self.after or "").splitlines(keepends=True),
            f"{self.path} (now)",
            f"{self.path} (formatted)",
        )
        return "".join(lines)


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--check", "check_only", is_flag=True, help="Change nothing; exit 1 if a file differs."
)
@click.option("--diff", "show_diff", is_flag=True, help="Change nothing; print what would change.")
@verb
def fmt(output: Output, paths: tuple[str, ...], check_only: bool, show_diff: bool) -> Answer:
    """Bring files into the canonical layout (directories: all .gfs below; - reads stdin)."""
    if paths == ("-",):
        return _stdin(output)
    results = [_format(path) for path in gfs_files(paths)]
    writes = not (check_only or show_diff)
    for result in results:
        if writes and result.differs:
            _write(result)
    return _answer(results, check_only=check_only, show_diff=show_diff, quiet=output.quiet)


def _answer(results: list[_Formatted], *, check_only: bool, show_diff: bool, quiet: bool) -> Answer:
    changed = [item.path for item in results if item.differs]
    unchanged = [item.path for item in results if item.after is not None and not item.differs]
    if show_diff:
        text = "".join(item.diff for item in results if item.differs)
    elif quiet and not check_only:
        text = ""  # what was done is no answer; what would change is
    else:
        word = "would change" if check_only else "formatted"
        text = "\n".join(f"{word} {path}" for path in changed)
    return Answer(
        payload={"changed": changed, "unchanged": unchanged},
        text=text,
        diagnostics=[found for item in results for found in item.diagnostics],
        code=INVALID if check_only and changed else 0,
        with_diagnostics=True,
    )


def _format(path: str) -> _Formatted:
    from gflowspec.lang.formatter import format_source
    from gflowspec.lang.syntax.parser import read_source

    source, unreadable = read_source(path)
    if source is None:
        return _Formatted(path=path, diagnostics=tuple(unreadable))
    after, found = format_source(source)
    return _Formatted(path=path, before=source.text, after=after, diagnostics=tuple(found))


def _write(result: _Formatted) -> None:
    try:
        Path(result.path).write_text(result.after or "", encoding="utf-8", newline="")
    except OSError as error:
        said = f"cannot write {result.path}: {error.strerror}"
        raise UsageError(usage("GFS601", said)) from None


def _stdin(output: Output) -> Answer:
    from gflowspec.lang.formatter import format_source

    text = sys.stdin.read()
    after, found = format_source(SourceFile("<stdin>", text))
    changed = after is not None and after != text
    payload = {
        "changed": ["<stdin>"] if changed else [],
        "unchanged": ["<stdin>"] if after is not None and not changed else [],
    }
    if output.json and after is not None:
        payload["text"] = [after]
    return Answer(payload=payload, text=after or "", diagnostics=found, with_diagnostics=True)
