"""Counts that are known before any state is visited."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from gflowspec.ir.derived import Codec, DerivedAction, Sizes
from gflowspec.ir.environment import Binder, Environment


def sizes_of(
    environment: Environment, actions: Sequence[DerivedAction], codec: Codec, horizon: int | None
) -> Sizes:
    """States by type, the two index sets, and the horizon that the rank gives."""
    stop = 0 if environment.stop is None else 1
    return Sizes(
        states_upper=prod(field.size for field in codec.fields),
        forward_actions=sum(combinations(item.action.binders) for item in actions) + stop,
        backward_actions=sum(combinations(item.addresses) for item in actions),
        horizon=horizon,
    )


def combinations(binders: Sequence[Binder]) -> int:
    """The number of values that binders have together."""
    return prod(len(binder.carrier) for binder in binders)
