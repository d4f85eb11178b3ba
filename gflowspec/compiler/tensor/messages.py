"""What this version cannot turn into tensors, said to the author of the specification."""

from __future__ import annotations

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.errors import SpecInvalid
from gflowspec.ir.expr import Aggregate, Call, Compare, Expr

_WORDS = {
    "set": "a set that depends on the state, outside `in` and `len`,",
    "list": "a list whose length depends on the state, outside `in` and `len`,",
    "concat": "a list whose length depends on the state, outside `in` and `len`,",
}


def not_lowered(expr: Expr) -> SpecInvalid:
    """GFS141: an expression without a tensor form."""
    message = f"{_feature(expr)} is not supported by this version"
    label = None if expr.span is None else Label(expr.span)
    return SpecInvalid((Diagnostic("GFS141", Severity.ERROR, message, label),))


def _feature(expr: Expr) -> str:
    match expr:
        case Aggregate(kind=kind):
            return _WORDS.get(kind, f"`{kind}` here")
        case Call(function=function):
            return f"`{function}` of values that depend on the state"
        case Compare(op=op):
            return f"`{op}` between these values"
        case _:
            return "this expression over the state"
