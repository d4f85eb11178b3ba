"""What this version cannot turn into tensors, said to the author of the specification."""

from __future__ import annotations

from collections.abc import Sequence

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.errors import SpecInvalid
from gflowspec.ir.environment import Environment
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


def too_wide(environment: Environment, values: int, most: int) -> SpecInvalid:
    """GFS131: more values than one-hot features, and the codes of states, can have."""
    message = (
        f"the locations in the state of `{environment.name}` have {values} values together, "
        f"more than the {most} that can be executed"
    )
    label = None if environment.span is None else Label(environment.span)
    return SpecInvalid((Diagnostic("GFS131", Severity.ERROR, message, label),))


def data_missing(expr: Expr, tables: Sequence[str]) -> SpecInvalid:
    """GFS201: what is missing was a warning as long as nothing was to be computed."""
    names = ", ".join(f"`{name}`" for name in tables)
    plural = "the files of these tables are" if len(tables) > 1 else "the file of this table is"
    message = f"{plural} missing: {names}"
    label = None if expr.span is None else Label(expr.span, "it is needed to compute the reward")
    helps = ("register it: `gflowspec data add FILE`; `gflowspec data list` shows what is known",)
    return SpecInvalid((Diagnostic("GFS201", Severity.ERROR, message, label, helps=helps),))


def not_opened(expr: Expr, message: str) -> SpecInvalid:
    """GFS218: a program is built from an instance whose functions nobody allowed to run."""
    label = None if expr.span is None else Label(expr.span)
    return SpecInvalid((Diagnostic("GFS218", Severity.ERROR, message, label),))
