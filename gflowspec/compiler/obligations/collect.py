"""All states that the types allow, for comparison with those that can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from gflowspec.compiler.derive.collisions import values_of
from gflowspec.core.types import ArrayType
from gflowspec.ir.environment import Environment, StateVariable
from gflowspec.semantics.machine import State


def states_of_places(environment: Environment) -> Iterator[State]:
    """Every combination of values of all places, whatever the declared types say about them."""
    return product(*(tuple(values_of(variable.type)) for variable in environment.state))


def states_of_type(environment: Environment) -> Iterator[State]:
    """The same where places that can hold one value only keep it.

    The caller has made sure that there are few.
    """
    return product(*(tuple(_values(variable)) for variable in environment.state))


def _values(variable: StateVariable) -> Iterator[Any]:
    of = variable.type
    if not isinstance(of, ArrayType):
        return values_of(of)
    choices = tuple(values_of(of.element))
    return product(
        *(
            (initial,) if variable.view.size_at(place) == 1 else choices
            for place, initial in enumerate(variable.initial)
        )
    )
