"""Again, whenever a file changes: what ``check --watch`` does between two answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from gflowspec.cli.answer import Answer
from gflowspec.cli.output import Output
from gflowspec.cli.signals import sigterm_as_interrupt
from gflowspec.core.errors import UsageError

#: Seconds between two looks at the files.
PAUSE = 0.25

Stamps = dict[Path, tuple[int, int] | None]


def watch(
    output: Output, first: Iterable[Path], once: Callable[[], tuple[Answer, Iterable[Path]]]
) -> Answer:
    """Answer now and after every change of a file, until Ctrl-C.

    Args:
        output: Where the answers go.
        first: Files that are known to matter before the first answer.
        once: Makes an answer, and says which files it depends on; they may be missing.

    Returns:
        The last answer, which was printed.
    """
    answer, files = Answer(), tuple(first)
    with sigterm_as_interrupt():
        try:
            while True:
                # Taken before the answer is made, so that no change meanwhile is missed.
                before = stamps(files)
                try:
                    answer, found = once()
                    files = tuple(found)
                except UsageError as error:
                    if not answer.is_printed:
                        raise  # there is nothing yet to go on with
                    answer = Answer(diagnostics=(error.diagnostic,))
                seen = {**stamps(files), **{p: before[p] for p in files if p in before}}
                output.answer(answer)
                answer = attrs.evolve(answer, is_printed=True)
                number = len(files)
                output.say(f"watching {number} {'file' if number == 1 else 'files'}; Ctrl-C ends")
                _until_changed(seen)
        except KeyboardInterrupt:
            return answer


def stamps(files: Iterable[Path]) -> Stamps:
    """When each file changed last, and its size; None for one that is not there."""
    found: Stamps = {}
    for path in files:
        try:
            status = path.stat()
        except OSError:
            found[path] = None
        else:
            found[path] = (status.st_mtime_ns, status.st_size)
    return found


def _until_changed(seen: Stamps) -> None:
    """Wait until a file has changed, and changes no more: an editor may write in several steps."""
    while stamps(seen) == seen:
        time.sleep(PAUSE)
    before: Stamps = {}
    while before != (now := stamps(seen)):
        before = now
        time.sleep(PAUSE / 5)
