"""What stands between an expression and a function in Python: checks, batches, memory of results.

A door is made with its declaration and is closed. ``check``, ``plan``, ``graph`` and ``fmt`` never
open one, so they run no code of the user. ``compile`` and ``run`` open it when it is trusted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from gflowspec.compiler.externs import messages
from gflowspec.compiler.externs.locate import Located
from gflowspec.compiler.externs.wire import (
    NoResult,
    OutOfRange,
    check_argument,
    form,
    from_wire,
    shown_arguments,
    to_wire,
)
from gflowspec.compiler.externs.worker import CallFailed, NotStarted, Setup, Worker
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import SpecInvalid
from gflowspec.core.source import Span
from gflowspec.core.types import Type
from gflowspec.ir.extern import REJECTED
from gflowspec.semantics.errors import EvaluationError

#: Calls that are sent at once to a function that takes one object at a time.
TOGETHER = 64

Row = tuple[Any, ...]


@attrs.frozen(kw_only=True)
class Options:
    """How a function is called.

    Attributes:
        batch: Objects it takes at once, as lists; None if it takes one.
        timeout: Seconds that a call may take.
        memory: Bytes that its process may have.
        memo: Results that are remembered.
        rejects: Whether failing calls are rejected instead of ending the run.
        keywords: What it is given by name.
    """

    batch: int | None = None
    timeout: float = 60.0
    memory: int = 8 * 2**30
    memo: int = 1_000_000
    rejects: bool = False
    keywords: Mapping[str, Any] = attrs.field(factory=dict)


class Pending(Exception):
    """The result of a call is not known yet; the call was noted."""


@attrs.define(kw_only=True, eq=False)
class ExternDoor:
    """The door of one declaration.

    Attributes:
        name: Name of the function in the file.
        span: Its declaration.
        located: The function; None if it was not found.
        obstacle: Why it cannot be called; None if it can.
        parameters: Types of its arguments.
        result: Type of its results.
        pure: Whether results may be remembered.
        options: How it is called.
    """

    name: str
    span: Span
    located: Located | None
    obstacle: Diagnostic | None
    parameters: Sequence[Type]
    result: Type
    pure: bool
    options: Options
    _open: bool = False
    _worker: Worker | None = None
    #: Arguments that are the same in all calls, by position; they are sent once.
    _shared: Mapping[int, Any] = attrs.field(factory=dict)
    _memo: OrderedDict[Row, Any] = attrs.field(factory=OrderedDict)
    #: While results are gathered: calls that wait, and results that were not there before.
    _asked: dict[Row, Row] | None = None
    _gathered: dict[Row, Any] = attrs.field(factory=dict)

    def open(self, shared: Mapping[int, Any]) -> None:
        """Allow calls; the process starts with the first one.

        Args:
            shared: Arguments that are the same in all calls, by position.
        """
        self._open, self._shared = True, shared

    def close(self) -> None:
        """End the process and forget results."""
        self._open = False
        self._memo.clear()
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Note calls whose result is not known instead of making them (``Pending``)."""
        self._asked = {}
        try:
            yield
        finally:
            self._asked = None
            self._gathered.clear()

    def make_calls(self) -> None:
        """Make the calls that were noted, together."""
        waiting, self._asked = self._asked or {}, {}
        for key, found in zip(waiting, self._called(list(waiting.values())), strict=True):
            self._gathered[key] = found
            self._remember(key, found)

    def results(self, rows: Sequence[Row]) -> list[Any]:
        """See `gflowspec.ir.extern.Door`."""
        if not self._open:
            raise EvaluationError(messages.closed(self.name), self.span, "GFS218")
        if not self.pure:
            return self._called(rows)
        known: dict[Row, Any] = {}
        missing: dict[Row, Row] = {}
        keys = [self._own(row) for row in rows]
        for key, row in zip(keys, rows, strict=True):
            if key in self._memo:
                self._memo.move_to_end(key)
                known[key] = self._memo[key]
            elif key in self._gathered:
                known[key] = self._gathered[key]
            else:
                missing[key] = row
        if missing and self._asked is not None:
            self._asked.update(missing)
            raise Pending
        for key, found in zip(missing, self._called(list(missing.values())), strict=True):
            known[key] = found
            self._remember(key, found)
        return [known[key] for key in keys]

    def _remember(self, key: Row, found: Any) -> None:
        self._memo[key] = found
        if len(self._memo) > self.options.memo:
            self._memo.popitem(last=False)

    def _own(self, row: Row) -> Row:
        """The arguments of a call that differ from call to call."""
        if not self._shared:
            return row
        return tuple(value for at, value in enumerate(row) if at not in self._shared)

    def _called(self, rows: Sequence[Row]) -> list[Any]:
        size = self.options.batch or TOGETHER
        calls = self._batch if self.options.batch else self._each
        found: list[Any] = []
        for row in rows:
            self._compare(row)
        for start in range(0, len(rows), size):
            found += calls(rows[start : start + size])
        return found

    def _compare(self, row: Row) -> None:
        """Refuse arguments outside their declared types: the caller is wrong, not the call."""
        try:
            for place, of in enumerate(self.parameters):
                if place not in self._shared:  # constants were compared before
                    check_argument(row[place], of)
        except OutOfRange as error:
            arguments = shown_arguments(row, self.parameters)
            found = messages.invalid_result(self.span, self.name, arguments, str(error))
            raise SpecInvalid((found,)) from None

    def _each(self, rows: Sequence[Row]) -> list[Any]:
        """The results of single calls; a process that ended is started again for the rest."""
        found: list[Any] = []
        while len(found) < len(rows):
            rest = rows[len(found) :]
            sent = [to_wire(self._own(row)) for row in rest]
            worker = self._working()
            try:
                for row, value in zip(rest, worker.each(sent, self.options.timeout), strict=False):
                    found.append(self._outcome(row, value))
            except SpecInvalid:
                worker.end()  # answers to the rest may be on their way
                raise
        return found

    def _outcome(self, row: Row, value: Any) -> Any:
        if isinstance(value, CallFailed):
            return self._failed(row, str(value))
        return self._checked(row, value)

    def _batch(self, rows: Sequence[Row]) -> list[Any]:
        """The results of a batch; where it fails, its halves are tried apart."""
        sent = [to_wire(self._own(row)) for row in rows]
        try:
            given = self._working().batch(sent, self.options.timeout)
        except CallFailed as error:
            if len(rows) > 1:
                half = len(rows) // 2
                return self._batch(rows[:half]) + self._batch(rows[half:])
            return [self._failed(rows[0], str(error))]
        return [self._checked(row, value) for row, value in zip(rows, given, strict=True)]

    def _working(self) -> Worker:
        if self._worker is not None and self._worker.alive:
            return self._worker
        located = self.located
        assert located is not None  # an open door leads somewhere
        setup = Setup(
            module=located.module,
            function=located.function,
            file=located.file,
            sha256=located.sha256,
            loose=located.loose,
            forms=[form(of) for of in self.parameters],
            shared={at: to_wire(value) for at, value in self._shared.items()},
            keywords=self.options.keywords,
            batched=self.options.batch is not None,
            memory=self.options.memory,
        )
        try:
            self._worker = Worker(setup)
        except NotStarted as error:
            found = messages.not_importable(self.span, self.name, located, str(error))
            raise SpecInvalid((found,)) from None
        return self._worker

    def _checked(self, row: Row, value: Any) -> Any:
        try:
            return from_wire(value, self.result)
        except NoResult as error:
            return self._failed(row, str(error))

    def _failed(self, row: Row, reason: str) -> Any:
        if self.options.rejects:
            return REJECTED
        arguments = shown_arguments(row, self.parameters)
        raise SpecInvalid((messages.invalid_result(self.span, self.name, arguments, reason),))
