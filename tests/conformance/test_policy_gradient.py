"""The gradient of ``vargrad`` on the policy's own trajectories is an entropic policy gradient.

With l = log R(x) + log P_B(tau | x) - log P_F(tau), the objective of entropy-regularised RL is
J = E over P_F of l = log Z - KL(P_F(tau), P_B(tau | x) R(x) / Z), and its gradient is that of
REINFORCE with the return l.
"""

import pytest
import torch
from policies import forward_law, random_backward, random_logits
from tables import TABLES
from walks import Tables, adjacency, pack, random_walks

from gflowspec.components.objectives.vargrad import VarianceGradient


def every_walk(table):
    """All trajectories, depth first."""
    out, _ = adjacency(table)
    found, waiting = [], [([], 0)]
    while waiting:
        walk, state = waiting.pop()
        if table.terminating[state]:
            found.append((walk, not bool(table.forced[state])))
        waiting.extend(([*walk, edge], int(table.child[edge])) for edge in out[state])
    return found


def logits_of(table):
    sizes = (len(table.parent), len(table.rank))
    return [random_logits(size, seed=31 + i).requires_grad_() for i, size in enumerate(sizes)]


def levels(table, walks, logits, log_pb):
    """Log P_F [B] of whole trajectories, l [B], and the loss of ``vargrad``."""
    log_pf, log_pf_stop = forward_law(table, *logits)
    packed = pack(table, walks)
    estimates = packed.estimates(Tables(log_pf=log_pf, log_pf_stop=log_pf_stop, log_pb=log_pb))
    owner = packed.trajectories.edge_trajectory
    forward = estimates.log_pf_stop.index_add(0, owner, estimates.log_pf)
    backward = torch.zeros_like(forward).index_add(0, owner, estimates.log_pb)
    loss = VarianceGradient().loss(packed.trajectories, estimates)
    return forward, packed.trajectories.log_reward + backward - forward, loss


def gradient(value, logits):
    found = torch.autograd.grad(value, logits, retain_graph=True)
    return torch.cat([part.flatten() for part in found])


@pytest.mark.parametrize("name", TABLES)
def test_a_batch_gives_reinforce_with_the_mean_of_the_others_for_a_baseline(name):
    table = TABLES[name]()
    walks, logits = random_walks(table, 7, seed=2), logits_of(table)
    forward, level, loss = levels(table, walks, logits, random_backward(table, seed=3))
    others = (level.sum() - level) / (len(walks) - 1)
    reinforce = ((level - others).detach() * forward).mean()
    factor = -2 * (len(walks) - 1) / len(walks)
    torch.testing.assert_close(
        gradient(loss, logits), factor * gradient(reinforce, logits), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("name", ["grid 3x3", "mixed"])
def test_its_mean_over_all_pairs_of_trajectories_is_the_gradient_of_the_entropic_return(name):
    table = TABLES[name]()
    walks, logits, log_pb = every_walk(table), logits_of(table), random_backward(table, seed=3)
    forward, level, _ = levels(table, walks, logits, log_pb)
    chances = forward.exp()
    assert chances.sum().item() == pytest.approx(1.0, abs=1e-12)
    expected = 0
    for i, first in enumerate(walks):
        for j, second in enumerate(walks):
            _, _, loss = levels(table, [first, second], logits, log_pb)
            expected = expected + (chances[i] * chances[j]).detach() * gradient(loss, logits)
    wanted = gradient((chances * level).sum(), logits)
    assert float(wanted.abs().max()) > 1e-3
    torch.testing.assert_close(expected, -wanted, rtol=1e-9, atol=1e-12)
