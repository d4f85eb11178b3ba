"""What can go wrong while an expression is evaluated."""

from __future__ import annotations

from gflowspec.core.errors import GFlowSpecError
from gflowspec.core.source import Span


class EvaluationError(GFlowSpecError):
    """An expression has no value: a division by zero, an index or a minimum that does not exist.

    Attributes:
        message: What is wrong, in the words of a diagnostic.
        span: The sub-expression, if it has a place.
        code: The diagnostic it corresponds to.
    """

    def __init__(self, message: str, span: Span | None = None, code: str = "GFS120") -> None:
        self.message = message
        self.span = span
        self.code = code
        super().__init__(message if span is None else f"{span}: {message}")


class ObjectRejected(GFlowSpecError):
    """A function in Python gave no result for an object, and the specification allows that."""


def said(error: Exception) -> str:
    """What Python says of an operation; of floats that overflow it speaks in its own terms."""
    return "a number is beyond float64" if isinstance(error, OverflowError) else str(error)
