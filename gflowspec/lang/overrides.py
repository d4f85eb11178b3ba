"""Which ``-s`` settings mean parameters of the file, and which mean settings of experiments."""

from __future__ import annotations

from gflowspec.lang import ast
from gflowspec.lang.spec import Spec
from gflowspec.lang.symbols import Kind


def of_parameters(spec: Spec) -> tuple[ast.Override, ...]:
    """Overrides of a top-level ``param``."""
    names = set(spec.names.names(Kind.PARAMETER))
    return tuple(item for item in spec.overrides if item.path.text in names)


def of_settings(spec: Spec) -> tuple[ast.Override, ...]:
    """Overrides of settings of an experiment."""
    names = set(spec.names.names(Kind.PARAMETER))
    return tuple(item for item in spec.overrides if item.path.text not in names)
