"""The start of an elaboration, and its way to evaluate settings."""

from __future__ import annotations

from typing import Any

from gflowspec.compiler.elaborate.expressions import expression
from gflowspec.compiler.elaborate.messages import not_constant
from gflowspec.compiler.elaborate.session import Argument, Context, Session, is_error
from gflowspec.ir.expr import Const
from gflowspec.lang import ast
from gflowspec.lang.overrides import of_parameters
from gflowspec.lang.settings.values import Constants
from gflowspec.lang.spec import Spec


def begin(spec: Spec) -> Session:
    """A session in which ``param``s have the values that the command line gives them."""
    given = {
        override.path.text: Argument(
            override.value, override.value.span, "command line", spec.module, reports_names=True
        )
        for override in of_parameters(spec)
    }
    return Session(spec.tables, expression, given, spec.module, spec.vocabulary)


def constants_of(session: Session) -> Constants:
    """What evaluates constant expressions in settings."""

    def value(node: ast.Expr, module: str, takes: str = "") -> tuple[Any] | None:
        found = Context(session, module, reports_names=True, takes=takes).of(node)
        if is_error(found):
            return None
        if not isinstance(found, Const):
            session.report(not_constant(node.span, "a setting"))
            return None
        return (found.value,)

    return value
