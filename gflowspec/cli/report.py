"""``gflowspec report``: what a sweep says about a claim, as a page with pictures."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.compare import setting_of
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.usage import usage
from gflowspec.core.errors import SpecInvalid, UsageError
from gflowspec.tracking.project import Project, unwritable

if TYPE_CHECKING:
    from gflowspec.runs.comparison.compare import Comparison
    from gflowspec.runs.comparison.report import Origin
    from gflowspec.runs.comparison.rows import Row

_KINDS = (".html", ".md")


@click.command("report")
@click.argument("sweep")
@click.option(
    "--against", default="policy.backward=uniform", metavar="PATH=VALUE",
    help="The baseline of the claim (default: policy.backward=uniform).",
)  # fmt: skip
@click.option(
    "--arm", "arms", multiple=True, default=("tlm",), metavar="VALUE",
    help="What is claimed to be better (default: tlm); repeatable.",
)  # fmt: skip
@click.option(
    "--metric", "metrics", multiple=True, metavar="NAME",
    help="Show this metric; repeatable, the first one is the primary one.",
)  # fmt: skip
@click.option("--title", default=None, help="Heading of the page.")
@click.option(
    "-o", "file", default=None, metavar="FILE",
    help="The page: .html with everything inside, or .md with a folder of its name beside it.",
)  # fmt: skip
@verb
def report(
    output: Output,
    sweep: str,
    against: str,
    arms: tuple[str, ...],
    metrics: tuple[str, ...],
    title: str | None,
    file: str | None,
) -> Answer:
    """Write what a finished sweep says about a claim: curves, intervals, and a verdict per panel.

    SWEEP is the name or the id of a sweep of this project.
    """
    from gflowspec.runs.comparison.compare import Question, compare
    from gflowspec.runs.comparison.gather import gather, runs_of
    from gflowspec.runs.comparison.report import claims

    page = Path(file or f"{sweep}.html")
    if page.suffix not in _KINDS:
        raise UsageError(usage("GFS600", f"a report is {' or '.join(_KINDS)}, not {page.name}"))
    rows, found = gather(runs_of((sweep,), Project.find()))
    question = Question(metrics=metrics, against=setting_of(against), arms=arms)
    made = compare(rows, question)
    try:
        files = _write(page, made, rows, _origin(sweep, title, page))
    except OSError as error:
        raise SpecInvalid((unwritable(page, error),)) from error
    said = claims(made)
    lines = [f"{item['panel']}: {item['sign']}  {item['claim']}" for item in said]
    return Answer(
        payload={"file": str(page), "files": [str(path) for path in files], "claims": said},
        text="\n".join([*lines, f"written: {page}"]),
        diagnostics=(*found, *made.diagnostics),
        with_diagnostics=True,
    )


def _write(page: Path, made: Comparison, rows: tuple[Row, ...], origin: Origin) -> tuple[Path, ...]:
    """Write the page; returns it and the files beside it."""
    from gflowspec.runs.comparison.document import html, markdown
    from gflowspec.runs.comparison.pictures import draw
    from gflowspec.runs.comparison.report import report as document
    from gflowspec.tracking import atomic

    page.parent.mkdir(parents=True, exist_ok=True)
    if page.suffix == ".html":
        with tempfile.TemporaryDirectory() as folder:
            drawn = draw(made, Path(folder), origin.title, _along(made))
            atomic.write_text(page, html(document(made, rows, origin, _names(drawn))))
        return (page,)
    drawn = draw(made, page.with_suffix(""), origin.title, _along(made))
    atomic.write_text(page, markdown(document(made, rows, origin, _names(drawn)), page.parent))
    numbers = page.with_suffix("") / "numbers.json"
    atomic.write_text(numbers, _numbers(made))
    return (page, *drawn, numbers)


def _names(drawn: Sequence[Path]) -> list[Path]:
    return list(dict.fromkeys(path.with_suffix("") for path in drawn))


def _along(made: Comparison) -> str | None:
    """The setting in which an arm differs from its baseline."""
    paths = (
        path
        for item in made.contrasts
        for path, value in item.group.by.items()
        if item.baseline.by[path] != value
    )
    return next(paths, None)


def _numbers(made: Comparison) -> str:
    from gflowspec.runs.comparison.report import claims

    plain = {
        "primary": made.primary,
        "span": made.span,
        "groups": [item.plain() for item in made.groups],
        "claims": claims(made),
    }
    return json.dumps(plain, indent=1, allow_nan=False) + "\n"


def _origin(sweep: str, title: str | None, page: Path) -> Origin:
    from gflowspec.runs.comparison.report import Origin
    from gflowspec.runs.sweeps.plan import sweep_folders
    from gflowspec.tracking.description import git_commit

    project = Project.find()
    commands = [f"gflowspec report {sweep} -o {os.path.relpath(page, project.root)}"]
    for folder in sweep_folders(project):
        if sweep in (folder.plan.name, folder.plan.id):
            place = os.path.relpath(folder.plan.spec_path, project.root)
            moved = "".join(f" -s {shlex.quote(text)}" for text in folder.plan.overrides)
            commands.insert(0, f"gflowspec sweep {place}:{folder.plan.name}{moved}")
            sweep = folder.plan.id
            break
    commit = git_commit(project.root)
    parts = [
        f"GFlowSpec {version('gflowspec')}",
        *([f"commit `{commit[:12]}`"] if commit else []),
        f"`{sweep}`",
        time.strftime("%Y-%m-%d"),
    ]
    return Origin(title=title or sweep, commands=commands, made=", ".join(parts) + ".")
