"""``gflowspec plan``: what would be done, how large it is, and what is known about it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import DONE, WORK_TO_DO, Answer
from gflowspec.cli.options import settings, training_flags, verb, with_training_flags
from gflowspec.cli.output import Output
from gflowspec.cli.tables import columns, pairs

if TYPE_CHECKING:
    from gflowspec.compiler.front import Checked
    from gflowspec.compiler.program import Program
    from gflowspec.compiler.settings import Settings
    from gflowspec.runs.frozen import PlannedRun
    from gflowspec.runs.job import Job

#: Integers with more digits are not printed.
_LONGEST = 4000


@click.command("plan")
@click.argument("spec")
@settings
@training_flags
@click.option("--exit-code", is_flag=True, help="Exit 4 if there is something to run.")
@verb
def plan(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    seed: int | None,
    device: str | None,
    tracker: str | None,
    exit_code: bool,
) -> Answer:
    """Resolve, size and prove an experiment or a sweep, and say what running it would do."""
    from gflowspec.cli.jobs import frozen
    from gflowspec.runs.prior import Work

    found = frozen(spec, with_training_flags(settings, seed, device, tracker))
    first = found.runs[0].job
    payload: dict[str, Any] = {
        "hashes": dict(first.hashes),
        "environment": environment_facts(first.checked),
        "obligations": first.checked.obligations,
        "models": models(first),
        "owners": owners(first),
        "settings": settings_facts(first),
        "runs": [_run(item) for item in found.runs],
    }
    if found.sweep is not None:
        names = ("name", "experiment", "points", "skipped", "repeated")
        payload["sweep"] = {name: getattr(found.sweep, name) for name in names}
    to_do = exit_code and any(item.prior.work is not Work.CACHED for item in found.runs)
    return Answer(
        payload=payload,
        text=_text(payload),
        diagnostics=found.diagnostics,
        code=WORK_TO_DO if to_do else DONE,
        with_diagnostics=True,
    )


def _run(item: PlannedRun) -> dict[str, Any]:
    """One of ``runs``; those of a sweep say at which ``point`` they stand."""
    facts: dict[str, Any] = {
        "name": item.job.name,
        "hash": item.job.hashes["run"],
        "status": str(item.prior.work),
        "reason": item.prior.reason,
    }
    return {**facts, "point": dict(item.point)} if item.point else facts


def environment_facts(checked: Checked) -> dict[str, Any]:
    """``environment`` of ``plan --format json``."""
    derived, report = checked.derived, checked.report
    counts, sizes = report.counts, derived.sizes
    limits = checked.config.limits if checked.config is not None else {"exact_limit": 2_000_000}
    upper = sizes.states_upper if counts.states is None else None
    enumerable = report.enumerable(limits["exact_limit"])
    return {
        "name": derived.environment.name,
        "states": counts.states,
        "edges": counts.edges,
        "terminal_states": counts.terminal_states,
        "states_upper": None if upper is None or upper > 10**_LONGEST else upper,
        "horizon": sizes.horizon if counts.horizon is None else counts.horizon,
        "forward_actions": sizes.forward_actions,
        "backward_actions": sizes.backward_actions,
        "enumerable": enumerable,
        "parallel_edges": counts.parallel_edges,
        "scope": dict(report.scope),
    }


def models(job: Job) -> dict[str, dict[str, Any]]:
    """``models``: sizes of the networks, known without building them."""
    from gflowspec.compiler.shapes import model_shapes

    resolved, program = _program(job)
    shapes = model_shapes(program, resolved.encoder, resolved.head, job.checked.derived)
    return {name: shape.plain() for name, shape in shapes.items()}


def owners(job: Job) -> dict[str, list[str]]:
    """``owners``: for every trunk, head and parameter the optimisers that step it."""
    _, program = _program(job)
    return {node.name: list(node.owners) for node in program.nodes if node.owners}


def _program(job: Job) -> tuple[Settings, Program]:
    from gflowspec.compiler.plan import plan as plan_program
    from gflowspec.compiler.settings import settings_of
    from gflowspec.components.discover import vocabulary

    resolved = settings_of(job.config, vocabulary())
    return resolved, plan_program(resolved, job.checked.derived.sizes)


def settings_facts(job: Job) -> dict[str, dict[str, Any]]:
    """``settings``: every path with its value and where it came from."""
    from gflowspec.tracking.description import json_value

    return {
        path: {"value": json_value(item.value), "source": item.source}
        for path, item in job.config.settings.items()
    }


def _text(payload: dict[str, Any]) -> str:
    hashes = {f"{name} hash": value for name, value in payload["hashes"].items()}
    known = payload["environment"]
    pointless = {"states_upper"} if known["states"] is not None else set()
    environment = {n: _known(value) for n, value in known.items() if n not in pointless}
    proofs = [[n, item["strength"], item["detail"]] for n, item in payload["obligations"].items()]
    networks = [
        [name, item["parameters"], " x ".join(map(str, item["shape"])), item["shared"]]
        for name, item in payload["models"].items()
    ]
    steppers = [[name, " + ".join(items)] for name, items in payload["owners"].items()]
    values = [
        [path, _shown(item["value"]), item["source"]] for path, item in payload["settings"].items()
    ]
    return "\n\n".join(
        [
            *_runs_text(payload, hashes),
            pairs(environment),
            columns(proofs, ("obligation", "strength", "how")),
            columns(networks, ("network", "parameters", "widths", "shared")),
            columns(steppers, ("part", "stepped by the optimiser of")),
            columns(values, ("setting", "value", "source")),
        ]
    )


def _runs_text(payload: dict[str, Any], hashes: dict[str, str]) -> list[str]:
    """The run, or the sweep with its runs; environment and settings are those of the first."""
    runs = payload["runs"]
    if "sweep" not in payload:
        [run] = runs
        status = f"{run['status']}: {run['reason']}"
        return [pairs({"run": run["name"], "status": status, **hashes})]
    sweep = payload["sweep"]
    statuses = Counter(run["status"] for run in runs)
    facts = {
        "sweep": f"{sweep['name']} of {sweep['experiment']}",
        "runs": f"{len(runs):,}: " + ", ".join(f"{n:,} {status}" for status, n in statuses.items()),
        "points": f"{sweep['points']:,}: {sweep['skipped']:,} skipped, "
        f"{sweep['repeated']:,} repeat another one",
    }
    paths = list(dict.fromkeys(path for run in runs for path in run.get("point", ())))
    rows = [
        [place, *(run.get("point", {}).get(path, "") for path in paths), run["status"], run["name"]]
        for place, run in enumerate(runs, start=1)
    ]
    table = columns(rows, ("", *paths, "status", "run"))
    return [pairs(facts), table, f"the first of them:\n{pairs(hashes)}"]


def _known(value: Any) -> Any:
    return "unknown" if value is None else _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else value
