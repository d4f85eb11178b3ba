"""What elaboration makes: environments with concrete parameters, and rewards over them."""

from __future__ import annotations

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.ir.environment import Environment
from gflowspec.ir.reward import Reward


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Instance(Frozen):
    """An environment with concrete parameters.

    Attributes:
        environment: The environment.
        rewards: Rewards over it, checked against its types. At a scope only those whose
            ``assert``s hold there.
        scope: The same environment at the parameters of its ``scope`` block; None without one.
    """

    environment: Environment
    rewards: tuple[Reward, ...] = ()
    scope: Instance | None = None
