"""``gflowspec plan``: what would be done, how large it is, and what is known about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import DONE, WORK_TO_DO, Answer
from gflowspec.cli.options import settings, training_flags, verb, with_training_flags
from gflowspec.cli.output import Output
from gflowspec.cli.tables import columns, pairs

if TYPE_CHECKING:
    from gflowspec.compiler.front import Checked
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
    """Resolve, size and prove an experiment, and say what running it would do."""
    from gflowspec.cli.jobs import job_of
    from gflowspec.runs.prior import Work, prior
    from gflowspec.tracking.project import Project

    job = job_of(spec, with_training_flags(settings, seed, device, tracker))
    earlier = prior(Project.find(), job.hashes["run"], job.config)
    payload = {
        "hashes": dict(job.hashes),
        "environment": environment_facts(job.checked),
        "obligations": job.checked.obligations,
        "models": models(job),
        "settings": settings_facts(job),
        "runs": [
            {
                "name": job.name,
                "hash": job.hashes["run"],
                "status": str(earlier.work),
                "reason": earlier.reason,
            }
        ],
    }
    to_do = exit_code and earlier.work is not Work.CACHED
    return Answer(
        payload=payload,
        text=_text(payload),
        diagnostics=job.diagnostics,
        code=WORK_TO_DO if to_do else DONE,
        with_diagnostics=True,
    )


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
    from gflowspec.compiler.plan import plan as plan_program
    from gflowspec.compiler.settings import settings_of
    from gflowspec.compiler.shapes import model_shapes
    from gflowspec.components.discover import vocabulary

    resolved = settings_of(job.config, vocabulary())
    program = plan_program(resolved, job.checked.derived.sizes)
    shapes = model_shapes(program, resolved.encoder, job.checked.derived.codec)
    return {name: shape.plain() for name, shape in shapes.items()}


def settings_facts(job: Job) -> dict[str, dict[str, Any]]:
    """``settings``: every path with its value and where it came from."""
    from gflowspec.tracking.description import json_value

    return {
        path: {"value": json_value(item.value), "source": item.source}
        for path, item in job.config.settings.items()
    }


def _text(payload: dict[str, Any]) -> str:
    [run] = payload["runs"]
    facts = {
        "run": run["name"],
        "status": f"{run['status']}: {run['reason']}",
        **{f"{name} hash": value for name, value in payload["hashes"].items()},
    }
    environment = {name: _known(value) for name, value in payload["environment"].items()}
    proofs = [[n, item["strength"], item["detail"]] for n, item in payload["obligations"].items()]
    networks = [
        [name, item["parameters"], " x ".join(map(str, item["shape"])), item["shared"]]
        for name, item in payload["models"].items()
    ]
    values = [
        [path, _shown(item["value"]), item["source"]] for path, item in payload["settings"].items()
    ]
    return "\n\n".join(
        [
            pairs(facts),
            pairs(environment),
            columns(proofs, ("obligation", "strength", "how")),
            columns(networks, ("network", "parameters", "widths", "shared")),
            columns(values, ("setting", "value", "source")),
        ]
    )


def _known(value: Any) -> Any:
    return "unknown" if value is None else _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else value
