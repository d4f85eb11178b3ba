"""Values of the language as tensors."""

from fractions import Fraction

import torch

from gflowspec.compiler.tensor.constants import encode
from gflowspec.compiler.tensor.values import Kind
from gflowspec.core.types import (
    ArrayType,
    BoolType,
    IntType,
    ListType,
    RealType,
    SlotType,
    StringType,
)

INT, REAL = IntType(), RealType()


def test_rationals_share_the_least_denominator():
    encoded = encode([Fraction(1, 6), Fraction(3, 4), 2], REAL)
    assert (encoded.kind, encoded.scale) == (Kind.EXACT, 12)
    assert encoded.tensor.tolist() == [2, 9, 24]
    assert (encoded.low, encoded.high) == (2, 24)


def test_one_float_makes_all_floats():
    encoded = encode([Fraction(1, 4), 0.5], REAL)
    assert encoded.kind is Kind.FLOAT
    assert encoded.tensor.tolist() == [0.25, 0.5]


def test_rationals_beyond_62_bits_are_floats():
    assert encode([Fraction(1, 2**62)], REAL).kind is Kind.FLOAT
    assert encode([Fraction(2**62)], REAL).kind is Kind.FLOAT
    assert encode([Fraction(2**62 - 1)], REAL).kind is Kind.EXACT
    assert encode([Fraction(10) ** 400], REAL).tensor.tolist() == [float("inf")]


def test_integers_beyond_62_bits_have_no_form():
    assert encode([2**62], INT) is None


def test_empty_is_a_number_below_all_elements():
    encoded = encode([None, 3, -2], SlotType(INT))
    assert encoded.empty == -3
    assert encoded.tensor.tolist() == [-3, 3, -2]


def test_arrays_and_lists_are_dimensions():
    rows = ((1, 2, 3, 4), (5, 6, 7, 8))
    encoded = encode([rows], ListType(ArrayType((2, 2), INT), 2))
    assert encoded.tensor.shape == (1, 2, 2, 2)
    assert encoded.tensor[0, 1].tolist() == [[5, 6], [7, 8]]
    assert encode([(True, False)], ListType(BoolType(), 2)).tensor.dtype is torch.bool


def test_text_and_ragged_lists_have_no_form():
    assert encode(["red"], StringType()) is None
    assert encode([(1, 2), (3,)], ListType(INT, 2)) is None
