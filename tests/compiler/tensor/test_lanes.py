"""Which of the three lanes of exactness an expression takes, and that they agree."""

from fractions import Fraction

import attrs
import pytest
import torch
from fixtures_ir import (
    INT,
    REAL,
    World,
    binary,
    bound,
    call,
    compare,
    const,
    corners,
    hypergrid,
    index,
    over,
)

from gflowspec.compiler.environment import Environment
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.values import Kind
from gflowspec.core.errors import SpecInvalid
from gflowspec.core.types import ArrayType, IntType, SetType
from gflowspec.ir.expr import Aggregate, Generator, StateVar

CPU = torch.device("cpu")


def grid(dim, side):
    world = hypergrid(dim, side)
    kit = Kit.of(world.derived, 65_536, CPU)
    x = StateVar("x", type=ArrayType((dim,), IntType(0, side - 1)))
    return world, kit, x


def operations(lowering, value):
    program = lowering.builder.finish((value.register,))
    return [item.op for item in program.instructions], program


def cells(dim, side):
    axes = [torch.arange(side)] * dim
    return torch.cartesian_prod(*axes).reshape(-1, dim)


# Tables


def test_one_component_is_one_look_up():
    _, kit, x = grid(2, 16)
    lowering = kit.lowering()
    u = call("abs", binary("-", binary("/", index(x, 1), 15), Fraction(1, 2)))
    ops, program = operations(lowering, lowering.lower(compare(">", u, Fraction(1, 4))))
    assert ops == [Op.SPAN, Op.TAKE]
    (table,) = program.constants.values()
    assert table.tolist() == [4 * abs(2 * v - 15) > 30 for v in range(16)]


def test_all_axes_share_one_table():
    _, kit, x = grid(3, 9)
    lowering = kit.lowering()
    terms = [call("cos", index(x, i)) for i in range(3)]
    total = binary("+", terms[0], binary("+", terms[1], terms[2]))
    _, program = operations(lowering, lowering.lower(total))
    assert [t.shape for t in program.constants.values()] == [(9,)]


def test_a_quantifier_over_axes_is_one_look_up_for_all():
    world, kit, _ = grid(4, 20)
    lowering = kit.lowering()
    ops, _ = operations(lowering, lowering.lower(world.reward.mode))
    assert ops == [Op.SPAN, Op.TAKE, Op.ALL]


def test_a_product_table_keeps_a_division_exact():
    _, kit, x = grid(2, 13)
    ratio = binary("/", index(x, 0), binary("+", index(x, 1), 1))
    lowering = kit.lowering()
    ops, program = operations(lowering, lowering.lower(compare("<", ratio, Fraction(1, 3))))
    assert Op.TAKE in ops
    assert Op.DIV not in ops
    assert not kit.float_comparisons
    table = next(t for t in program.constants.values() if t.dtype is torch.bool)
    assert table.tolist() == [3 * a < b + 1 for a in range(13) for b in range(13)]


def test_over_the_limit_a_comparison_is_made_in_floats_and_said_so():
    world, _, x = grid(2, 13)
    kit = Kit.of(world.derived, 100, CPU)
    ratio = binary("/", index(x, 0), binary("+", index(x, 1), 1))
    lowering = kit.lowering()
    ops, _ = operations(lowering, lowering.lower(compare("<", ratio, Fraction(1, 3))))
    assert Op.DIV in ops
    assert len(kit.float_comparisons) == 1


def test_undefined_entries_do_no_harm():
    """1 / x is undefined at 0, where nothing asks for it."""
    _, kit, x = grid(1, 4)
    lowering = kit.lowering()
    ratio = binary("/", 1, index(x, 0))
    guarded = over("any", compare("==", index(x, 0), 0), "k", 1)
    value = lowering.lower(ratio)
    assert value.kind is Kind.EXACT
    assert lowering.lower(guarded).kind is Kind.BOOL


def test_comparisons_in_floats_are_reported():
    world, _, x = grid(2, 13)
    ratio = binary("/", index(x, 0), binary("+", index(x, 1), 1))
    mode = compare("<", ratio, Fraction(1, 3))
    reward = attrs.evolve(world.reward, mode=mode)
    assert Environment.of(world.derived, reward).float_comparisons == ()
    assert Environment.of(world.derived, reward, table_limit=100).float_comparisons == (None,)


# Scaled integers


def test_sums_of_rationals_stay_integers():
    _, kit, x = grid(4, 20)
    lowering = kit.lowering()
    term = binary("*", binary("/", index(x, bound("j", 4)), 7), Fraction(3, 11))
    value = lowering.lower(over("sum", term, "j", 4))
    assert value.kind is Kind.EXACT
    assert value.scale == 77
    assert (value.low, value.high) == (0, 4 * 19 * 3)


def test_what_reaches_62_bits_is_a_float():
    _, kit, x = grid(1, 4)
    lowering = kit.lowering()
    # x[0] + x[0] * x[0] has one component; the sum over an axis keeps it out of the table lane.
    big = over("sum", binary("+", index(x, bound("j", 1)), 2**60), "j", 1)
    assert lowering.lower(big).kind is Kind.EXACT
    assert lowering.lower(binary("*", big, big)).kind is Kind.FLOAT
    four = binary("+", binary("+", big, big), binary("+", big, big))
    assert lowering.lower(four).kind is Kind.FLOAT


def test_powers_of_two_of_a_sum_are_exact():
    _, kit, x = grid(3, 4)
    lowering = kit.lowering()
    exponent = over("sum", index(x, bound("j", 3)), "j", 3)
    value = lowering.lower(binary("^", 2, exponent))
    run = Environment.of(grid(3, 4)[0].derived, corners(3, 4))
    assert value.kind is Kind.EXACT
    assert run.evaluate(binary("^", 2, exponent), cells(3, 4)).tolist() == [
        2 ** sum(cell) for cell in cells(3, 4).tolist()
    ]


# Rewards


def log_z(dim, side, *heights):
    world = hypergrid(dim, side)
    environment = Environment.of(world.derived, corners(dim, side, *heights))
    return torch.logsumexp(environment.log_reward(cells(dim, side)), 0)


@pytest.mark.parametrize(("side", "z"), [(16, 65.6), (11, 30.1)])
def test_partition_functions_that_float_comparisons_get_wrong(side, z):
    heights = Fraction(1, 10), Fraction(1, 2), Fraction(2)
    assert float(log_z(2, side, *heights).exp()) == pytest.approx(z, abs=1e-9)


@pytest.mark.parametrize("side", [8, 11, 16, 20, 21])
def test_rewards_of_hypergrids_by_integer_comparison(side):
    heights = Fraction(1, 10), Fraction(1, 2), Fraction(2)
    world = hypergrid(2, side)
    environment = Environment.of(world.derived, corners(2, side, *heights))
    expected = []
    for cell in cells(2, side).tolist():
        away = [abs(2 * v - (side - 1)) for v in cell]
        outer = all(2 * a > side - 1 for a in away)
        band = all(3 * (side - 1) < 5 * a < 4 * (side - 1) for a in away)
        expected.append(float(heights[0] + heights[1] * outer + heights[2] * band))
    found = environment.log_reward(cells(2, side)).exp()
    torch.testing.assert_close(
        found, torch.tensor(expected, dtype=torch.float64), rtol=1e-14, atol=0
    )


def test_the_log_of_a_tabulated_reward_is_that_of_the_rational():
    """A reward below the range of float64 has a log all the same."""
    world, _, x = grid(1, 4)
    tiny = binary("*", const(Fraction(1, 10**400)), binary("+", index(x, 0), 1))
    reward = World(world.derived, corners(1, 4)).reward
    environment = Environment.of(
        world.derived, type(reward)(name="Tiny", parameters={}, value=tiny, log_value=None)
    )
    found = environment.log_reward(cells(1, 4))
    expected = torch.tensor([1.0, 2.0, 3.0, 4.0]).double().log() - 400 * torch.log(
        torch.tensor(10.0).double()
    )
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)


def test_mean_of_a_table_over_an_axis_is_a_sum_of_look_ups():
    _, kit, x = grid(4, 20)
    lowering = kit.lowering()
    generator = Generator("e", x, tuple(range(20)))
    element = binary("/", bound("e", 20), 19)
    total = Aggregate("sum", element, (generator,), type=REAL)
    value = lowering.lower(total)
    assert (value.kind, value.scale) == (Kind.EXACT, 19)
    assert lowering.lower(const(3, INT)).low == 3


# What has no tensor form


def test_a_set_outside_in_and_len_is_refused_by_name():
    world, _, x = grid(2, 30)
    generators = over("sum", bound("k", 2), "k", 2).generators
    cells_used = Aggregate(
        "set", index(x, bound("k", 2)), generators, type=SetType(0, 2, IntType(0, 29))
    )
    same = compare("==", cells_used, cells_used)
    reward = attrs.evolve(world.reward, mode=same)
    with pytest.raises(SpecInvalid) as error:
        Environment.of(world.derived, reward, table_limit=10)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "GFS141"
    assert diagnostic.message.startswith("a set that depends on the state")
