"""``gflowspec graph``: the state graph of a small instance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import settings, verb
from gflowspec.cli.output import Output
from gflowspec.cli.usage import usage
from gflowspec.core.errors import TooManyStates, UsageError

if TYPE_CHECKING:
    from gflowspec.ir.derived import Derived


@click.command("graph")
@click.argument("spec")
@settings
@click.option("--full", is_flag=True, help="The instance itself instead of its scope.")
@click.option(
    "--as",
    "as_",
    type=click.Choice(["dot", "svg", "graphml", "json"]),
    default="dot",
    help="Format of the graph.",
)
@click.option("-o", "--output", "target", default=None, metavar="FILE", help="Where to write it.")
@verb
def graph(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    full: bool,
    as_: str,
    target: str | None,
) -> Answer:
    """Print or write the state graph at the scope of an environment."""
    from gflowspec.cli.specs import instance
    from gflowspec.compiler.graphs import plain

    found = instance(spec, settings)
    derived = found.checked.derived if full else found.checked.small
    if as_ == "svg" and target is None:
        raise UsageError(usage("GFS600", "a picture needs a file", helps=["add -o states.svg"]))
    made = _built(derived)
    payload: dict[str, Any] = {
        "nodes": made.number_of_nodes(),
        "edges": made.number_of_edges(),
        "file": target,
    }
    if as_ == "json":
        payload["graph"] = plain(made)
    text = _write(derived, made, as_, target)
    return Answer(payload=payload, text=text, diagnostics=found.diagnostics)


def _built(derived: Derived) -> Any:
    from gflowspec.compiler.graphs import state_graph

    try:
        return state_graph(derived)
    except TooManyStates as error:
        helps = ["leave --full out, or make the instance smaller with -s environment.NAME=VALUE"]
        said = f"more than {error.limit:,} states cannot be shown"
        raise UsageError(usage("GFS600", said, helps=helps)) from None


def _write(derived: Derived, made: Any, as_: str, target: str | None) -> str:
    from gflowspec.compiler.graphs import plain, state_graphml, to_dot

    path = None if target is None else Path(target)
    try:
        if as_ == "svg" and path is not None:
            from gflowspec.runs.states import draw_state_graph

            draw_state_graph(derived, path)
        else:
            text = {
                "json": lambda: json.dumps(plain(made)) + "\n",
                "graphml": lambda: state_graphml(plain(made)),
                "dot": lambda: to_dot(made),
            }[as_]()
            if path is None:
                return text
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {target}: {error.strerror}")) from None
    states, edges = made.number_of_nodes(), made.number_of_edges()
    return f"wrote {target}: {states:,} states, {edges:,} edges"
