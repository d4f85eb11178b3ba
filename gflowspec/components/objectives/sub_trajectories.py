"""What the objectives of all pieces of a trajectory share."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import attrs

from gflowspec.components.objectives.base import Objective
from gflowspec.components.residuals.base import Residual
from gflowspec.components.residuals.squared import Squared
from gflowspec.core.schema import Range, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import Estimates, Trajectories


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SubTrajectories(Objective):
    """Balance of every piece of a trajectory (Madan et al., 2023).

    With N transitions and a level A_i of each state s_0 .. s_N, equal along a balanced trajectory:

        delta_ij = A_i - A_j for i < j;  w_ij = lambda^(j-i-1) / sum_{k<N} (N - k) lambda^k;
        loss = mean over trajectories of sum_{i<j} w_ij rho(delta_ij)   (``geometric_within``).
    """

    subtb_lambda: float = param(
        default=0.9,
        range=Range(0, low_open=True),
        key="lambda",
        doc="weight of a sub-trajectory relative to one that is a step shorter; 1 is allowed",
    )
    weighting: str = param(
        default="geometric_within",
        choices=("geometric_within", "geometric", "uniform"),
        doc="weights sum to 1 in each trajectory, or over the batch, or are equal in the batch",
    )
    residual: Residual = param(  # noqa: RUF009 - a declaration, as in `component` classes
        default=Squared(), kind="residual", doc="loss of a residual"
    )

    @abstractmethod
    def transitions(self, trajectories: Trajectories) -> Tensor:
        """N of every trajectory, int64 [B]."""

    @abstractmethod
    def levels(self, trajectories: Trajectories, estimates: Estimates) -> Tensor:
        """A_i [B, L] of every trajectory; what stands behind A_N means nothing, but is finite."""

    def residuals(self, trajectories: Trajectories, estimates: Estimates) -> tuple[Tensor, Tensor]:
        """Residuals [B, L, L] of the pairs (i, j), L - 1 the most transitions of a trajectory.

        The weight is 0 unless i < j <= N.
        """
        levels = self.levels(trajectories, estimates)
        residuals = levels.unsqueeze(2) - levels.unsqueeze(1)
        return residuals, self._weights(trajectories, levels)

    def _weights(self, trajectories: Trajectories, levels: Tensor) -> Tensor:
        """w_ij over the number of trajectories, [B, L, L]."""
        import torch

        width = levels.shape[1]
        transitions = self.transitions(trajectories)
        ratio = 1.0 if self.weighting == "uniform" else self.subtb_lambda
        position = torch.arange(width, device=levels.device)
        gap = (position - position.unsqueeze(1)).to(levels.dtype)
        powers = torch.pow(ratio, gap - 1).triu(1)
        pairs = powers * (position <= transitions.unsqueeze(1)).unsqueeze(1)
        totals = powers[0].cumsum(0).cumsum(0)[transitions]
        if self.weighting == "geometric_within":
            return pairs / (totals * max(1, trajectories.size)).clamp(min=_TINY)[:, None, None]
        return pairs / totals.sum().clamp(min=_TINY)


#: Keeps 0 / 0 away where a trajectory has no transition; real totals are at least 1.
_TINY = 1e-30


def state_places(trajectories: Trajectories, width: int) -> Tensor:
    """Where the N states stand in a table [B, width] that is laid out flat, int64 [N]."""
    import torch

    owner = trajectories.state_trajectory
    rank = torch.arange(owner.shape[0], device=owner.device) - trajectories.first[owner]
    return owner * width + rank
