"""Faults that published code has had, injected one by one: each breaks a test that is about it.

A test that still passed with the fault would prove nothing.
"""

import pytest
import torch

from gflowspec.components.metrics import distances
from gflowspec.executor import estimates, iteration, packing
from gflowspec.executor.updates import Learner
from tests.components import test_metrics
from tests.executor import test_estimates, test_isolation, test_replay, test_training
from tests.executor.worlds import Grid


def breaks(check, *arguments):
    """The check fails, and fails because something it compares is not so."""
    with pytest.raises(AssertionError):
        check(*arguments)


def test_a_backward_policy_that_is_read_at_the_parent(monkeypatch):
    def at_parent(networks, hidden, batch):
        values = networks.head("backward")(hidden[networks.trunk_of["backward"]])
        values = values.index_select(1, batch.trajectories.parent)
        actions = batch.trajectories.backward_actions
        return estimates.chosen_log_probabilities(values, batch.backward_mask, actions)

    test_estimates.test_log_pb_of_an_edge_is_read_at_its_child(Grid(2, 4), "tlm")
    monkeypatch.setattr(estimates, "backward_log_probabilities", at_parent)
    breaks(test_estimates.test_log_pb_of_an_edge_is_read_at_its_child, Grid(2, 4), "tlm")


def test_a_backward_policy_that_the_objective_trains_unasked(monkeypatch):
    plain = Learner._constant_log_pb

    def with_gradient(self, batch):
        networks = self.experiment.networks
        if "backward" not in networks.trunk_of:
            return plain(self, batch)
        hidden = estimates.hidden_states(networks, ["backward"], batch, reuse=False)
        return estimates.backward_log_probabilities(networks, hidden, batch)

    check = test_isolation.test_only_naive_sends_the_objective_into_the_backward_head
    check("tb")
    monkeypatch.setattr(Learner, "_constant_log_pb", with_gradient)
    breaks(check, "tb")


def test_a_gradient_that_is_left_over(monkeypatch):
    def own_alone(self):
        for parameter in self.experiment.networks.head("forward").parameters():
            parameter.grad = None

    check = test_isolation.test_a_left_over_gradient_has_no_effect
    check("db", "tlm")
    monkeypatch.setattr(Learner, "_clear", own_alone)
    breaks(check, "db", "tlm")


def test_a_target_that_never_moves(monkeypatch):
    monkeypatch.setattr(Learner, "_move_backward_target", lambda self: None)
    breaks(test_isolation.test_the_target_moves_by_exactly_tau_and_never_shares_memory)


def test_a_target_of_q_that_never_moves(monkeypatch):
    monkeypatch.setattr(Learner, "move_targets", lambda self, updates: None)
    breaks(test_replay.test_the_target_of_q_moves_by_exactly_tau)
    breaks(test_replay.test_targets_move_together_by_tau_or_every_so_many_updates)


def test_batches_that_are_swapped(monkeypatch):
    """TLM sees an older batch."""
    seen = []
    plain = iteration.Iteration._backward

    def older(self, batch):
        seen.append(batch)
        return plain(self, seen[max(0, len(seen) - 2)])

    monkeypatch.setattr(iteration.Iteration, "_backward", older)
    breaks(test_replay.test_tlm_sees_the_batch_just_sampled, "tb")


def test_log_probabilities_that_are_stored(monkeypatch):
    """Replay that keeps log P_B from when a transition was sampled."""
    first = {}
    plain = Learner._constant_log_pb

    def kept(self, batch):
        return first.setdefault(batch.trajectories.parent.shape[0], plain(self, batch))

    monkeypatch.setattr(Learner, "_constant_log_pb", kept)
    breaks(test_replay.test_stored_steps_are_judged_by_the_present_backward_policy, "soft_dqn")


def test_transitions_that_lose_the_stop(monkeypatch):
    plain = test_replay.transitions

    def without_stops(steps):
        found = plain(steps)
        kept = int((~found.stopped).sum())
        return packing.Steps(
            lengths=found.lengths[:kept],
            states=found.states[: 2 * kept],
            choices=found.choices[: 2 * kept],
            stopped=found.stopped[:kept],
            forced=found.forced[:kept],
            log_reward=found.log_reward[:kept],
        )

    monkeypatch.setattr(test_replay, "transitions", without_stops)
    breaks(test_replay.test_transitions_are_all_edges_and_stops, Grid(2, 4))


def test_clipping_after_the_step(monkeypatch):
    def late(self, policy, optimizer, loss, *, measure):
        del policy
        self._clear()
        loss.backward()
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        optimizer.step()
        torch._foreach_mul_(gradients, 1e-3 / float(norm))
        self._clear()
        return norm

    monkeypatch.setattr(Learner, "_step", late)
    breaks(test_training.test_gradients_are_clipped_between_backward_and_step)


def test_a_wrong_bit_in_a_mask(monkeypatch):
    """A legal backward action that is masked out: the summary no longer agrees with the losses."""
    world = Grid(2, 3)
    check = test_estimates.test_a_summary_agrees_with_the_estimates_of_the_losses
    check(world, "maxent")
    plain = Grid.backward_mask

    def wrong(self, states):
        mask = plain(self, states).clone()
        both = mask.all(1)
        mask[both, 0] = False
        return mask

    monkeypatch.setattr(Grid, "backward_mask", wrong)
    breaks(check, world, "maxent")


def test_a_distance_that_is_a_mean(monkeypatch):
    def mean(p, q):
        return float((p.exp() - q.exp()).abs().mean())

    test_metrics.test_exact_metrics("l1_exact", 0.6)
    monkeypatch.setattr(distances, "l1", mean)
    breaks(test_metrics.test_exact_metrics, "l1_exact", 0.6)
