"""Flags that every verb has, and flags that several share."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.output import Output
from gflowspec.cli.usage import no_such_file, usage
from gflowspec.core.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_COMMON = (
    click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Answer in text, or in JSON with one object as the last line.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no notes; errors only."),
    click.option(
        "-v", "--verbose", is_flag=True, help="Say more: notes and where values are from."
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour in text; auto follows the terminal and NO_COLOR.",
    ),
    click.option(
        "--deny",
        type=click.Choice(["warnings"]),
        default=None,
        help="Count warnings as errors.",
    ),
    click.option(
        "--max-errors",
        type=click.IntRange(min=0),
        default=20,
        metavar="N",
        help="Print at most N findings; 0 prints all.",
    ),
    click.option("--cwd", default=None, metavar="DIR", help="Work as if started in DIR."),
)


@attrs.frozen
class _Common:
    """Values of the common flags."""

    format_: str
    quiet: bool
    verbose: bool
    color: str
    deny: str | None
    max_errors: int
    cwd: str | None

    def output(self) -> Output:
        return Output(
            json=self.format_ == "json",
            quiet=self.quiet,
            verbose=self.verbose,
            color=self.color,
            deny_warnings=self.deny == "warnings",
            max_errors=self.max_errors,
        )


def verb(function: Callable[..., Answer]) -> Callable[..., int]:
    """Make a function ``(output, ...) -> Answer`` the callback of a click command.

    The common flags are added; the answer is printed in the wanted format; the value returned is
    the exit code.
    """

    @functools.wraps(function)
    def callback(**values: Any) -> int:
        names = [field.name for field in attrs.fields(_Common)]
        common = _Common(*(values.pop(name) for name in names))
        output = common.output()
        with working_directory(common.cwd):
            return output.answer(function(output, **values))

    decorated: Callable[..., int] = callback
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated


@contextmanager
def working_directory(path: str | None) -> Iterator[None]:
    """Work in ``path`` and come back; None stays.

    Raises:
        UsageError: There is no such directory.
    """
    if path is None:
        yield
        return
    if not Path(path).is_dir():
        raise UsageError(no_such_file(path, "directory"))
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def settings(function: F) -> F:
    """``-s path=value``."""
    return click.option(
        "-s",
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        help="Override a setting; repeatable, the last one wins.",
    )(function)


def training_flags(function: F) -> F:
    """``--seed --device --tracker``: short for settings."""
    options = (
        click.option("--seed", type=int, default=None, help="Short for -s train.seed=N."),
        click.option("--device", default=None, help="Short for -s train.device=NAME."),
        click.option(
            "--tracker",
            type=click.Choice(["mlflow", "none"]),
            default=None,
            help="Short for -s track.backend=NAME.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def with_training_flags(
    settings: tuple[str, ...], seed: int | None, device: str | None, tracker: str | None
) -> tuple[str, ...]:
    """The overrides that ``-s`` and the short flags ask for, in this order."""
    short = {"train.seed": seed, "train.device": device, "track.backend": tracker}
    return (*settings, *(f"{path}={value}" for path, value in short.items() if value is not None))


def trusting(function: F) -> F:
    """``--trust sha256:...``."""
    return click.option(
        "--trust",
        "granted",
        multiple=True,
        metavar="SHA256",
        callback=_hashes,
        help="Let functions of the file with this hash run, this once; repeatable.",
    )(function)


def _hashes(_context: object, _option: object, texts: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for text in texts:
        value = text.removeprefix("sha256:").lower()
        if not re.fullmatch("[0-9a-f]{64}", value):
            helps = ["write it as it was printed: --trust sha256:<64 hexadecimal digits>"]
            raise UsageError(usage("GFS600", f"`{text}` is no hash of a file", helps=helps))
        found.append(value)
    return tuple(found)
