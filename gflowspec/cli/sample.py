"""``gflowspec sample``: objects from a trained policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import trusting, verb
from gflowspec.cli.output import Output, plain
from gflowspec.cli.sample_files import demand_format, flat, write_samples
from gflowspec.cli.tables import columns

if TYPE_CHECKING:
    from gflowspec.executor.sample import Drawn


@click.command("sample")
@click.argument("run", metavar="RUN")
@click.option("-n", "count", type=click.IntRange(min=0), default=1000, help="How many to draw.")
@click.option(
    "-o", "--output", "target", default=None, metavar="FILE", help=".jsonl, .csv or .parquet."
)
@click.option("--unique", is_flag=True, help="Each object once.")
@click.option("--top", type=click.IntRange(min=1), default=None, help="The best K only.")
@click.option("--with-trajectory", is_flag=True, help="Add the actions that built it.")
@click.option("--seed", type=int, default=0, help="The same seed draws the same objects.")
@trusting
@verb
def sample(
    output: Output,
    run: str,
    count: int,
    target: str | None,
    unique: bool,
    top: int | None,
    with_trajectory: bool,
    seed: int,
    granted: tuple[str, ...],
) -> Answer:
    """Draw objects from the policy of a run."""
    from gflowspec.tracking.project import Project

    if target is not None:
        demand_format(Path(target))
    found = Project.find().find_run(run)
    # torch is loaded from here on
    from gflowspec.executor.sample import draw
    from gflowspec.runs.recall import recall

    drawn = draw(recall(found.directory, granted).experiment, count, seed=seed)
    rows = [
        _row(item, with_trajectory=with_trajectory)
        for item in chosen(drawn, unique=unique, top=top)
    ]
    payload: dict[str, Any] = {
        "run_id": found.info.run_id,
        "count": len(rows),
        "file": target,
        "samples": [] if target else rows,
    }
    if target is None:
        return Answer(payload=payload, text=_table(rows))
    write_samples(Path(target), rows)
    return Answer(payload=payload, text=f"wrote {target}: {len(rows):,} samples")


def chosen(drawn: Sequence[Drawn], *, unique: bool, top: int | None) -> list[Drawn]:
    """The samples that were asked for: each object once, or the best ones."""
    found = list(drawn)
    if unique:
        found = list({json.dumps(plain(item.object)): item for item in reversed(found)}.values())
        found.reverse()
    if top is not None:
        found = sorted(found, key=lambda item: -item.log_reward)[:top]
    return found


def _row(item: Drawn, *, with_trajectory: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "object": item.object,
        "log_reward": item.log_reward,
        "log_pf": item.log_pf,
        "log_pb": item.log_pb,
    }
    if with_trajectory:
        row["trajectory"] = list(item.trajectory)
    return row


def _table(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return "no samples"
    shown = [[flat(value) for value in row.values()] for row in rows]
    return columns(shown, tuple(rows[0]))


def _shown(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(plain(value))
    return value
