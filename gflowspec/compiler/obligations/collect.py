"""All states that the types allow, for comparison with those that can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from gflowspec.core.values import every
from gflowspec.ir.environment import Environment
from gflowspec.semantics.machine import State


def states_of_places(environment: Environment) -> Iterator[State]:
    """Every combination of values of all places, whatever the declared types say about them."""
    return product(*(tuple(every(variable.type)) for variable in environment.state))


def states_of_type(environment: Environment) -> Iterator[State]:
    """Every combination of values of the declared types; the caller has made sure of few."""
    return product(*(tuple(item.view.every(item.initial)) for item in environment.state))
