"""Steps, masks, enumeration, traces, rewards and what people see of them."""

import math
from fractions import Fraction

import pytest
import texts
from compiler.proofs import worlds

from gflowspec.core.errors import TooManyStates
from gflowspec.core.types import ArrayType, EnumType, IntType, RealType, SlotType
from gflowspec.core.values import plain
from gflowspec.semantics.explore import Edge, explore, explore_some, find_cycle, ranks
from gflowspec.semantics.masks import (
    backward_mask,
    can_stop,
    forward_mask,
    is_terminal,
    is_terminating,
)
from gflowspec.semantics.reward import base_log_reward, is_mode, log_reward, reward_value
from gflowspec.semantics.trace import path_to, trace_to
from gflowspec.semantics.transition import (
    describe_action,
    parents,
    redone_by,
    successors,
    undone_by,
)
from gflowspec.semantics.values import call_text, plain_state, state_text

GRID = worlds.HYPERGRID.replace("dim: int[1..16] = 2", "dim: int[1..16] = 2").replace(
    "= 5)", "= 3)"
)


def test_masks_and_steps_of_a_grid():
    derived = worlds.derived(GRID)
    assert forward_mask(derived, ((2, 1),)) == (False, True, True)
    assert backward_mask(derived, ((2, 0),)) == (True, False)
    assert [tuple(step) for step in successors(derived, ((2, 1),))] == [
        (1, "step", {"i": 1}, ((2, 2),))
    ]
    assert [tuple(step) for step in parents(derived, ((2, 1),))] == [
        (0, "step", {"i": 0}, ((1, 1),)),
        (1, "step", {"i": 1}, ((2, 0),)),
    ]
    assert can_stop(derived, ((0, 0),))
    assert not is_terminal(derived, ((2, 2),))


def test_payloads_are_read_off_the_child():
    derived = worlds.derived(worlds.WORDS)
    source = ((None, None, None),)
    step = list(successors(derived, source))[6]
    assert (step.flat, step.arguments, step.state) == (6, {"p": 1, "v": 2}, ((None, 2, None),))
    assert undone_by(derived, 6) == 1
    assert redone_by(derived, step.state, 1) == 6
    assert describe_action(derived, 6) == ("write", {"p": 1, "v": 2})
    full = ((0, 1, 2),)
    assert is_terminal(derived, full)
    assert is_terminating(derived, full)
    assert list(successors(derived, full)) == []
    assert forward_mask(derived, full) == (False,) * 12
    with pytest.raises(IndexError):
        undone_by(derived, 12)
    with pytest.raises(IndexError):
        redone_by(derived, full, 3)


def test_effects_are_simultaneous():
    text = (
        "gfs 1.0\nenvironment E() { state { t: int[0..1] = 0  w: array[2] of int[0..3]? = empty }\n"
        "action a() { w[t] := 2 * t + 1  t += 1 } stop }\n"
    )
    derived = worlds.derived(text)
    (step,) = successors(derived, (0, (None, None)))
    assert step.state == (1, (1, None))
    (back,) = parents(derived, step.state)
    assert back.state == (0, (None, None))
    assert list(parents(derived, (1, (2, None)))) == []


def test_stop_is_the_last_action_and_never_offered_in_a_terminal_state():
    text = (
        "gfs 1.0\nenvironment E() { state { x: int[0..2] = 0 } action a() { x += 1 }"
        " terminal when x == 2  stop when x > 0 }\n"
    )
    derived = worlds.derived(text)
    assert [can_stop(derived, (x,)) for x in range(3)] == [False, True, False]
    assert forward_mask(derived, (1,)) == (True, True)
    assert describe_action(derived, 1) == ("stop", {})


def test_enumeration_ranks_and_paths():
    derived = worlds.derived(GRID)
    found = explore(derived, 9)
    assert (len(found.states), len(found.edges)) == (9, 12)
    assert found.depth == ranks(found)
    last = found.index[((2, 2),)]
    assert len(path_to(found, last)) == 4
    trace = trace_to(derived, found, last)
    assert [step.action for step in trace] == ["step"] * 4 + [None]
    assert trace[-1].state == {"x": [2, 2]}
    with pytest.raises(TooManyStates) as caught:
        explore(derived, 8)
    assert (caught.value.count, caught.value.limit) == (8, 8)
    part = explore_some(derived, 8)
    assert not part.complete
    assert find_cycle(found) == ()


def test_the_shortest_cycle_is_found():
    text = (
        "gfs 1.0\nenvironment E() { state { x: int[0..5] = 0 } action up() { x += 1 }"
        " action down() { x += -3 } stop }\n"
    )
    derived = worlds.derived(text)
    found = explore_some(derived, 100)
    assert ranks(found) is None
    cycle = find_cycle(found)
    assert len(cycle) == 4
    assert cycle[0].parent == cycle[-1].child
    assert isinstance(cycle[0], Edge)


CORNERS = """
reward Corners() for Grid {
  let u(i) = abs(x[i] / (side - 1) - 1 / 2)
  R = 1 / 10 + 1 / 2 * indicator(all(u(i) > 0.25 for i in index(x)))
    + 2 * indicator(all(0.3 < u(i) < 0.4 for i in index(x)))
  mode when all(0.3 < u(i) < 0.4 for i in index(x))
}
"""


@pytest.mark.parametrize(("side", "total"), [(16, Fraction("65.6")), (11, Fraction("30.1"))])
def test_exact_partition_functions(side, total):
    """Float evaluation moves cells over a threshold: 75.6 and 32.1."""
    text = worlds.HYPERGRID.replace("= 5)", f"= {side})") + CORNERS
    (instance,) = texts.library(text)[0]
    (reward,) = instance.rewards
    states = explore(worlds.derived(text), 1_000).states
    values = [reward_value(reward, instance.environment, state) for state in states]
    assert sum(values) == total
    assert all(isinstance(value, int | Fraction) for value in values)
    modes = [state for state in states if is_mode(reward, instance.environment, state)]
    assert all(base_log_reward(reward, instance.environment, s) >= math.log(2) for s in modes)


@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        ("R = x + 1  beta = 2", 2, 2 * math.log(3)),
        ("logR = -x  beta = 3", 2, -6.0),
        ("R = x  floor = 1 / 2", 0, math.log(0.5)),
        ("R = x - 3  floor = 1", 1, 0.0),
        ("logR = -x  floor = 1 / 2  beta = 2", 4, 2 * math.log(0.5)),
        ("R = x", 0, -math.inf),
        ("R = 10 ^ (-400) * (x + 1)", 0, -400 * math.log(10)),
    ],
)
def test_log_target_is_beta_times_the_floored_log(formula, x, expected):
    text = (
        "gfs 1.0\nenvironment E() { state { x: int[0..4] = 0 } action a() { x += 1 } stop }\n"
        f"reward G() for E {{ {formula} }}\n"
    )
    (instance,) = texts.library(text)[0]
    assert log_reward(instance.rewards[0], instance.environment, (x,)) == pytest.approx(expected)


def test_values_as_json_has_them():
    colour = EnumType("Colour", ("red", "green"))
    assert plain(1, colour) == "green"
    assert plain(None, SlotType(colour)) is None
    assert plain((1, 2, 3, 4, 5, 6), ArrayType((2, 3), IntType())) == [[1, 2, 3], [4, 5, 6]]
    for value, shown in (
        (Fraction(3), 3),
        (Fraction(1, 4), 0.25),
        (Fraction(1, 3), "1/3"),
        (Fraction("0.1"), 0.1),
        (Fraction("1.23456789012345678901"), "123456789012345678901/100000000000000000000"),
        (math.inf, None),
    ):
        assert plain(value, RealType()) == shown
        assert type(plain(value, RealType())) is type(shown)


def test_states_and_calls_as_text():
    environment = worlds.instance(worlds.ORDERING).environment
    state = (1, (2, None, None))
    assert plain_state(environment, state) == {"t": 1, "w": [2, None, None]}
    assert state_text(environment, state) == "t = 1, w = [2, empty, empty]"
    assert call_text(environment, "next", {"v": 2}) == "next(v=2)"
    assert call_text(environment, "stop", {}) == "stop"
