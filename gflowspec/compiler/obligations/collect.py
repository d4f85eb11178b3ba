"""All states that the types allow, for comparison with those that can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gflowspec.compiler.derive.collisions import values_of
from gflowspec.ir.environment import Environment
from gflowspec.semantics.machine import State


def states_of_type(environment: Environment) -> Iterator[State]:
    """Every combination of values; the caller has made sure that there are few."""
    return product(*(tuple(values_of(variable.type)) for variable in environment.state))
