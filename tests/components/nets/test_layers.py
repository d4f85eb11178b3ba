"""Layers against autograd's own, in float64, computed and reused."""

import pytest
import torch

from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.encoders.tabular import Tabular
from gflowspec.components.nets.heads import LinearHead
from gflowspec.components.nets.inputs import INPUTS
from gflowspec.components.nets.layers import ACTIVATIONS, action_major, dense, look_up
from tests.executor.worlds import codec_of

REFERENCE = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, 0.01),
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
}
CODEC = codec_of([3, 2, 4])
STATES = torch.tensor([[0, 0, 0], [2, 1, 3], [1, 0, 2], [2, 1, 3], [0, 1, 1]])


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def leaves(*tensors):
    return [item.clone().requires_grad_() for item in tensors]


def gradients(output, parameters):
    (output * normal(*output.shape, seed=9)).sum().backward()
    return [item.grad for item in parameters]


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("reuse", [False, True])
def test_a_dense_layer_has_the_gradients_of_its_formula(name, reuse):
    x, weight, bias = normal(6, 4, seed=1), normal(4, 3, seed=2), normal(3, seed=3)
    activation = ACTIVATIONS[name]
    expected = leaves(x, weight, bias)
    reference = REFERENCE[name](expected[0] @ expected[1] + expected[2])
    kept = activation.finish(x @ weight + bias)[1] if reuse else None
    found = leaves(x, weight, bias)
    output = dense(*found, activation, kept)
    assert torch.allclose(output, reference, atol=1e-12)
    for one, two in zip(gradients(reference, expected), gradients(output, found), strict=True):
        assert torch.allclose(one, two, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("reuse", [False, True])
def test_a_look_up_is_the_product_with_one_hot_vectors(name, reuse):
    index = torch.tensor([[0, 3], [1, 4], [0, 4], [2, 3], [0, 3]])
    hot = torch.zeros(5, 5, dtype=torch.float64).scatter_(1, index, 1.0)
    table, bias = normal(5, 3, seed=2), normal(3, seed=3)
    activation = ACTIVATIONS[name]
    expected = leaves(table, bias)
    reference = REFERENCE[name](hot @ expected[0] + expected[1])
    kept = activation.finish(hot @ table + bias)[1] if reuse else None
    found = leaves(table, bias)
    output = look_up(index, *found, activation, kept)
    assert torch.allclose(output, reference, atol=1e-12)
    for one, two in zip(gradients(reference, expected), gradients(output, found), strict=True):
        assert torch.allclose(one, two, atol=1e-12)


def test_reuse_does_not_compute_what_it_is_given():
    """Given a wrong output, the layer believes it."""
    x, weight, bias = normal(6, 4), normal(4, 3), normal(3)
    wrong = torch.ones(6, 3, dtype=torch.float64)
    assert torch.equal(dense(x, weight, bias, ACTIVATIONS["relu"], wrong), wrong)


def test_an_action_major_head_has_the_gradients_of_its_formula():
    hidden, weight, bias = normal(6, 4, seed=1), normal(3, 4, seed=2), normal(3, seed=3)
    expected, found = leaves(hidden, weight, bias), leaves(hidden, weight, bias)
    reference = (expected[0] @ expected[1].t() + expected[2]).t()
    output = action_major(*found)
    assert torch.allclose(output, reference, atol=1e-12)
    for one, two in zip(gradients(reference, expected), gradients(output, found), strict=True):
        assert torch.allclose(one, two, atol=1e-12)


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("hidden", [(7,), (7, 5), ()])
def test_a_trunk_acts_as_it_learns(kind, hidden):
    """The two paths through a trunk agree, and what one keeps the other can take."""
    trunk = MLP(hidden=hidden, activation="silu", input=kind).module(CODEC).double()
    with torch.no_grad():
        output, kept = trunk.acting(8)(STATES)
        learned = trunk(STATES)
    assert output.shape == (5, trunk.width)
    assert torch.allclose(output, learned, atol=1e-12)
    given, free = list(trunk.parameters()), []
    for known in ((), kept):
        for parameter in given:
            parameter.grad = None
        result = trunk(STATES, known)
        if given:
            free.append(gradients(result, given))
    if given:
        for one, two in zip(*free, strict=True):
            assert torch.allclose(one, two, atol=1e-10)


def test_inputs_read_states_as_they_say():
    """Without hidden layers the trunk is its features."""
    wide = {
        kind: MLP(hidden=(), input=kind).module(CODEC)(STATES)
        for kind in ("one_hot", "thermometer", "ordinal")
    }
    assert wide["one_hot"][1].tolist() == [0, 0, 1, 0, 1, 0, 0, 0, 1]
    assert wide["thermometer"][1].tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert wide["thermometer"][2].tolist() == [1, 1, 0, 1, 0, 1, 1, 1, 0]
    assert wide["ordinal"][2].tolist() == pytest.approx([0.5, 0.0, 2 / 3])


@pytest.mark.parametrize("encoder", [MLP(hidden=(6,)), Tabular()], ids=["mlp", "tabular"])
def test_rows_of_a_head_are_its_values(encoder):
    trunk = encoder.module(CODEC)
    head = trunk.head(4, zero=False)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(torch.randn(parameter.shape))
        hidden, _ = trunk.acting(5)(STATES)
        noise = torch.randn(5, 4)
        values = head.rows()(hidden, noise + head.offset(), torch.ones(5, 4, dtype=torch.bool))
        assert torch.allclose(values - noise, head(hidden).t(), atol=1e-5)


def test_a_head_that_starts_at_zero_is_zero():
    trunk = MLP(hidden=(6,)).module(CODEC)
    assert not trunk.head(3, zero=True)(trunk(STATES)).any()
    assert trunk.head(3, zero=False)(trunk(STATES)).any()
    assert isinstance(trunk.head(3, zero=True), LinearHead)


def test_a_table_has_a_row_of_its_own_for_each_state():
    trunk = Tabular().module(CODEC)
    every = torch.cartesian_prod(torch.arange(3), torch.arange(2), torch.arange(4))
    assert trunk(every).tolist() == list(range(24))
    assert trunk.rows == 24
