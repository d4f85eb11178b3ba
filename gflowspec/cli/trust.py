"""``gflowspec trust``: which functions in Python may run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.paths import split_spec
from gflowspec.cli.tables import pairs
from gflowspec.cli.usage import usage
from gflowspec.core.errors import SpecInvalid, UsageError

if TYPE_CHECKING:
    from gflowspec.compiler.externs.locate import Located


@click.command("trust")
@click.argument("spec")
@click.option("--list", "listing", is_flag=True, help="Change nothing; show what would be trusted.")
@click.option("--remove", is_flag=True, help="Trust the functions of SPEC no longer.")
@verb
def trust(output: Output, spec: str, listing: bool, remove: bool) -> Answer:
    """Let the functions in Python that SPEC and its imports declare run, as their files are now.

    Read the files first: a function may do whatever you may do. A file that changes is asked for
    again; what it imports is not watched.
    """
    from gflowspec.cli.specs import load
    from gflowspec.compiler.externs import trust as store
    from gflowspec.compiler.externs.declared import declared_functions

    del output
    path, _ = split_spec(spec)
    loaded, found = load(path, ())
    if any(item.is_error for item in found):
        raise SpecInvalid(found)
    functions, more = declared_functions(loaded)
    if any(item.is_error for item in more):
        raise SpecInvalid(more)
    if not listing:
        try:
            (store.distrust if remove else store.trust)(functions)
        except OSError as error:
            said = f"the list of trusted functions cannot be written: {error.strerror}"
            raise UsageError(usage("GFS601", said)) from None
    return Answer(
        payload={"functions": [_plain(item) for item in functions]},
        text=_text(functions, path),
        diagnostics=more,
    )


def _plain(item: Located) -> dict[str, Any]:
    from gflowspec.compiler.externs.trust import is_trusted

    return {
        "python": item.target,
        "distribution": item.distribution,
        "file": item.file,
        "sha256": item.sha256,
        "trusted": is_trusted(item),
    }


def _text(functions: Sequence[Located], path: str) -> str:
    if not functions:
        return f"{path} calls no function in Python"
    blocks = []
    for item in functions:
        plain = _plain(item)
        state = "trusted" if plain.pop("trusted") else "not trusted"
        blocks.append(pairs({"function": plain.pop("python"), **plain, "state": state}))
    return "\n\n".join(blocks)
