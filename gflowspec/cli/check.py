"""``gflowspec check``: is it sound, and how do we know."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import settings, verb
from gflowspec.cli.output import Output
from gflowspec.cli.paths import gfs_files
from gflowspec.cli.tables import obligations_line


@click.command("check")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@settings
@click.option(
    "--scope",
    "scope",
    multiple=True,
    metavar="NAME=VALUE",
    help="Prove at this parameter of the scope instead of the declared one; repeatable.",
)
@verb
def check(
    output: Output, specs: tuple[str, ...], settings: tuple[str, ...], scope: tuple[str, ...]
) -> Answer:
    """Parse, type-check and prove every item of files or directories; runs no user code."""
    from gflowspec.api import CheckReport, check_file

    reports: list[CheckReport] = [
        check_file(path, overrides=settings, scope=scope) for path in gfs_files(specs)
    ]
    return Answer(
        diagnostics=[found for report in reports for found in report.diagnostics],
        text=_text(reports, output),
        payload={"obligations": _obligations(reports)},
        with_diagnostics=True,
    )
