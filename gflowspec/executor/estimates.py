"""What the networks say about a packed batch, once for each batch and loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gflowspec.components.contracts import Estimates
from gflowspec.components.needs import Estimate
from gflowspec.components.nets.heads import ILLEGAL

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.compiler.environment import Environment
    from gflowspec.components.nets.networks import Networks
    from gflowspec.executor.packing import Batch

# torch leaves the signatures of Function open; ours are narrower on purpose.
# mypy: disable-error-code="override, untyped-decorator, no-untyped-call"

#: Output of trunks by their name.
Hidden = dict[str, Tensor]


def log_probabilities(values: Tensor, mask: Tensor) -> Tensor:
    """Log of the softmax over the legal actions.

    Args:
        values: float [A, N], logits.
        mask: bool [A, N].

    Returns:
        float [A, N]. Illegal entries are finite, far below any other, and pass no gradient to
        their logits; a column without a legal action is finite too and passes none at all.
    """
    illegal = values.new_full((), ILLEGAL)
    return torch.where(mask, values, illegal).log_softmax(0)


def chosen_log_probabilities(values: Tensor, mask: Tensor, actions: Tensor) -> Tensor:
    """Log-probability of one action in each column.

    Args:
        values: float [A, N], logits.
        mask: bool [A, N].
        actions: int64 [N]; where it is illegal, the result means nothing and must get no gradient.

    Returns:
        float [N]. Illegal entries pass no gradient to their logits.
    """
    return _Chosen.apply(values, mask, actions)


class _Chosen(torch.autograd.Function):
    """One node in the graph instead of four: where, log-softmax, gather, squeeze."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, mask: Tensor, actions: Tensor) -> Tensor:
        table = log_probabilities(values, mask)
        index = actions.unsqueeze(0)
        ctx.save_for_backward(table, index)
        return table.gather(0, index).squeeze(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        table, index = ctx.saved_tensors
        down = grad.unsqueeze(0)
        # d log p_a / d logit_b = 1[a = b] - p_b, and p_b is exactly 0 where b is illegal.
        return (table.exp() * -down).scatter_add_(0, index, down), None, None


def hidden_states(networks: Networks, heads: Sequence[str], batch: Batch, *, reuse: bool) -> Hidden:
    """Output of the trunks that the heads read, at all N states, by the name of the trunk.

    Args:
        networks: The live networks.
        heads: Names of the heads.
        batch: The packed batch.
        reuse: Whether the trunk of ``forward`` may enter with what it kept at the rollout.
    """
    found: Hidden = {}
    for head in heads:
        name = networks.trunk_of[head]
        if name not in found:
            kept = batch.kept if reuse and name == networks.trunk_of["forward"] else ()
            found[name] = networks.trunk(head)(batch.trajectories.states, kept)
    return found


def forward_log_probabilities(logits: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Log P_F of the edges [E], and of the final step [B] (0 where it is not `stop`).

    Args:
        logits: float [A_f, N], of P_F.
        batch: The packed batch.
    """
    chosen = chosen_log_probabilities(logits, batch.forward_mask, batch.choices)
    trajectories = batch.trajectories
    ends = chosen.index_select(0, trajectories.last)
    stops = torch.where(trajectories.stopped, ends, ends.new_zeros(()))
    return chosen.index_select(0, trajectories.parent), stops


def log_sums(logits: Tensor, mask: Tensor) -> Tensor:
    """Log of the sum of exp(logits) over the legal actions, [N]; finite where there is none."""
    return torch.where(mask, logits, logits.new_full((), ILLEGAL)).logsumexp(0)


@torch.no_grad()
def divergences(logits: Tensor, others: Tensor, mask: Tensor) -> Tensor:
    """KL(softmax(logits), softmax(others)) over the legal actions, [N]."""
    one, two = log_probabilities(logits, mask), log_probabilities(others, mask)
    return torch.where(mask, one.exp() * (one - two), 0.0).sum(0)


def policy_logits(networks: Networks, hidden: Hidden, batch: Batch) -> Tensor:
    """Logits of P_F at the N states, [A_f, N]."""
    return networks.head("forward").logits(hidden[networks.trunk_of["forward"]], batch.forward_mask)


@torch.no_grad()
def estimated_log_z(experiment: Experiment) -> Tensor | None:
    """What the objective takes for log Z; a tensor []."""
    found = experiment.settings.objective.log_z(_at_source(experiment))
    return None if found is None else found.detach().squeeze()


def _at_source(experiment: Experiment) -> Estimates:
    """What the objective asks for, at the source alone."""
    networks, environment = experiment.policy, experiment.environment
    requires, source = experiment.settings.objective.requires, environment.source(1)
    log_flow = log_rewards = v = ends = None
    if Estimate.LOG_FLOW in requires:
        log_flow = networks.values("flow", source).squeeze(0)
    if Estimate.LOG_REWARDS in requires:
        log_rewards = environment.log_reward(source).to(experiment.dtype)
    if requires & {Estimate.V, Estimate.LOG_PF_END}:
        mask = environment.forward_mask(source).t()
        logits = networks.logits(source, mask)
        v = log_sums(logits, mask)
        ends = end_log_probabilities(logits, mask, environment.is_terminal(source))
    nothing = source.new_zeros(0, dtype=experiment.dtype)
    return Estimates(
        log_pf=nothing,
        log_pf_stop=nothing,
        log_flow=log_flow,
        log_z=networks.log_z,
        v=v,
        log_pf_end=ends,
        log_rewards=log_rewards,
    )


def end_log_probabilities(logits: Tensor, mask: Tensor, forced: Tensor) -> Tensor:
    """Log P_F(s_f | s) [N], of the last action, which has to be `stop`; 0 where ``forced``."""
    return torch.where(forced, 0.0, log_probabilities(logits, mask)[-1])


def backward_log_probabilities(networks: Networks, hidden: Hidden, batch: Batch) -> Tensor:
    """Live log P_B of the edges [E], a function of the child alone."""
    values = networks.head("backward")(hidden[networks.trunk_of["backward"]])
    # Selecting after the head moves A_b numbers a state instead of the trunk's whole output.
    values = values.index_select(1, batch.trajectories.child)
    actions = batch.trajectories.backward_actions
    return chosen_log_probabilities(values, batch.backward_mask, actions)


def log_inflows(networks: Networks, environment: Environment, batch: Batch) -> Tensor:
    """Log of the sum of exp(logits) over all actions into the child of each edge, [E].

    The derived inverse actions give the parents; all parents of the batch are one batch of the
    network, in which a state stands once for each of its children.
    """
    edges, actions = batch.backward_mask.t().nonzero(as_tuple=True)
    with torch.no_grad():
        children = batch.children.index_select(0, edges)
        parents = environment.backward_step(children, actions)
        taken = environment.forward_of(children, actions)
        mask = environment.forward_mask(parents).t()
    flows = networks.logits(parents, mask).gather(0, taken.unsqueeze(0)).squeeze(0)
    size = batch.backward_mask.shape[1]
    greatest = flows.detach().new_full((size,), -torch.inf)
    greatest = greatest.scatter_reduce(0, edges, flows.detach(), "amax")
    shares = (flows - greatest.index_select(0, edges)).exp()
    return greatest + flows.new_zeros(size).index_add(0, edges, shares).log()


@torch.no_grad()
def target_log_probabilities(target: Networks, batch: Batch) -> Tensor:
    """Log P_B of the edges [E] by the target copy; a constant."""
    values = target.values("backward", batch.children)
    actions = batch.trajectories.backward_actions
    return chosen_log_probabilities(values, batch.backward_mask, actions)


def log_flows(networks: Networks, hidden: Hidden) -> Tensor:
    """Log F of the N states."""
    flows: Tensor = networks.head("flow")(hidden[networks.trunk_of["flow"]])
    return flows.squeeze(0)
