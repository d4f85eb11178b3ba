"""Ctrl-C and SIGTERM: end the training after the iteration that is being done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import attrs

from gflowspec.cli.answer import INTERRUPTED, TERMINATED


@attrs.define
class Request:
    """Whether somebody asked the training to end.

    Attributes:
        signal: The signal, or None.
    """

    signal: int | None = None

    @property
    def made(self) -> bool:
        """Whether it was asked for."""
        return self.signal is not None

    @property
    def code(self) -> int:
        """The exit code that goes with it."""
        return TERMINATED if self.signal == signal.SIGTERM else INTERRUPTED


@contextmanager
def graceful(say: Callable[[str], None]) -> Iterator[Request]:
    """Catch the first Ctrl-C or SIGTERM; a second Ctrl-C ends at once.

    Handlers are those of before again afterwards. Outside the main thread nothing is caught.
    """
    request = Request()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if request.made:
            raise KeyboardInterrupt
        request.signal = number
        say("ending after this iteration, with a checkpoint; Ctrl-C again ends at once")

    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, so that it can stop what it started."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
