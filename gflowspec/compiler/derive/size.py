"""Counts that are known before any state is visited."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.types import ArrayType, cardinality
from gflowspec.ir.derived import DerivedAction, Sizes
from gflowspec.ir.environment import Binder, Environment, StateVariable

#: Forward actions, and scalar locations of a state, that an environment may have.
MOST_ACTIONS = 1_000_000
MOST_FIELDS = 100_000
#: What may be written by hand: every effect is compared with every other, and proofs look at
#: every variable for every action.
MOST_VARIABLES = 500
MOST_DECLARED = 500
MOST_EFFECTS = 200


def too_large(environment: Environment) -> Diagnostic | None:
    """GFS131 for an environment with more of anything than can be listed, or compared."""
    actions = sum(combinations(action.binders) for action in environment.actions)
    fields = sum(
        item.type.size if isinstance(item.type, ArrayType) else 1 for item in environment.state
    )
    effects = max((len(action.effects) for action in environment.actions), default=0)
    for count, most, what in (
        (actions, MOST_ACTIONS, "actions"),
        (fields, MOST_FIELDS, "locations in its state"),
        (len(environment.state), MOST_VARIABLES, "state variables"),
        (len(environment.actions), MOST_DECLARED, "action declarations"),
        (effects, MOST_EFFECTS, "effects in one action"),
    ):
        if count > most:
            message = f"environment `{environment.name}` has {count} {what}, more than {most}"
            label = None if environment.span is None else Label(environment.span)
            return Diagnostic("GFS131", Severity.ERROR, message, label)
    return None


def sizes_of(
    environment: Environment, actions: Sequence[DerivedAction], horizon: int | None
) -> Sizes:
    """States by type, the two index sets, and the horizon that the rank gives."""
    stop = 0 if environment.stop is None else 1
    return Sizes(
        states_upper=states_upper(environment),
        forward_actions=sum(combinations(item.action.binders) for item in actions) + stop,
        backward_actions=sum(combinations(item.addresses) for item in actions),
        horizon=horizon,
    )


def states_upper(environment: Environment) -> int:
    """The number of states that the declared types allow."""
    return prod(_values(variable) for variable in environment.state)


def _values(variable: StateVariable) -> int:
    """How many values a variable has by its declared type, else by the type that holds it."""
    count = variable.view.count
    return (cardinality(variable.type) or 0) if count is None else count


def combinations(binders: Sequence[Binder]) -> int:
    """The number of values that binders have together."""
    return prod(len(binder.carrier) for binder in binders)
