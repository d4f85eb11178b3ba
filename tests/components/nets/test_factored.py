"""Heads of P_F compute the functions that they are named after."""

import pytest
import torch

import gflowspec
from gflowspec.compiler.shapes import model_shapes
from gflowspec.executor.packing import pack
from gflowspec.executor.result import Outcome
from gflowspec.executor.rollout import rollout
from gflowspec.executor.trainer import train
from gflowspec.executor.updates import Learner
from gflowspec.ir.factors import factors_of
from tests.components.nets.test_layers import normal

#: The value is bound first, so that the forward set is in another order than address and word.
TEXT = """gfs 1.0
environment Marks() {
  state { w: array[3] of int[0..2]? = empty }
  action write(v in 0..2, p in index(w)) when v != 1 or p > 0 { w[p] := v }
  terminal when filled(w)
}
reward Sum() for Marks { R = 1 + count(w[p] == 2 for p in index(w)) }
experiment marks {
  environment = Marks()
  reward = Sum()
  policy { encoder = ENCODER  forward = learned(head = HEAD)  backward = tlm() }
  objective = OBJECTIVE
  train { steps = 6  batch = 8  precision = float64 }
}
"""
ENCODERS = {
    "mlp": "mlp(hidden = [6])",
    "tabular": "tabular()",
    "transformer": "transformer(width = 8, heads = 2, layers = 1, feed_forward = 8)",
}
HEADS = ("joint", "additive", "autoregressive")
STATES = torch.tensor([[0, 0, 0], [1, 0, 3], [0, 2, 0], [2, 3, 0]])


def built(tmp_path, head, encoder, objective="tb"):
    text = TEXT.replace("ENCODER", ENCODERS[encoder]).replace("HEAD", head)
    file = tmp_path / "marks.gfs"
    file.write_text(text.replace("OBJECTIVE", objective))
    experiment = gflowspec.compile(gflowspec.load(file)).experiment
    for i, parameter in enumerate(experiment.networks.parameters()):
        parameter.data.copy_(normal(*parameter.shape, seed=i) if parameter.dim() else 0.5)
    return experiment


def table(experiment, states=STATES):
    """Logits [word, address, N] and the legal ones."""
    mask = experiment.environment.forward_mask(states).t()
    values = experiment.networks.logits(states, mask)
    return values.detach().view(3, 3, -1), mask.view(3, 3, -1)


def test_addresses_and_words_are_told_apart(tmp_path):
    (part,) = factors_of(built(tmp_path, "joint", "mlp").environment.derived)
    assert (part.addresses, part.words, part.columns) == (3, 3, (0, 1, 2))
    assert part.forward == (0, 3, 6, 1, 4, 7, 2, 5, 8)


@pytest.mark.parametrize("encoder", ["mlp", "tabular"])
def test_additive_logits_are_a_sum_over_address_and_word(tmp_path, encoder):
    values, _ = table(built(tmp_path, "additive", encoder))
    crossed = values - values[:1] - values[:, :1] + values[:1, :1]
    assert crossed.abs().max() < 1e-12
    assert values.std(0).min() > 1e-3
    assert values.std(1).min() > 1e-3
    other, _ = table(built(tmp_path, "joint", encoder))
    assert (other - other[:1] - other[:, :1] + other[:1, :1]).abs().max() > 1e-3


@pytest.mark.parametrize("head", ["additive", "autoregressive"])
def test_a_transformer_reads_words_off_the_token_of_the_address(tmp_path, head):
    """pos(BOS)[p] + word(token p)[w], from the parameters themselves."""
    experiment = built(tmp_path, head, "transformer")
    module = experiment.networks.head("forward")
    values, mask = table(experiment)
    hidden = experiment.networks.trunk("forward")(STATES).view(4, 4, 8)
    position = hidden[:, 0] @ module.positions.weight.t() + module.positions.bias
    linear = module.words["0"].map
    words = hidden[:, 1:] @ linear.weight.t() + linear.bias  # [N, address, word]
    if head == "autoregressive":
        legal = mask.permute(2, 1, 0)
        words = words.masked_fill(~legal, float("-inf")).log_softmax(2)
    expected = (position.unsqueeze(2) + words).permute(2, 1, 0)
    assert torch.allclose(values[mask], expected[mask], atol=1e-10)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_autoregressive_is_an_address_and_then_a_word(tmp_path, encoder):
    experiment = built(tmp_path, "autoregressive", encoder)
    values, mask = table(experiment)
    law = values.masked_fill(~mask, float("-inf")).flatten(0, 1).softmax(0).view(3, 3, -1)
    position = experiment.networks.head("forward").positions(
        experiment.networks.trunk("forward")(STATES)
    )
    possible = mask.any(0)
    expected = position.masked_fill(~possible, float("-inf")).softmax(0)
    assert torch.allclose(law.sum(0), expected, atol=1e-12)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_words_that_are_illegal_do_not_count(tmp_path, encoder):
    """At the source, value 1 must not be written into place 0."""
    experiment = built(tmp_path, "autoregressive", encoder)
    mask = experiment.environment.forward_mask(STATES[:1]).t()
    assert mask.view(3, 3)[:, 0].tolist() == [True, False, True]
    hidden = experiment.networks.trunk("forward")(STATES[:1])
    values = experiment.networks.head("forward").logits(hidden, mask).view(3, 3)
    position = experiment.networks.head("forward").positions(hidden)[0]
    assert (values[[0, 2], 0] - position).logsumexp(0).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_rollouts_read_the_policy_that_losses_train(tmp_path, head, encoder):
    experiment = built(tmp_path, head, encoder)
    networks, world = experiment.networks, experiment.environment
    mask = world.forward_mask(STATES)
    with torch.no_grad():
        module, hidden = networks.head("forward"), networks.trunk("forward")(STATES)
        start = normal(4, 9, seed=3)
        rows = module.rows()(hidden, start + module.offset(), mask) - start
        assert torch.allclose(rows[mask], networks.logits(STATES, mask.t()).t()[mask], atol=1e-10)
    record = rollout(world, networks, 50, generator=torch.Generator().manual_seed(1))
    batch = pack(world, record, torch.float64)
    loss = Learner(experiment=experiment).forward_loss(batch)
    loss.backward()
    found = [item.grad for item in module.parameters()]
    assert all(item is not None and item.isfinite().all() for item in found)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("objective", ["tb", "soft_dqn(start = 2)"])
def test_every_head_trains_to_the_end_and_is_as_large_as_plan_says(
    tmp_path, head, encoder, objective
):
    experiment = built(tmp_path, head, encoder, objective)
    settings, derived = experiment.settings, experiment.environment.derived
    shapes = model_shapes(experiment.program, settings.encoder, settings.head, derived)
    size = sum(item.numel() for item in experiment.networks.head("forward").parameters())
    assert shapes["forward"].parameters == size
    result = train(experiment)
    assert result.outcome is Outcome.FINISHED
    assert 0 <= result.exact.tv <= 1  # the terminal law summed to 1


@pytest.mark.parametrize("head", ["additive", "autoregressive"])
def test_gradients_equal_finite_differences(tmp_path, head):
    experiment = built(tmp_path, head, "mlp")
    record = rollout(
        experiment.environment, experiment.networks, 4, generator=torch.Generator().manual_seed(1)
    )
    batch = pack(experiment.environment, record, torch.float64)
    learner = Learner(experiment=experiment)
    learner.forward_loss(batch).backward()
    for parameter in experiment.networks.head("forward").parameters():
        expected, flat = parameter.grad.view(-1)[0].item(), parameter.data.view(-1)
        sides = []
        for step in (1e-5, -2e-5):
            flat[0] += step
            sides.append(learner.forward_loss(batch).item())
        flat[0] += 1e-5
        assert expected == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-6)


def test_the_logit_of_an_illegal_word_changes_nothing(tmp_path):
    """Without tokens, the word of an illegal pair has a logit of its own (C5)."""
    experiment = built(tmp_path, "autoregressive", "tabular")
    before, mask = table(experiment)
    rows = experiment.networks.trunk("forward")(STATES)
    illegal = mask.permute(2, 1, 0).reshape(4, 9).logical_not()
    with torch.no_grad():
        weight = experiment.networks.head("forward").words["0"].weight
        weight[rows] = torch.where(illegal, 1e4, weight[rows])
    after, _ = table(experiment)
    assert torch.equal(before[mask], after[mask])
