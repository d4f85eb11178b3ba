"""The public environment: its moves, names, states and features, on hand-written environments."""

import pytest
import texts
import torch
from fixtures_ir import bitseq, hypergrid, ordering, permutation, switches

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.tensor import stores, thresholds
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.core.errors import SpecInvalid

WORLDS = {
    "hypergrid": hypergrid(3, 4),
    "bitseq": bitseq(3, 2),
    "permutation": permutation(4),
    "ordering": ordering(4),
    "switches": switches(),
}
each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


def pair(world):
    """The compiled and the interpreted environment."""
    return (
        Environment.of(world.derived, world.reward),
        Environment.of(world.derived, world.reward, backend="reference"),
    )


def of(world):
    return pair(world)[0]


# Agreement with the interpreter


@each_world
def test_masks_and_ends_are_those_of_the_interpreter(world):
    compiled, reference = pair(world)
    states = compiled.enumerate(10_000).states
    for name in ("forward_mask", "backward_mask", "is_terminal", "can_stop"):
        found, expected = getattr(compiled, name)(states), getattr(reference, name)(states)
        assert found.dtype is torch.bool
        assert torch.equal(found, expected), name


@each_world
def test_every_legal_step_is_that_of_the_interpreter(world):
    compiled, reference = pair(world)
    states = compiled.enumerate(10_000).states
    row, action = compiled.forward_mask(states).nonzero(as_tuple=True)
    (after, done), (expected, expected_done) = (
        environment.step(states[row], action) for environment in (compiled, reference)
    )
    assert torch.equal(after, expected)
    assert torch.equal(done, expected_done)


@each_world
def test_every_legal_backward_step_is_that_of_the_interpreter(world):
    compiled, reference = pair(world)
    states = compiled.enumerate(10_000).states
    row, action = compiled.backward_mask(states).nonzero(as_tuple=True)
    arguments = states[row], action
    assert torch.equal(compiled.backward_step(*arguments), reference.backward_step(*arguments))
    assert torch.equal(compiled.forward_of(*arguments), reference.forward_of(*arguments))


@each_world
def test_rewards_and_modes_are_those_of_the_interpreter(world):
    compiled, reference = pair(world)
    table = compiled.enumerate(10_000)
    states = table.states[table.terminating]
    found = compiled.log_reward(states)
    assert found.dtype is torch.float64
    torch.testing.assert_close(found, reference.log_reward(states), rtol=1e-14, atol=1e-14)
    assert torch.equal(compiled.is_mode(states), reference.is_mode(states))


@each_world
def test_short_forms_are_what_the_programs_compute(world, monkeypatch):
    """Table rows for steps and thresholds for masks, against the general programs."""
    short = of(world)
    table = short.enumerate(10_000)
    monkeypatch.setattr(stores, "LARGEST_TABLE", 0)
    monkeypatch.setattr(thresholds, "LARGEST_DETECTED", 0)
    general = of(world)
    parents, children = table.states[table.parent], table.states[table.child]
    after, done = general.step(parents, table.forward_actions)
    assert torch.equal(after, children)
    assert torch.equal(done, short.step(parents, table.forward_actions)[1])
    assert torch.equal(general.backward_step(children, table.backward_actions), parents)
    assert torch.equal(general.forward_mask(table.states), short.forward_mask(table.states))


def test_which_steps_are_table_rows():
    tabular = {
        name: stores.step_rows(
            [stores.Moves(a.action.binders, a.stores, a.undo) for a in world.derived.actions],
            0,
            Kit.of(world.derived, 100, torch.device("cpu")),
        )
        for name, world in WORLDS.items()
    }
    # The cursor of an ordering is an address that the state holds.
    assert {name for name, rows in tabular.items() if rows is None} == {"ordering"}
    # What a forward step replaces is known, so that one addition does it.
    assert all(rows.keep is None for rows in tabular.values() if rows is not None)


# Forward and backward are one set of edges


@each_world
def test_forward_and_backward_actions_are_mutual_inverses(world):
    environment = of(world)
    table = environment.enumerate(10_000)
    parents, children = table.states[table.parent], table.states[table.child]
    back = environment.backward_of(parents, table.forward_actions)
    assert torch.equal(environment.forward_of(children, back), table.forward_actions)
    assert torch.equal(environment.backward_step(children, back), parents)
    mask = environment.backward_mask(children)
    assert bool(mask.gather(1, back.unsqueeze(1)).all())
    assert int(environment.backward_mask(table.states).sum()) == len(table.parent)
    assert not bool(environment.backward_mask(environment.source(1)).any())


@pytest.mark.parametrize("world", [hypergrid(2, 3), switches()])
def test_a_row_that_stops_keeps_its_state_and_is_done(world):
    environment = of(world)
    table = environment.enumerate(10_000)
    states = table.states[table.terminating]
    stop = torch.full((len(states),), environment.stop_action)
    after, done = environment.step(states, stop)
    assert torch.equal(after, states)
    assert bool(done.all())
    assert environment.backward_of(states, stop).tolist() == [-1] * len(states)


def test_entering_a_terminal_state_is_done():
    environment = of(bitseq(2, 1))
    states = environment.encode([((None, None),), ((0, None),), ((0, None),)])
    actions = torch.tensor([0, 2, 3])  # write(p=0, v=0), write(p=1, v=0), write(p=1, v=1)
    after, done = environment.step(states, actions)
    assert environment.decode(after) == (((0, None),), ((0, 0),), ((0, 1),))
    assert done.tolist() == [False, True, True]
    assert not bool(environment.forward_mask(after[done]).any())


# Batches


@each_world
def test_a_row_does_not_depend_on_its_batch(world):
    environment = of(world)
    states = environment.enumerate(10_000).states
    order = torch.randperm(len(states), generator=torch.Generator().manual_seed(0))
    for method in (environment.forward_mask, environment.backward_mask, environment.log_reward):
        whole = method(states)
        torch.testing.assert_close(method(states[order]), whole[order], rtol=0, atol=0)
        parts = torch.cat([method(part) for part in states.split(7)])
        torch.testing.assert_close(parts, whole, rtol=0, atol=0)


@each_world
def test_large_batches_are_cut_into_pieces(world, monkeypatch):
    expected = of(world)
    states = expected.enumerate(10_000).states
    monkeypatch.setattr("gflowspec.compiler.tensor.eager.ELEMENTS_AT_A_TIME", 50)
    cut = of(world)
    assert torch.equal(cut.forward_mask(states), expected.forward_mask(states))
    row, action = cut.forward_mask(states).nonzero(as_tuple=True)
    for found, wanted in zip(
        cut.step(states[row], action), expected.step(states[row], action), strict=True
    ):
        assert torch.equal(found, wanted)


@each_world
def test_an_empty_batch_is_a_batch(world):
    environment = of(world)
    none, no_actions = environment.source(0), torch.zeros(0, dtype=torch.int64)
    assert environment.forward_mask(none).shape == (0, environment.sizes.forward_actions)
    assert environment.backward_mask(none).shape == (0, environment.sizes.backward_actions)
    assert environment.step(none, no_actions)[0].shape == (0, environment.codec.width)
    assert environment.forward_of(none, no_actions).shape == (0,)
    assert environment.log_reward(none).shape == (0,)


@each_world
def test_arguments_are_not_changed_and_inference_mode_will_do(world):
    environment = of(world)
    with torch.inference_mode():
        states = environment.source(4)
        for _ in range(3):
            kept = states.clone()
            mask = environment.forward_mask(states)
            actions = mask.float().argmax(1)
            after, _ = environment.step(states, actions)
            environment.features(states)
            environment.backward_step(after, environment.backward_of(states, actions))
            assert torch.equal(states, kept)
            states = after


# States and names


@each_world
def test_decode_undoes_encode(world):
    environment = of(world)
    states = environment.enumerate(10_000).states
    decoded = environment.decode(states)
    assert len(set(decoded)) == len(states)
    assert torch.equal(environment.encode(decoded), states)


@each_world
def test_state_indices_are_injective(world):
    environment = of(world)
    states = environment.enumerate(10_000).states
    index = environment.state_index(states)
    assert len(index.unique()) == len(states)
    assert int(index.max()) < environment.sizes.states_upper


def test_names_of_actions():
    environment = of(switches())
    names = [environment.action_name(i) for i in range(environment.sizes.forward_actions)]
    assert names == [
        "raise(by=1)",
        "raise(by=2)",
        "light()",
        "ripen(old=green)",
        "ripen(old=amber)",
        "stop",
    ]
    grid = of(bitseq(2, 1))
    assert [grid.action_name(i) for i in (0, 3)] == ["write(p=0, v=0)", "write(p=1, v=1)"]
    assert [grid.backward_name(i) for i in (0, 1)] == ["write(p=0)", "write(p=1)"]
    with pytest.raises(IndexError):
        grid.backward_name(2)


def test_objects_are_plain_values():
    environment = of(switches())
    states = environment.encode([(2, True, 1), (1, False, 2)])
    assert environment.objects(states) == [
        {"n": 2, "lit": True, "hue": "amber"},
        {"n": 1, "lit": False, "hue": "red"},
    ]


# Features


def test_one_hot_features_and_their_places():
    environment = of(switches())  # fields of 4, 2 and 3 codes
    states = environment.encode([(1, True, 2), (4, False, 0)])
    assert environment.feature_index(states).tolist() == [[0, 5, 8], [3, 4, 6]]
    one_hot = environment.features(states)
    assert one_hot.shape == (2, environment.codec.one_hot_width)
    assert one_hot[0].nonzero().flatten().tolist() == [0, 5, 8]
    assert one_hot.sum(1).tolist() == [3, 3]
    weight = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    summed = weight.T[environment.feature_index(states)].sum(1)
    torch.testing.assert_close(summed, one_hot @ weight.T)


def test_ordinal_and_thermometer_features():
    environment = of(switches())
    states = environment.encode([(1, True, 2), (3, False, 1)])
    torch.testing.assert_close(
        environment.features(states, "ordinal"), torch.tensor([[0, 1, 1], [2 / 3, 0, 0.5]])
    )
    assert environment.features(states, "thermometer").tolist() == [
        [0, 0, 0, 1, 1, 1],
        [1, 1, 0, 0, 1, 0],
    ]


def test_a_range_that_no_tensor_can_list_is_refused_by_name():
    text = (
        "gfs 1.0\nenvironment E() { state { x: int[0..99999999999] = 0 } "
        "action a() { x += 1 } stop }\nreward G() for E { R = 1 }\n"
    )
    (instance,), found = texts.library(text)
    assert not found
    derived, _ = derive(instance.environment)
    with pytest.raises(SpecInvalid, match="GFS131"):
        Environment.of(derived, instance.rewards[0])
