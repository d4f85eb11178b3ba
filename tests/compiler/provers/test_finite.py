"""Conditions on bound names alone are decided by trying all values, and only those."""

from semantics.building import at, both, call, compare, either, no

from gflowspec.compiler.provers.finite import COMBINATIONS, impossible, names_of
from gflowspec.core.types import ArrayType, BoolType, IntType
from gflowspec.ir.expr import Bound, Const, StateVar

U, V = (Bound(name, type=IntType(0, 3)) for name in "uv")
WIDE = Bound("n", type=IntType(0, COMBINATIONS))
FLAG = StateVar("flag", type=BoolType())
# Neighbours on a path of four.
NEAR = Const(
    tuple(abs(i - j) == 1 for i in range(4) for j in range(4)), type=ArrayType((4, 4), BoolType())
)


def test_a_table_decides():
    near, far = at(NEAR, U, V), no(at(NEAR, V, U))
    assert impossible([near, far])
    assert not impossible([near])
    assert impossible([near, compare("==", U, V)])
    assert impossible([at(NEAR, U, U)])


def test_only_what_shares_names_is_tried_together():
    assert not impossible([at(NEAR, U, 0), no(at(NEAR, V, 0))])
    assert impossible(
        [either(at(NEAR, U, 0), at(NEAR, U, 2)), compare("!=", U, 1), compare("!=", U, 3)]
    )


def test_what_reads_the_state_or_ranges_too_far_is_left_alone():
    assert names_of(both(FLAG, at(NEAR, U, V))) is None
    assert names_of(compare("<", WIDE, 3)) is None
    assert set(names_of(at(NEAR, U, V))) == {"u", "v"}


def test_a_condition_without_a_value_excludes_nothing():
    outside = at(NEAR, call("min", U, 9), 7)
    assert not impossible([outside])
