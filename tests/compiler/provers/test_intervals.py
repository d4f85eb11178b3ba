"""Intervals contain every value that the interpreter finds."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from semantics.building import aggregate, at, binary, bound, call, compare, const, over

from gflowspec.compiler.provers.intervals import bounds
from gflowspec.core.types import ArrayType, IntType, RealType, SlotType
from gflowspec.ir.expr import Conditional, StateVar, Unary
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import compile_expr

A = StateVar("a", type=IntType(-3, 4))
B = StateVar("b", type=IntType(1, 3))
X = StateVar("x", type=ArrayType((3,), IntType(-1, 2)))
W = StateVar("w", type=ArrayType((3,), SlotType(IntType(0, 2))))
REAL = RealType(exact=False)
UNARY = ["abs", "floor", "ceil", "round", "exp", "log", "log1p", "sqrt", "cos", "sin", "tanh"]

leaves = st.sampled_from(
    [A, B, const(2), const(Fraction(-1, 3)), call("count_filled", W), at(X, const(1))]
)


def extend(inner):
    return st.one_of(
        st.builds(binary, st.sampled_from(["+", "-", "*"]), inner, inner),
        st.builds(lambda e: binary("/", e, B), inner),
        st.builds(lambda e: binary("//", e, B), inner),
        st.builds(lambda e: binary("%", e, B), inner),
        st.builds(lambda e: binary("^", e, const(2)), inner),
        inner.map(lambda e: Unary("-", e, type=e.type)),
        st.builds(lambda f, e: call(f, e, of=RealType()), st.sampled_from(UNARY[:4]), inner),
        st.builds(lambda e, f: call("min", e, f, of=RealType()), inner, inner),
        st.builds(lambda e, f: call("max", e, f, of=RealType()), inner, inner),
        st.builds(lambda e: call("clip", e, const(-1), const(2), of=RealType()), inner),
        st.builds(
            lambda c, e, f: Conditional(compare("<", c, 1), e, f, type=RealType()),
            inner,
            inner,
            inner,
        ),
        inner.map(lambda e: aggregate("sum", binary("*", e, at(X, bound("k"))), over("k", 2))),
        inner.map(lambda e: aggregate("max", binary("+", e, bound("k", 0, 2)), over("k", 2))),
    )


states = st.fixed_dictionaries(
    {
        "a": st.integers(-3, 4),
        "b": st.integers(1, 3),
        "x": st.tuples(*[st.integers(-1, 2)] * 3),
        "w": st.tuples(*[st.none() | st.integers(0, 2)] * 3),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.recursive(leaves, extend, max_leaves=6), states)
def test_bounds_contain_the_value(expr, state):
    try:
        value = compile_expr(expr)(dict(state))
    except EvaluationError:
        return
    found = bounds(expr)
    assert found.lo <= value <= found.hi


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(UNARY), st.integers(-3, 4))
def test_inexact_functions_are_bounded_outwards(name, a):
    value = compile_expr(call(name, A, of=REAL))({"a": a})
    found = bounds(call(name, A, of=REAL))
    if not math.isnan(value):
        assert found.lo <= value <= found.hi


@pytest.mark.parametrize(
    ("expr", "lo", "hi"),
    [
        (binary("*", A, A), -12, 16),
        (binary("^", A, 2), 0, 16),
        (binary("/", A, B), -3, 4),
        (binary("%", A, 3), 0, 2),
        (call("indicator", compare("<", A, 0)), 0, 1),
        (aggregate("count", compare(">", at(X, bound("k")), 0), over("k", 2)), 0, 3),
        (aggregate("sum", at(X, bound("k")), over("k", 2)), -3, 6),
        (call("number", X, 2), -math.inf, math.inf),
    ],
)
def test_known_bounds(expr, lo, hi):
    found = bounds(expr)
    assert (found.lo, found.hi) == (lo, hi)
