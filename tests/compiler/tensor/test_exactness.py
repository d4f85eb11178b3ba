"""The comparisons that `check` says are made in float64 are those that are lowered so."""

import pytest
import torch
from fixtures_ir import compare
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gflowspec.compiler.exactness.atoms import is_static
from gflowspec.compiler.exactness.lanes import Lanes
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.layout import Layout
from gflowspec.compiler.tensor.tables import Tables
from gflowspec.ir.expr import Const, walk

from . import expressions as every

PROFILE = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lowered(expr, limit):
    kit = Kit(
        Layout(every.ENVIRONMENT, every.CODEC),
        Tables(every.ENVIRONMENT, limit),
        torch.device("cpu"),
    )
    lowering = kit.lowering()
    for binder in every.BINDERS:
        lowering.scope.bind_axis(binder.name, binder.carrier, binder.type)
    lowering.lower(expr)
    return bool(kit.float_comparisons)


def foreseen(expr, limit):
    return bool(Lanes(every.ENVIRONMENT, limit).comparisons(expr, every.BINDERS))


numbers = (
    every.rationals
    | every.reals
    | st.builds(every.binary, st.sampled_from("+-*/^"), every.reals, every.rationals)
)
conditions = every.truths | st.builds(compare, st.sampled_from(["<", "==", ">="]), numbers, numbers)


@pytest.mark.parametrize("limit", [1, 30, pytest.param(65_536, marks=pytest.mark.slow)])
@PROFILE
@given(expr=conditions)
def test_what_is_foreseen_is_what_is_lowered(expr, limit):
    # Elaboration leaves no closed expression but constants.
    assume(all(isinstance(node, Const) or not is_static(node) for node in walk(expr)))
    assert foreseen(expr, limit) == lowered(expr, limit)
