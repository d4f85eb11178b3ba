"""``gflowspec data``: the directory of tables and weights that specifications share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.tables import columns
from gflowspec.cli.usage import no_such_file, usage
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.compiler.data.directory import DataFile


@click.group("data")
def data() -> None:
    """Look after the data directory, `gfs:data/...` in specifications.

    It is $GFLOWSPEC_DATA if that is set, else gflowspec/data in the user's cache folder.
    """


@data.command("list")
@verb
def list_(output: Output) -> Answer:
    """List the files that are known or present; they are hashed."""
    del output
    found = _files()
    return Answer(payload=_payload(found), text=_text(found))


@data.command("add")
@click.argument("file", metavar="FILE")
@click.option("--name", default=None, metavar="NAME", help="What it is called there.")
@verb
def add(output: Output, file: str, name: str | None) -> Answer:
    """Copy FILE into the data directory and write its hash down."""
    from gflowspec.compiler.data.directory import NotAdded
    from gflowspec.compiler.data.directory import add as add_file

    del output
    path = Path(file)
    if not path.is_file():
        raise UsageError(no_such_file(file))
    try:
        added = add_file(path, name or path.name)
    except NotAdded as error:
        raise UsageError(usage("GFS600", str(error))) from None
    except OSError as error:
        raise UsageError(usage("GFS601", _cannot(error))) from None
    written = f'file("gfs:data/{added.name}", sha256 = "{added.found}")'
    return Answer(
        payload=_payload([added]), text=f"added {added.name}; in a specification:\n\n  {written}"
    )


@data.command("verify")
@verb
def verify(output: Output) -> Answer:
    """Compare every file with its hash; exit 1 if one is another file than it should be."""
    del output
    found = _files()
    wrong = [_wrong(item) for item in found if item.is_wrong]
    return Answer(payload=_payload(found), text=_text(found), diagnostics=wrong)


def _files() -> Sequence[DataFile]:
    from gflowspec.compiler.data.directory import data_files

    try:
        return data_files()
    except OSError as error:
        raise UsageError(usage("GFS601", _cannot(error))) from None


def _cannot(error: OSError) -> str:
    from gflowspec.core.resources import data_directory

    return f"{error.filename or data_directory()}: {error.strerror}"


def _payload(found: Sequence[DataFile]) -> dict[str, Any]:
    return {
        "files": [
            {
                "name": item.name,
                "present": item.found is not None,
                "sha256": item.expected or item.found or "",
                "verified": item.verified,
            }
            for item in found
        ]
    }


def _text(found: Sequence[DataFile]) -> str:
    from gflowspec.core.resources import data_directory

    if not found:
        return f"no files in {data_directory()}"
    rows = [[item.name, _state(item), item.expected or item.found or ""] for item in found]
    return f"{data_directory()}\n\n" + columns(rows, ("file", "state", "sha256"))


def _state(item: DataFile) -> str:
    if item.found is None:
        return f"missing, {item.needed_by} reads it" if item.needed_by else "missing"
    if item.is_wrong:
        return "another file"
    return "verified" if item.verified else "present, no hash to compare with"


def _wrong(item: DataFile) -> Diagnostic:
    return Diagnostic(
        "GFS202",
        Severity.ERROR,
        f"`{item.name}` of the data directory is not the file whose hash is known",
        notes=(f"its hash is  {item.found}", f"known is      {item.expected}"),
        helps=("get the right file, or register this one: `gflowspec data add FILE`",),
    )
