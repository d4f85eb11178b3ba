"""``gflowspec check``: is it sound, and how do we know."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from gflowspec.lang.spec import Spec
    from gflowspec.lang.syntax.reuse import ParsedItems

#: New objects between two collections while a file is checked, most of which stay: trees, modules.
COLLECTED_EVERY = 200_000


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
@click.option("--watch", "watched", is_flag=True, help="Check again whenever a file changes.")
@verb
def check(
    output: Output,
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    scope: tuple[str, ...],
    style: bool,
    watched: bool,
) -> Answer:
    """Parse, type-check and prove every item of files or directories; runs no user code."""
    at = _scope(scope)
    texts = (*settings, *scope)

    def questions() -> list[Question]:
        paths = gfs_files(specs)
        return [Question(path=p, overrides=settings, scope=at, style=style) for p in paths]

    if watched:
        return _watched(output, specs, questions, texts)
    with _seldom_collecting():
        verdicts = [recall(asked) or _judge(asked, texts=texts)[0] for asked in questions()]
    return _answer(verdicts, verbose=output.verbose)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Collect garbage less often, which takes a tenth of the time of a check as Python does it."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED_EVERY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _watched(
    output: Output,
    specs: Sequence[str],
    questions: Callable[[], list[Question]],
    texts: Sequence[str],
) -> Answer:
    """Check now and after every change; items that have not changed are not parsed again."""
    from gflowspec.cli.watch import watch
    from gflowspec.lang.sources import files_of
    from gflowspec.lang.syntax.reuse import ParsedItems

    known = ParsedItems()
    named = [Path(spec).resolve() for spec in specs]  # a folder changes when a file comes or goes

    def once() -> tuple[Answer, Sequence[Path]]:
        verdicts, files = [], list(named)
        for asked in questions():
            verdict, spec = _judge(asked, texts=texts, known=known)
            verdicts.append(verdict)
            files += [Path(asked.path).resolve()] if spec is None else files_of(spec)
        return _answer(verdicts, verbose=output.verbose), list(dict.fromkeys(files))

    return watch(output, named, once)


def _answer(verdicts: Sequence[Verdict], *, verbose: bool) -> Answer:
    obligations = {
        f"{verdict.path}:{title}": found
        for verdict in verdicts
        for title, found in verdict.obligations.items()
    }
    return Answer(
        diagnostics=[found for verdict in verdicts for found in verdict.diagnostics],
        text="\n".join(_lines(verdict, verbose=verbose) for verdict in verdicts),
        payload={"obligations": obligations},
        with_diagnostics=True,
    )


def _judge(
    question: Question, *, texts: Sequence[str], known: ParsedItems | None = None
) -> tuple[Verdict, Spec | None]:
    """Check a file, and keep what came of it.

    Raises:
        UsageError: One of ``texts``, the overrides, does not parse (GFS603).
    """
    from gflowspec.compiler.front import check_spec
    from gflowspec.components.discover import vocabulary
    from gflowspec.lang.spec import load
    from gflowspec.lang.style import check_style

    refuse_malformed(texts)
    spec, loaded = load(question.path, question.overrides, vocabulary(), known)
    if spec is None:
        return Verdict(path=question.path, diagnostics=loaded), None
    instances, found = check_spec(spec, question.scope, known=loaded)
    style = check_style(spec.root) if question.style else ()
    verdict = Verdict(
        path=question.path,
        diagnostics=merged(loaded, style, found),
        obligations={checked.title: checked.obligations for checked in instances},
    )
    keep(question, verdict, spec)
    return verdict, spec


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
        counted = f"{report.path}: {errors} {'error' if errors == 1 else 'errors'}"
        mended = sum(any(fix.safe for fix in item.fixes) for item in report.diagnostics)
        return f"{counted}; `gflowspec fix {report.path}` mends {mended}" if mended else counted
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
