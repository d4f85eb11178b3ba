"""``gflowspec docs``: a page for each environment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.paths import gfs_files
from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.core.diagnostics import Diagnostic
    from gflowspec.pages.environment import Subject


@click.command("docs")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o",
    "--output",
    "target",
    default="gfs-docs",
    metavar="DIR",
    help="Where to write; gfs-docs if left out.",
)
@verb
def docs(output: Output, paths: tuple[str, ...], target: str) -> Answer:
    """Write a page for each environment of files or directories, and an index.

    A page shows the documentation, state, actions with their derived inverses and masks, proofs,
    sizes, rewards and the state graph at the scope. It is one HTML file that needs nothing else.
    """
    from gflowspec.pages.site import pages

    found: list[tuple[str, Subject]] = []
    problems: list[Diagnostic] = []
    for path in gfs_files(paths):
        subjects, diagnostics = _read(path)
        found += [(path, subject) for subject in subjects]
        problems += diagnostics
    written = [str(path) for path in _write(Path(target), pages(found))]
    names = {"files": written, "environments": [item.node.name.text for _, item in found]}
    count = len(found)
    text = f"wrote {written[0]} and {count} {'page' if count == 1 else 'pages'}"
    return Answer(payload=names, text=text, diagnostics=problems)


def _read(path: str) -> tuple[Sequence[Subject], Sequence[Diagnostic]]:
    """The environments of a file that can be shown, and what is wrong with it."""
    from gflowspec.cli.specs import load, merged
    from gflowspec.compiler.front import check_library
    from gflowspec.core.errors import SpecInvalid
    from gflowspec.pages.site import subjects

    try:
        spec, found = load(path, ())
    except SpecInvalid as error:
        return (), error.diagnostics
    checked, more = check_library(spec, known=found)
    everything = merged(found, more)
    return list(subjects(spec, checked)), [item for item in everything if item.is_error]


def _write(folder: Path, texts: dict[str, str]) -> list[Path]:
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
            written.append(folder / name)
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {folder}: {error.strerror}")) from None
    return written
