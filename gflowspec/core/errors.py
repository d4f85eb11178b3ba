"""Exceptions of the public interface.

::

    GFlowSpecError
    ├── SpecInvalid        a specification has errors; carries its diagnostics
    ├── UsageError         a call or command that cannot be understood; carries one diagnostic
    ├── TooManyStates      enumeration would pass its limit; carries the count
    ├── CheckpointMismatch a checkpoint belongs to another run
    └── InternalError      a bug of GFlowSpec; never expected
"""

from __future__ import annotations

from collections.abc import Iterable

from gflowspec.core.diagnostics import Diagnostic


class GFlowSpecError(Exception):
    """Base of all exceptions that GFlowSpec raises on purpose."""


class SpecInvalid(GFlowSpecError):
    """A specification has errors.

    Attributes:
        diagnostics: All findings, warnings included, in display order.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [item for item in self.diagnostics if item.is_error]
        lines = [f"{item.code}: {item.message}" for item in errors[:5]]
        if len(errors) > len(lines):
            lines.append(f"and {len(errors) - len(lines)} more")
        super().__init__("; ".join(lines))


class UsageError(GFlowSpecError):
    """A command or call that cannot be understood (exit code 2)."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


class TooManyStates(GFlowSpecError):
    """Enumeration would pass its limit."""

    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(f"{count} states or more, but the limit is {limit}")


class CheckpointMismatch(GFlowSpecError):
    """A checkpoint was written by a run of another ``run:`` hash."""


class InternalError(GFlowSpecError):
    """A bug of GFlowSpec: an invariant of the compiler does not hold. Please report it."""
