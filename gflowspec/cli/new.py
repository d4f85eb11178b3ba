"""``gflowspec new``: commented starter files."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.usage import unknown_word, usage
from gflowspec.core.errors import UsageError


def templates() -> dict[str, Traversable]:
    """The starter files by name."""
    folder = files("gflowspec.cli") / "templates"
    found = (item for item in folder.iterdir() if item.name.endswith(".gfs"))
    return {item.name.removesuffix(".gfs"): item for item in sorted(found, key=lambda x: x.name)}


@click.command("new")
@click.argument("template", default="custom")
@click.option("-o", "--output", "target", default=None, metavar="FILE", help="Where to write it.")
@click.option("--list", "list_", is_flag=True, help="List the templates.")
@verb
def new(output: Output, template: str, target: str | None, list_: bool) -> Answer:
    """Write a commented starter file (default: an environment of your own)."""
    known = templates()
    if list_:
        return Answer(payload={"file": None, "templates": list(known)}, text="\n".join(known))
    if template not in known:
        raise UsageError(unknown_word("template", template, known))
    path = Path(target or f"{template}.gfs")
    text = known[template].read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        helps = ["give another name: -o FILE"]
        raise UsageError(usage("GFS600", f"{path} exists already", helps=helps)) from None
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {path}: {error.strerror}")) from None
    said = f"wrote {path}; next: gflowspec check {path}, then gflowspec run {path}"
    return Answer(payload={"file": str(path), "templates": list(known)}, text=said)
