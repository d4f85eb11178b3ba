"""Conditions over the settings of finished experiments, such as those of ``sweep --only``."""

from __future__ import annotations

from collections.abc import Iterable

from gflowspec.compiler.elaborate.begin import begin, constants_of
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.ir.config import Config
from gflowspec.lang import ast
from gflowspec.lang.settings.sweeping.conditions import Conditions
from gflowspec.lang.spec import Spec


def select(
    spec: Spec, condition: ast.Expr, configs: Iterable[Config]
) -> tuple[tuple[bool, ...], tuple[Diagnostic, ...]]:
    """Whether the condition holds for each configuration, as ``skip when`` reads it.

    Args:
        spec: The file whose names the condition sees.
        condition: Over paths of settings; ``is`` tests which constructor one has.
        configs: What is looked at.

    Returns:
        One truth value for each, and what is wrong with the condition.
    """
    session = begin(spec)
    reader = Conditions(
        module=spec.module,
        tables=spec.tables,
        vocabulary=spec.vocabulary,
        constants=constants_of(session),
        bag=session.bag,
    )
    found = tuple(reader.holds(condition, config.settings) for config in configs)
    return found, session.bag.sorted()
