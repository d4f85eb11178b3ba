"""``gflowspec compile``: every stage on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import settings, training_flags, trusting, verb, with_training_flags
from gflowspec.cli.output import Output
from gflowspec.cli.usage import unknown_word, usage
from gflowspec.core.errors import InternalError, SpecInvalid, TooManyStates, UsageError

if TYPE_CHECKING:
    from gflowspec.runs.prepared import Prepared


@click.command("compile")
@click.argument("spec")
@settings
@training_flags
@trusting
@click.option("-o", "--output", "target", default=None, metavar="DIR", help="Where to write.")
@click.option(
    "--emit",
    default=None,
    metavar="LIST",
    help="Only these, separated by commas: ir, obligations, program_graph, state_graph, models.",
)
@verb
def compile_(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    seed: int | None,
    device: str | None,
    tracker: str | None,
    target: str | None,
    emit: str | None,
    granted: tuple[str, ...],
) -> Answer:
    """Check and build an experiment, and write its stages as files."""
    from gflowspec.cli.jobs import job_of
    from gflowspec.cli.plan import models
    from gflowspec.runs.prepared import prepare

    chosen = _chosen(emit)
    job = job_of(spec, with_training_flags(settings, seed, device, tracker))
    prepared = prepare(job, granted=granted)
    folder = Path(target or f".gflowspec/build/{job.config.experiment}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [str(path) for name in chosen for path in EMITTERS[name](prepared, folder)]
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {folder}: {error.strerror}")) from None
    text = f"{prepared.owners_table()}\n\n" + "\n".join(f"wrote {path}" for path in files)
    return Answer(
        payload={"hashes": dict(job.hashes), "models": models(job), "files": files},
        text=text,
        diagnostics=job.diagnostics,
        with_diagnostics=True,
    )


def _chosen(emit: str | None) -> list[str]:
    if emit is None:
        return list(EMITTERS)
    names = [name.strip() for name in emit.split(",") if name.strip()]
    for name in names:
        if name not in EMITTERS:
            raise UsageError(unknown_word("stage", name, EMITTERS))
    return names


def _ir(prepared: Prepared, folder: Path) -> list[Path]:
    from gflowspec.runs.documents import ir_text

    return [_write(folder / "ir.json", ir_text(prepared.job))]


def _obligations(prepared: Prepared, folder: Path) -> list[Path]:
    from gflowspec.runs.documents import obligations_text

    return [_write(folder / "obligations.json", obligations_text(prepared.job))]


def _program_graph(prepared: Prepared, folder: Path) -> list[Path]:
    from gflowspec.compiler.graphs import program_graphml

    program = prepared.experiment.program.plain()
    return [_write(folder / "program_graph.graphml", program_graphml(program))]


def _state_graph(prepared: Prepared, folder: Path) -> list[Path]:
    from gflowspec.compiler.graphs import check_state_graph, plain, state_graph, state_graphml
    from gflowspec.compiler.report import Strength

    derived = prepared.job.checked.derived
    try:
        graph = state_graph(derived)
        checks = check_state_graph(graph, derived)
    except TooManyStates:
        return []
    except InternalError:  # There is a cycle.
        raise _unsound(prepared, ["acyclic"]) from None
    failed = [name for name, strength in checks.items() if strength is Strength.FAILED]
    if failed:
        raise _unsound(prepared, failed)
    return [_write(folder / "state_graph.graphml", state_graphml(plain(graph)))]


def _unsound(prepared: Prepared, failed: list[str]) -> Exception:
    """What the whole graph shows and the proofs do not, which then were made on samples of it."""
    from gflowspec.compiler.front import check_instance
    from gflowspec.compiler.graphs import LIMIT

    job = prepared.job
    limits = {**job.config.limits, "scope_limit": LIMIT}
    _, found = check_instance(job.checked.instance, limits=limits)
    if any(item.is_error for item in found):
        return SpecInvalid(found)
    return InternalError(f"the state graph contradicts the proofs: {', '.join(failed)}")


def _models(prepared: Prepared, folder: Path) -> list[Path]:
    from gflowspec.cli.plan import models

    owners = [
        {"tensor": row.tensor, "shape": list(row.shape), "owners": list(row.owners)}
        for row in prepared.experiment.owners
    ]
    plain = {"models": models(prepared.job), "owners": owners}
    return [_write(folder / "models.json", json.dumps(plain, indent=2) + "\n")]


EMITTERS: dict[str, Callable[[Prepared, Path], list[Path]]] = {
    "ir": _ir,
    "obligations": _obligations,
    "program_graph": _program_graph,
    "state_graph": _state_graph,
    "models": _models,
}


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
