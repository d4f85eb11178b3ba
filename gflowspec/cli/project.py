"""``ls show sync ui runs``: what this project holds. None of them loads torch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.signals import sigterm_as_interrupt
from gflowspec.cli.tables import columns, moment, pairs
from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.tracking.project import Project
    from gflowspec.tracking.rundir import Run
    from gflowspec.tracking.server import Server


@click.command("ls")
@click.option("--task", default=None, metavar="HASH", help="Only runs of this task.")
@click.option(
    "--status",
    type=click.Choice(("RUNNING", "FINISHED", "FAILED", "KILLED"), case_sensitive=False),
    default=None,
    help="Only runs with this status.",
)
@click.option("-n", "count", type=click.IntRange(min=1), default=None, help="The N newest only.")
@verb
def ls(output: Output, task: str | None, status: str | None, count: int | None) -> Answer:
    """List the runs of this project, newest first."""
    from gflowspec.tracking.project import Project

    project = Project.find()
    rows = [_row(run) for run in project.runs()]
    rows = [row for row in rows if task is None or task in row["task"]]
    rows = [row for row in rows if status is None or row["status"] == status][:count]
    table = [
        [row["name"], row["run_id"], row["status"], row["steps"], row["tv"], moment(row["created"])]
        for row in rows
    ]
    for row in rows:
        del row["tv"]
    header = ("name", "run id", "status", "steps", "exact TV", "started")
    text = columns(table, header) if table else f"no runs in {project.runs_folder}"
    return Answer(payload={"runs": rows}, text=text)


def _row(run: Run) -> dict[str, Any]:
    info = run.info
    return {
        "run_id": info.run_id,
        "name": info.name,
        "hash": info.hashes.get("run", ""),
        "task": info.hashes.get("task", ""),
        "status": _status(run),
        "created": info.created,
        "steps": info.steps,
        "metrics": dict(info.metrics),
        "tv": None if info.exact is None else info.exact.get("tv"),
    }


def _status(run: Run) -> str:
    """The status on disk, except that a run whose process is gone is not running."""
    status = str(run.info.status)
    return "KILLED" if status == "RUNNING" and not run.is_alive else status


@click.command("show")
@click.argument("run")
@verb
def show(output: Output, run: str) -> Answer:
    """Show one run: specification, settings and where they come from, results."""
    from gflowspec.tracking.project import Project

    found = Project.find().find_run(run)
    info = found.info
    spec = next(iter(info.sources.values()), "")
    payload = {
        "run_id": info.run_id,
        "name": info.name,
        "status": _status(found),
        "hashes": dict(info.hashes),
        "settings": dict(info.settings),
        "metrics": dict(info.metrics),
        "spec": spec,
    }
    facts = {
        "run": info.run_id,
        "name": info.name,
        "status": _status(found),
        "outcome": info.sentence or info.outcome,
        "started": moment(info.created),
        "steps": info.steps,
        "seconds": info.seconds,
        "directory": str(found.directory),
        **info.hashes,
        **info.metrics,
    }
    rows = [[path, _shown(item), item["source"]] for path, item in info.settings.items()]
    text = "\n\n".join([pairs(facts), columns(rows, ("setting", "value", "source")), spec])
    return Answer(payload=payload, text=text)


def _shown(item: Any) -> str:
    value = item["value"]
    return "none" if value is None else str(value)


@click.command("sync")
@click.argument("directory", required=False, metavar="[DIR]")
@click.option("--tracking-uri", default=None, metavar="URI", help="Deliver to this store.")
@verb
def sync(output: Output, directory: str | None, tracking_uri: str | None) -> Answer:
    """Deliver what waits in the journals of DIR, or of all runs of this project."""
    from gflowspec.tracking.project import Project
    from gflowspec.tracking.sync import Syncer

    project = Project.find()
    places = [project.find_run(directory).directory] if directory else list(project.journaled())
    syncer = Syncer(project, os.environ, tracking_uri)
    result = syncer.sync(places)
    lines = [f"{result.delivered:,} records delivered"]
    for item in result.runs:
        if item.reason:
            lines.append(f"{item.directory.name}: {item.unsent:,} records wait: {item.reason}")
        if item.rejected:
            where = item.directory / "rejected.jsonl"
            lines.append(f"{item.directory.name}: {item.rejected:,} records rejected, see {where}")
    payload = {
        "delivered": result.delivered,
        "unsent": result.unsent,
        "rejected": result.rejected,
    }
    return Answer(payload=payload, text="\n".join(lines))


@click.command("ui")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    help="Port; the next free one from 5000 if left out.",
)
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--allowed-hosts",
    default=None,
    metavar="HOSTS",
    help="Needed for another address than loopback; the page has no login.",
)
@click.option("--tracking-uri", default=None, metavar="URI", help="Show this store.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@verb
def ui(
    output: Output,
    port: int | None,
    host: str,
    allowed_hosts: str | None,
    tracking_uri: str | None,
    no_browser: bool,
) -> Answer:
    """Open MLflow's page on the runs of this project; Ctrl-C ends it."""
    from gflowspec.tracking.location import resolve
    from gflowspec.tracking.project import Project
    from gflowspec.tracking.server import ServerNotStarted, serving

    project = Project.find()
    location = resolve(project, os.environ, tracking_uri)
    log = project.folder / "ui.log"
    output.say(f"starting MLflow on {location.shown} ...")
    try:
        with (
            sigterm_as_interrupt(),
            serving(location, log=log, host=host, port=port, allowed_hosts=allowed_hosts) as server,
        ):
            url = server.page(_newest_experiment(project))
            output.event({"event": "listening", "url": url})
            output.say(f"{url}\nCtrl-C ends it")
            if not no_browser:
                click.launch(url)
            _wait(server)
    except (ServerNotStarted, ValueError) as error:
        raise UsageError(usage("GFS600", str(error))) from None
    return Answer(payload={"url": url})


def _wait(server: Server) -> None:
    try:
        server.wait()
    except KeyboardInterrupt:
        return  # the ordinary end of this command


def _newest_experiment(project: Project) -> str | None:
    runs = project.runs()
    return _filed_under(runs[0]) if runs else None


def _filed_under(run: Run) -> str:
    named = run.info.settings.get("track.backend.experiment", {}).get("value")
    return str(named or run.info.experiment)


@click.group("runs")
def runs() -> None:
    """Look after the runs of this project."""


@runs.command("repair")
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    default=None,
    metavar="SECONDS",
    help="Silence after which a run of another machine counts as dead (default: a day).",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
@verb
def repair(output: Output, older_than: float | None, dry_run: bool) -> Answer:
    """Close runs that read RUNNING although their process is gone."""
    from gflowspec.tracking.heartbeat import SILENT_HERE
    from gflowspec.tracking.project import Project
    from gflowspec.tracking.repair import Repair
    from gflowspec.tracking.sync import Syncer

    project = Project.find()
    doctor = Repair(Syncer(project, os.environ), older_than)
    dead = doctor.find()
    if not dry_run:
        for run in dead:
            doctor.apply(run)
    word = "would become" if dry_run else "is now"
    lines = [f"{run.run_id} {word} {run.status}" for run in dead]
    wait = f"it is closed after {SILENT_HERE / 60:.0f} minutes of silence"
    lines += [f"{run_id}: its process is gone; {wait}" for run_id in doctor.fallen_silent()]
    repaired = [{"run_id": run.run_id, "status": str(run.status)} for run in dead]
    return Answer(payload={"repaired": repaired}, text="\n".join(lines) or "nothing to repair")
