"""What attention may and may not see."""

import attrs
import pytest
import torch

from gflowspec.components.encoders.transformer import Transformer
from gflowspec.core.types import BoolType, IntType, SlotType
from gflowspec.ir.derived import Codec, Field, Place

SMALL = Transformer(width=8, heads=2, layers=2, feed_forward=12)


def fields(variable, place, count, size):
    of = BoolType() if place is Place.MEMBER else SlotType(IntType(0, size - 2))
    return [
        Field(variable=variable, offset=i, type=of, size=size, place=place) for i in range(count)
    ]


def trunk(encoder, *groups, seed=0):
    torch.manual_seed(seed)
    codec = Codec(fields=tuple(item for group in groups for item in group))
    return encoder.module(codec).double().eval()


def front(module, *rows):
    """BOS at some states."""
    return module(torch.tensor(rows))[:, : module.width]


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "none"])
def test_parameters_are_those_that_plan_counts(norm, positions):
    encoder = attrs.evolve(SMALL, norm=norm, positions=positions)
    groups = (
        fields("w", Place.ENTRY, 3, 4),
        fields("s", Place.MEMBER, 4, 2),
        fields("q", Place.POSITION, 2, 3),
        fields("c", Place.SCALAR, 1, 5),
    )
    codec = Codec(fields=tuple(item for group in groups for item in group))
    found = sum(item.numel() for item in encoder.module(codec).parameters())
    assert found == encoder.parameters(codec)


def test_room_behind_a_sequence_changes_nothing():
    short = trunk(SMALL, fields("q", Place.POSITION, 3, 5))
    long = trunk(SMALL, fields("q", Place.POSITION, 7, 5), seed=1)
    long.load_state_dict(short.state_dict())
    found = front(short, [2, 1, 0], [0, 0, 0], [4, 4, 3])
    other = front(long, *(row + [0] * 4 for row in ([2, 1, 0], [0, 0, 0], [4, 4, 3])))
    assert torch.allclose(found, other, atol=1e-12)


def test_an_empty_slot_of_an_array_is_seen():
    short = trunk(SMALL, fields("w", Place.ENTRY, 2, 5))
    long = trunk(SMALL, fields("w", Place.ENTRY, 3, 5), seed=1)
    long.load_state_dict(short.state_dict())
    assert (front(short, [2, 1]) - front(long, [2, 1, 0])).abs().max() > 1e-3


def test_members_that_are_absent_are_no_tokens():
    module = trunk(SMALL, fields("s", Place.MEMBER, 5, 2))
    before = front(module, [1, 0, 1, 0, 0])
    with torch.no_grad():
        module.vectors[[0, 2, 4, 6, 8]] += 5.0 * torch.randn(5, 8)  # of what is not there
    assert torch.allclose(front(module, [1, 0, 1, 0, 0]), before, atol=1e-12)
    assert (front(module, [1, 1, 1, 0, 0]) - before).abs().max() > 1e-3


def test_the_order_in_which_elements_are_listed_does_not_matter():
    module, other = (trunk(SMALL, fields("s", Place.MEMBER, 4, 2)) for _ in range(2))
    order = [2, 0, 3, 1]
    with torch.no_grad():
        other.vectors.copy_(module.vectors.view(4, 2, 8)[order].view(8, 8))
    states = torch.tensor([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 1, 0]])
    found = other(states[:, order])[:, :8]
    assert torch.allclose(module(states)[:, :8], found, atol=1e-12)


def test_the_order_of_a_sequence_does():
    for positions in ("sinusoidal", "learned"):
        encoder = attrs.evolve(SMALL, positions=positions)
        module = trunk(encoder, fields("q", Place.POSITION, 3, 5))
        assert (front(module, [1, 2, 0]) - front(module, [2, 1, 0])).abs().max() > 1e-3
    module = trunk(attrs.evolve(SMALL, positions="none"), fields("q", Place.POSITION, 3, 5))
    assert torch.allclose(front(module, [1, 2, 0]), front(module, [2, 1, 0]), atol=1e-12)


def test_single_variables_stand_in_front():
    module = trunk(SMALL, fields("c", Place.SCALAR, 1, 3), fields("s", Place.MEMBER, 2, 2))
    assert (front(module, [0, 1, 0]) - front(module, [2, 1, 0])).abs().max() > 1e-3


def test_no_layer_is_a_copy_of_another():
    first, second = trunk(SMALL, fields("w", Place.ENTRY, 2, 3)).encoder.layers
    for name, parameter in first.named_parameters():
        if parameter.dim() == 2:
            assert not torch.equal(parameter, second.get_parameter(name)), name


def test_no_states_are_no_rows():
    module = trunk(SMALL, fields("q", Place.POSITION, 3, 5)).train()
    assert module(torch.zeros((0, 3), dtype=torch.int64)).shape == (0, 32)


def test_fast_and_slow_paths_agree():
    module = trunk(SMALL, fields("q", Place.POSITION, 3, 5))
    slow = front(module, [2, 1, 0], [0, 0, 0])
    with torch.no_grad():
        fast = front(module, [2, 1, 0], [0, 0, 0])
    assert torch.allclose(slow, fast, atol=1e-9)
