"""``gflowspec check``: is it sound, and how do we know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import settings, verb
from gflowspec.cli.output import Output
from gflowspec.cli.paths import gfs_files
from gflowspec.cli.specs import merged, refuse_malformed
from gflowspec.cli.tables import columns
from gflowspec.cli.usage import usage
from gflowspec.compiler.verdicts import Question, Verdict, keep, recall
from gflowspec.core.errors import UsageError


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
@click.option("--style", is_flag=True, help="Look at names and documentation too.")
@verb
def check(
    output: Output,
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    scope: tuple[str, ...],
    style: bool,
) -> Answer:
    """Parse, type-check and prove every item of files or directories; runs no user code."""
    at = _scope(scope)
    verdicts = []
    for path in gfs_files(specs):
        question = Question(path=path, overrides=settings, scope=at, style=style)
        verdicts.append(recall(question) or _judge(question, texts=(*settings, *scope)))
    obligations = {
        f"{verdict.path}:{title}": found
        for verdict in verdicts
        for title, found in verdict.obligations.items()
    }
    return Answer(
        diagnostics=[found for verdict in verdicts for found in verdict.diagnostics],
        text="\n".join(_lines(verdict, verbose=output.verbose) for verdict in verdicts),
        payload={"obligations": obligations},
        with_diagnostics=True,
    )


def _judge(question: Question, *, texts: Sequence[str]) -> Verdict:
    """Check a file, and keep what came of it.

    Raises:
        UsageError: One of ``texts``, the overrides, does not parse (GFS603).
    """
    from gflowspec.compiler.front import check_spec
    from gflowspec.components.discover import vocabulary
    from gflowspec.lang.spec import load
    from gflowspec.lang.style import check_style

    refuse_malformed(texts)
    spec, loaded = load(question.path, question.overrides, vocabulary())
    if spec is None:
        return Verdict(path=question.path, diagnostics=loaded)
    instances, found = check_spec(spec, question.scope, known=loaded)
    style = check_style(spec.root) if question.style else ()
    verdict = Verdict(
        path=question.path,
        diagnostics=merged(loaded, style, found),
        obligations={checked.title: checked.obligations for checked in instances},
    )
    keep(question, verdict, spec)
    return verdict


def _scope(texts: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            values[name.strip()] = int(value)
        except ValueError:
            helps = ["write it as name=value, for example: --scope side=5"]
            said = f"cannot read `--scope {text}`: a scope parameter is an integer"
            raise UsageError(usage("GFS603", said, helps=helps)) from None
    return values


def _lines(report: Verdict, *, verbose: bool) -> str:
    errors = sum(item.is_error for item in report.diagnostics)
    if errors:
        return f"{report.path}: {errors} {'error' if errors == 1 else 'errors'}"
    head = f"{report.path}: ok"
    if not report.obligations:
        return head
    rows = [[f"  {title}", _strengths(found)] for title, found in report.obligations.items()]
    lines = [head, columns(rows)]
    if verbose:
        lines += [_table(title, found) for title, found in report.obligations.items()]
    return "\n".join(lines)


def _strengths(found: Mapping[str, Mapping[str, str]]) -> str:
    """``7 proved, 2 enumerated``: never a bare "valid"."""
    counts = Counter(item["strength"] for item in found.values())
    return ", ".join(f"{count} {strength}" for strength, count in counts.items())


def _table(title: str, found: Mapping[str, Mapping[str, str]]) -> str:
    rows = [[f"  {name}", item["strength"], item["detail"]] for name, item in found.items()]
    return f"\n{title}\n{columns(rows)}"
