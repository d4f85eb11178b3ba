"""``gflowspec graph``: the state graph of a small instance, or of a run with its flows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import settings, trusting, verb
from gflowspec.cli.output import Output
from gflowspec.cli.usage import usage
from gflowspec.core.errors import TooManyStates, UsageError

if TYPE_CHECKING:
    from gflowspec.core.diagnostics import Diagnostic
    from gflowspec.ir.derived import Derived

FORMATS = ("dot", "svg", "graphml", "json")


@attrs.frozen(kw_only=True)
class Made:
    """A state graph as networkx holds it, with what it is the graph of."""

    derived: Derived
    graph: Any
    heading: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()


@click.command("graph")
@click.argument("spec", required=False)
@settings
@click.option("--full", is_flag=True, help="The instance itself instead of its scope.")
@click.option(
    "--as",
    "as_",
    type=click.Choice(FORMATS),
    default=None,
    help="Format of the graph; that of FILE if left out, else dot.",
)
@click.option("-o", "--output", "target", default=None, metavar="FILE", help="Where to write it.")
@click.option(
    "--run",
    "run",
    default=None,
    metavar="RUN",
    help="Show P_F, P_B and the flows that a run has learned; SPEC may be left out.",
)
@trusting
@verb
def graph(
    output: Output,
    spec: str | None,
    settings: tuple[str, ...],
    full: bool,
    as_: str | None,
    target: str | None,
    run: str | None,
    granted: tuple[str, ...],
) -> Answer:
    """Print or write the state graph at the scope of an environment."""
    from gflowspec.compiler.graphs import plain

    kind = as_ or _kind_of(target)
    if run is not None:
        made = _of_run(run, spec, settings, granted)
    elif spec is not None:
        made = _of_spec(spec, settings, full=full)
    else:
        raise UsageError(usage("GFS600", "graph needs a SPEC, or a run", helps=["add --run RUN"]))
    payload: dict[str, Any] = {
        "nodes": made.graph.number_of_nodes(),
        "edges": made.graph.number_of_edges(),
        "file": target,
    }
    if kind == "json":
        payload["graph"] = plain(made.graph)
    text = _write(made, kind, target)
    return Answer(payload=payload, text=text, diagnostics=made.diagnostics)


def _kind_of(target: str | None) -> str:
    """The format that the name of a file means."""
    suffix = "" if target is None else Path(target).suffix.lstrip(".")
    return suffix if suffix in FORMATS else "dot"


def _of_spec(spec: str, settings: tuple[str, ...], *, full: bool) -> Made:
    from gflowspec.cli.specs import instance

    found = instance(spec, settings)
    derived = found.checked.derived if full else found.checked.small
    helps = ["leave --full out, or make the instance smaller with -s environment.NAME=VALUE"]
    made = _built(derived, helps)
    return Made(derived=derived, graph=made, diagnostics=found.diagnostics)


def _of_run(
    run: str, spec: str | None, settings: tuple[str, ...], granted: tuple[str, ...]
) -> Made:
    """The full instance of a run; a file that is named as well must specify the same one."""
    from gflowspec.runs.kept import kept_job
    from gflowspec.tracking.project import Project

    found = Project.find().find_run(run)
    job = kept_job(found)
    if spec is not None:
        _demand_equal(spec, settings, found.info.run_id, job.hashes["env"])
    made = _built(job.checked.derived, ["its flows can be seen in `sample` and `show`"])
    # torch is loaded from here on
    from gflowspec.runs.flows import add_flows
    from gflowspec.runs.recall import recall

    prepared = recall(found.directory, granted)
    add_flows(made, prepared)
    return Made(derived=job.checked.derived, graph=made, heading=f"flows of {found.info.name}")


def _demand_equal(spec: str, settings: tuple[str, ...], run_id: str, env_hash: str) -> None:
    from gflowspec.cli.specs import instance
    from gflowspec.ir.hashes import environment_hash

    environment = instance(spec, settings).checked.instance.environment
    if environment_hash(environment) != env_hash:
        said = f"run {run_id} was trained on another environment than {spec} specifies"
        helps = [f"see where they differ: gflowspec diff {run_id} {spec}", "leave the SPEC out"]
        raise UsageError(usage("GFS600", said, helps=helps))


def _built(derived: Derived, helps: list[str]) -> Any:
    from gflowspec.compiler.graphs import state_graph

    try:
        return state_graph(derived)
    except TooManyStates as error:
        said = f"more than {error.limit:,} states cannot be shown"
        raise UsageError(usage("GFS600", said, helps=helps)) from None


def _write(made: Made, kind: str, target: str | None) -> str:
    """Write the graph; returns its text, or what is said instead."""
    text = _text(made, kind)
    if target is None:
        return text
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {target}: {error.strerror}")) from None
    states, edges = made.graph.number_of_nodes(), made.graph.number_of_edges()
    return f"wrote {target}: {states:,} states, {edges:,} edges"


def _text(made: Made, kind: str) -> str:
    from gflowspec.compiler.graphs import plain, state_graphml, to_dot
    from gflowspec.pages.pictures import state_graph_picture

    match kind:
        case "json":
            return json.dumps(plain(made.graph)) + "\n"
        case "graphml":
            return state_graphml(plain(made.graph))
        case "svg":
            return state_graph_picture(made.derived.environment, made.graph, made.heading)
        case _:
            return to_dot(made.graph)
