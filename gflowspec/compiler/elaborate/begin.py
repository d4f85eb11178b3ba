"""The start of an elaboration."""

from __future__ import annotations

from gflowspec.compiler.elaborate.expressions import expression
from gflowspec.compiler.elaborate.session import Argument, Session
from gflowspec.lang.overrides import of_parameters
from gflowspec.lang.spec import Spec


def begin(spec: Spec) -> Session:
    """A session in which ``param``s have the values that the command line gives them."""
    given = {
        override.path.text: Argument(
            override.value, override.value.span, "command line", spec.module, reports_names=True
        )
        for override in of_parameters(spec)
    }
    return Session(spec.tables, expression, given)
