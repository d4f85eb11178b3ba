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
from gflowspec.components.needs import BackwardNeed, Estimate, Owner, Unit
from gflowspec.executor import estimates as estimate
from gflowspec.executor.errors import NotFinite

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.components.nets.networks import Networks
    from gflowspec.executor.estimates import Hidden
    from gflowspec.executor.packing import Batch
    from gflowspec.executor.tables import Tables


#: Parameters of a copy, and those that they follow.
Pairs = tuple[list[Tensor], list[Tensor]]


@attrs.frozen(kw_only=True, eq=False)
class Lesson:
    """What an update of P_F learns from.

    Attributes:
        batch: The packed batch.
        stored: Whether it comes from a replay buffer; of transitions then, if the objective is.
        importance: Weights float64 [B] of its items; None for 1.
    """

    batch: Batch
    stored: bool = False
    importance: Tensor | None = None


@attrs.frozen(kw_only=True, eq=False)
class Learned:
    """What an update of P_F found; tensors without a graph.

    Attributes:
        loss: [].
        norm: [], norm of the gradient before clipping; None unless asked for.
        errors: float64 [B], c * rho of each stored transition; None for other batches.
    """

    loss: Tensor
    norm: Tensor | None
    errors: Tensor | None


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Learner:
    """Applies losses to the networks of an experiment.

    Attributes:
        experiment: Its networks, copies and optimisers change.
        tables: The enumerated environment; needed by rules that count paths.
    """

    experiment: Experiment
    tables: Tables | None = None

    def update_forward(self, lesson: Lesson, factor: float, *, measure: bool = False) -> Learned:
        """One step on the objective.

        Args:
            lesson: What to learn from.
            factor: Of the schedule, on every learning rate of this optimiser.
            measure: Whether to return the norm of the gradient.

        Raises:
            NotFinite: The loss is not; nothing was changed.
        """
        optimizer = self.experiment.forward_optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        loss, errors = self.losses(lesson)
        norm = self._step("forward", optimizer, loss, measure=measure)
        return Learned(loss=loss.detach(), norm=norm, errors=errors)

    def update_backward(self, batch: Batch) -> Tensor:
        """One step on the loss of P_B, its decay, and the move of its lagging copy.

        The copy moves with that of P_F, later, where the objective has one.

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
        if experiment.settings.objective.optimisation.lag is None:
            self._move_backward_target()
        return loss.detach()

    def move_targets(self, updates: int) -> None:
        """Move the copies that follow the updates of P_F, ``updates`` of which are done."""
        lag = self.experiment.settings.objective.optimisation.lag
        if lag is not None and updates % lag.every == 0:
            torch._foreach_lerp_(*self._forward_pairs, lag.tau)
            self._move_backward_target()

    def _move_backward_target(self) -> None:
        experiment = self.experiment
        how = experiment.backward_optimisation
        if experiment.backward_target is not None and how is not None:
            torch._foreach_lerp_(*self._backward_pairs, how.target_tau)

    def update_average(self) -> None:
        """Move the averaged weights towards the live ones."""
        experiment = self.experiment
        if experiment.average is not None:
            average = [item.data for item in experiment.average.parameters()]
            live = [item.data for item in experiment.networks.parameters()]
            torch._foreach_lerp_(average, live, 1 - experiment.settings.train.ema)

    def forward_loss(self, batch: Batch) -> Tensor:
        """The objective, with the stop-gradients that the backward rule declares."""
        objective = self.experiment.settings.objective
        return objective.loss(batch.trajectories, self.estimates(batch))

    def losses(self, lesson: Lesson) -> tuple[Tensor, Tensor | None]:
        """The objective, and c * rho of each transition, float64 [B], if it is of transitions."""
        batch, objective = lesson.batch, self.experiment.settings.objective
        if not lesson.stored or objective.unit is not Unit.TRANSITION:
            return self.forward_loss(batch), None
        terms = objective.terms(batch.trajectories, self.estimates(batch))
        size = batch.trajectories.size
        owners = torch.cat(
            [batch.trajectories.edge_trajectory, torch.arange(size, device=terms.device)]
        )
        costs = terms.new_zeros(size).index_add(0, owners, terms)
        weighted = costs if lesson.importance is None else costs * lesson.importance.to(costs.dtype)
        return weighted.sum(), costs.detach().double() * size

    @torch.no_grad()
    def errors(self, batch: Batch) -> Tensor:
        """C * rho of each transition of a batch of transitions, float64 [B]."""
        found = self.losses(Lesson(batch=batch, stored=True))[1]
        assert found is not None
        return found

    def estimates(self, batch: Batch) -> Estimates:
        """What the objective asks for, with the stop-gradients that the backward rule declares."""
        networks, settings = self.experiment.networks, self.experiment.settings
        requires = settings.objective.requires
        trains_backward = settings.backward.owner is Owner.OBJECTIVE
        heads = ["forward"] + ["backward"] * trains_backward
        heads += ["flow"] * (Estimate.LOG_FLOW in requires)
        reuse = self.experiment.program.reuse.forward
        hidden = estimate.hidden_states(networks, heads, batch, reuse=reuse)
        logits = estimate.policy_logits(networks, hidden, batch)
        if Estimate.LOG_PB not in requires:
            log_pb = None
        elif trains_backward:
            log_pb = estimate.backward_log_probabilities(networks, hidden, batch)
        else:
            log_pb = self._constant_log_pb(batch)
        found = self._of_policy(networks, hidden, logits, batch)
        target, divergence = self._of_target(logits, batch)
        inflow = None
        if Estimate.LOG_INFLOW in requires:
            inflow = estimate.log_inflows(networks, self.experiment.environment, batch)
        return attrs.evolve(
            found,
            log_pb=log_pb,
            log_z=networks.log_z if Estimate.LOG_Z in requires else None,
            log_rewards=self._log_rewards(batch) if Estimate.LOG_REWARDS in requires else None,
            log_inflow=inflow,
            target=target,
            target_kl=divergence,
        )

    def _of_policy(
        self, networks: Networks, hidden: Hidden, logits: Tensor, batch: Batch
    ) -> Estimates:
        """What the heads of P_F and of the flow say."""
        requires = self.experiment.settings.objective.requires
        log_pf, log_pf_stop = estimate.forward_log_probabilities(logits, batch)
        flows = estimate.log_flows(networks, hidden) if Estimate.LOG_FLOW in requires else None
        values = estimate.log_sums(logits, batch.forward_mask) if Estimate.V in requires else None
        ends = None
        if Estimate.LOG_PF_END in requires:
            trajectories, mask = batch.trajectories, batch.forward_mask
            forced = torch.zeros_like(mask[0])
            forced[trajectories.last] = trajectories.forced
            ends = estimate.end_log_probabilities(logits, mask, forced)
        return Estimates(
            log_pf=log_pf, log_pf_stop=log_pf_stop, log_flow=flows, v=values, log_pf_end=ends
        )

    @torch.no_grad()
    def _of_target(self, logits: Tensor, batch: Batch) -> tuple[Estimates | None, Tensor | None]:
        """What the lagging copy of P_F says, and how far the live policy is from its own."""
        target = self.experiment.forward_target
        if target is None:
            return None, None
        hidden = estimate.hidden_states(target, list(target.trunk_of), batch, reuse=False)
        others = estimate.policy_logits(target, hidden, batch)
        found = self._of_policy(target, hidden, others, batch)
        if Estimate.TARGET_KL not in self.experiment.settings.objective.requires:
            return found, None
        return found, estimate.divergences(logits, others, batch.forward_mask)

    @torch.no_grad()
    def _log_rewards(self, batch: Batch) -> Tensor:
        """Log R of every state [N]."""
        found = self.experiment.environment.log_reward(batch.trajectories.states)
        return found.to(self.experiment.dtype)

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
        target = self.experiment.backward_target
        if target is not None:
            return estimate.target_log_probabilities(target, batch)
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
    def _backward_pairs(self) -> Pairs:
        assert self.experiment.backward_target is not None
        return _pairs(self.experiment.backward_target, self.experiment.networks)

    @cached_property
    def _forward_pairs(self) -> Pairs:
        assert self.experiment.forward_target is not None
        return _pairs(self.experiment.forward_target, self.experiment.networks)


def _pairs(copy: Networks, networks: Networks) -> Pairs:
    """Parameters of a lagging copy, and the live ones they follow."""
    live = dict(networks.named_parameters())
    pairs = [(item.data, live[name].data) for name, item in copy.named_parameters()]
    return [first for first, _ in pairs], [second for _, second in pairs]


def _gradients(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """Gradients of the parameters of an optimiser, where there are any."""
    parameters = [item for group in optimizer.param_groups for item in group["params"]]
    return [item.grad for item in parameters if item.grad is not None]
