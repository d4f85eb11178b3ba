"""The two updates of an iteration: where gradients may go, and when they are cleared."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from gflowspec.components.backward.base import FixedBackward, TrainedBackward
from gflowspec.components.contracts import BackwardFacts, Estimates
from gflowspec.components.needs import BackwardNeed, Estimate, Owner
from gflowspec.executor import estimates as estimate
from gflowspec.executor.errors import NotFinite

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.packing import Batch
    from gflowspec.executor.tables import Tables


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Learner:
    """Applies losses to the networks of an experiment.

    Attributes:
        experiment: Its networks, copies and optimisers change.
        tables: The enumerated environment; needed by rules that count paths.
    """

    experiment: Experiment
    tables: Tables | None = None

    def update_forward(
        self, batch: Batch, factor: float, *, measure: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """One step on the objective.

        Args:
            batch: The batch just sampled.
            factor: Of the schedule, on every learning rate of this optimiser.
            measure: Whether to return the norm of the gradient.

        Returns:
            The loss, and the norm of its gradient before clipping, None unless asked for: tensors
            [] without a graph.

        Raises:
            NotFinite: The loss is not; nothing was changed.
        """
        optimizer = self.experiment.forward_optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        loss = self.forward_loss(batch)
        return loss.detach(), self._step("forward", optimizer, loss, measure=measure)

    def update_backward(self, batch: Batch) -> Tensor:
        """One step on the loss of P_B, its decay, and the move of its lagging copy.

        Returns:
            The loss, a tensor [] without a graph.

        Raises:
            NotFinite: The loss is not; nothing was changed.
        """
        experiment = self.experiment
        rule, optimizer = experiment.settings.backward, experiment.backward_optimizer
        assert isinstance(rule, TrainedBackward)
        assert optimizer is not None
        loss = self.backward_loss(batch)
        self._step("backward", optimizer, loss, measure=False)
        for group in optimizer.param_groups:
            group["lr"] *= rule.optimisation.lr_decay
        if experiment.target is not None:
            target, live = self._target_pairs
            torch._foreach_lerp_(target, live, rule.optimisation.target_tau)
        return loss.detach()

    def update_average(self) -> None:
        """Move the averaged weights towards the live ones."""
        experiment = self.experiment
        if experiment.average is not None:
            average = [item.data for item in experiment.average.parameters()]
            live = [item.data for item in experiment.networks.parameters()]
            torch._foreach_lerp_(average, live, 1 - experiment.settings.train.ema)

    def forward_loss(self, batch: Batch) -> Tensor:
        """The objective, with the stop-gradients that the backward rule declares."""
        networks, settings = self.experiment.networks, self.experiment.settings
        requires = settings.objective.requires
        trains_backward = settings.backward.owner is Owner.OBJECTIVE
        heads = ["forward"] + ["backward"] * trains_backward
        heads += ["flow"] * (Estimate.LOG_FLOW in requires)
        hidden = estimate.hidden_states(
            networks, heads, batch, reuse=self.experiment.program.reuse.forward
        )
        log_pf, log_pf_stop = estimate.forward_log_probabilities(networks, hidden, batch)
        if trains_backward:
            log_pb = estimate.backward_log_probabilities(networks, hidden, batch)
        else:
            log_pb = self._constant_log_pb(batch)
        found = Estimates(
            log_pf=log_pf,
            log_pf_stop=log_pf_stop,
            log_pb=log_pb,
            log_flow=estimate.log_flows(networks, hidden) if "flow" in heads else None,
            log_z=networks.log_z if Estimate.LOG_Z in requires else None,
        )
        return settings.objective.loss(batch.trajectories, found)

    def backward_loss(self, batch: Batch) -> Tensor:
        """The loss of P_B on the batch just sampled."""
        networks, rule = self.experiment.networks, self.experiment.settings.backward
        assert isinstance(rule, TrainedBackward)
        hidden = estimate.hidden_states(
            networks, ["backward"], batch, reuse=self.experiment.program.reuse.backward
        )
        log_pb = estimate.backward_log_probabilities(networks, hidden, batch)
        return rule.loss(batch.trajectories, log_pb)

    @torch.no_grad()
    def _constant_log_pb(self, batch: Batch) -> Tensor:
        """Log P_B [E] as an objective sees it that must not train it."""
        rule, networks = self.experiment.settings.backward, self.experiment.networks
        if isinstance(rule, FixedBackward):
            return rule.log_pb(self._facts(batch)).to(self.experiment.dtype)
        if self.experiment.target is not None:
            return estimate.target_log_probabilities(self.experiment.target, batch)
        hidden = estimate.hidden_states(networks, ["backward"], batch, reuse=False)
        return estimate.backward_log_probabilities(networks, hidden, batch)

    def _facts(self, batch: Batch) -> BackwardFacts:
        choices = batch.backward_mask.sum(0)
        if BackwardNeed.PATH_COUNTS not in self.experiment.settings.backward.needs:
            return BackwardFacts(choices=choices)
        assert self.tables is not None
        trajectories = batch.trajectories
        paths = self.tables.log_paths[self.tables.rows(trajectories.states)]
        return BackwardFacts(
            choices=choices,
            log_paths_parent=paths[trajectories.parent],
            log_paths_child=paths[trajectories.child],
        )

    def _step(
        self, policy: str, optimizer: torch.optim.Optimizer, loss: Tensor, *, measure: bool
    ) -> Tensor | None:
        """Clear, differentiate, clip, step, clear; the norm of the gradient before clipping.

        All gradients of all parameters are cleared, not those of this optimiser alone: what one
        update leaves on a head or on the shared trunk would enter the other.
        """
        value = float(loss.detach())
        if not math.isfinite(value):
            message = f"the loss of the {policy} policy is {value}"
            raise NotFinite(message)
        self._clear()
        loss.backward()
        limit = self.experiment.settings.train.optimizer.clip_norm
        norm = None
        if measure or limit is not None:
            gradients = _gradients(optimizer)
            norm = torch.stack(torch._foreach_norm(gradients)).norm()
            if limit is not None:
                torch._foreach_mul_(gradients, (limit / (norm + 1e-6)).clamp(max=1.0))
        optimizer.step()
        self._clear()
        return norm

    def _clear(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None

    @cached_property
    def _parameters(self) -> tuple[Tensor, ...]:
        return tuple(self.experiment.networks.parameters())

    @cached_property
    def _target_pairs(self) -> tuple[list[Tensor], list[Tensor]]:
        """Parameters of the lagging copy, and the live ones they follow."""
        target, networks = self.experiment.target, self.experiment.networks
        assert target is not None
        live = dict(networks.named_parameters())
        pairs = [(item.data, live[name].data) for name, item in target.named_parameters()]
        return [first for first, _ in pairs], [second for _, second in pairs]


def _gradients(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """Gradients of the parameters of an optimiser, where there are any."""
    parameters = [item for group in optimizer.param_groups for item in group["params"]]
    return [item.grad for item in parameters if item.grad is not None]
