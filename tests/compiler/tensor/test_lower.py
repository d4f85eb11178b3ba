"""The interpreter says what an expression means; its tensor program must agree everywhere."""

import math
import random
from itertools import product

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from gflowspec.compiler.tensor.codes import decode_states
from gflowspec.compiler.tensor.eager import executable
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.layout import Layout
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import lift, real, shifted
from gflowspec.compiler.tensor.tables import Tables
from gflowspec.compiler.tensor.values import Kind
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import bound_key, compile_expr

from . import expressions as every

SIZES = tuple(len(binder.carrier) for binder in every.BINDERS)
KIT = Kit(
    Layout(every.ENVIRONMENT, every.CODEC), Tables(every.ENVIRONMENT, 65_536), torch.device("cpu")
)
NO_TABLES = Kit(
    Layout(every.ENVIRONMENT, every.CODEC), Tables(every.ENVIRONMENT, 1), torch.device("cpu")
)
PROFILE = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def random_states(count, seed):
    generator = random.Random(seed)
    rows = [[generator.randrange(field.size) for field in every.CODEC.fields] for _ in range(count)]
    return torch.tensor(rows)


STATES = random_states(16, seed=0)
DECODED = decode_states(STATES, every.ENVIRONMENT, every.CODEC)


def by_axes(expr, kit):
    """The expression for all states and bindings, [B, 3, 3]: binders are dimensions."""
    lowering = kit.lowering()
    for binder in every.BINDERS:
        lowering.scope.bind_axis(binder.name, binder.carrier, binder.type)
    value = lift(lowering.builder, lowering.lower(expr), len(SIZES))
    register = lowering.builder.emit(Op.EXPAND, (_plain(lowering.builder, value),), SIZES)
    return executable(lowering.builder.finish((register,)))(STATES)[0]


def by_rows(expr, kit):
    """The same, [B, 3, 3], with the binders given for each row."""
    lowering = kit.lowering(rows=len(SIZES))
    for binder, position in zip(every.BINDERS, lowering.builder.rows, strict=True):
        lowering.scope.bind_row(binder.name, binder.carrier, binder.type, position)
    register = _plain(lowering.builder, lowering.lower(expr))
    run = executable(lowering.builder.finish((register,)))
    places = torch.cartesian_prod(*(torch.arange(size) for size in SIZES))
    rows = places.repeat(len(STATES), 1)
    states = STATES.repeat_interleave(len(places), 0)
    return run(states, *rows.unbind(1))[0].reshape(-1, *SIZES)


def _plain(builder, value):
    if value.kind is Kind.EXACT and value.scale != 1:
        value = real(builder, value)
    return shifted(builder, value.register, value.shift)


def expected(expr):
    """Interpreted values with their places; places without a value are left out."""
    code = compile_expr(expr)
    names = [variable.name for variable in every.ENVIRONMENT.state]
    for row, state in enumerate(DECODED):
        for places in product(*(range(size) for size in SIZES)):
            frame = dict(zip(names, state, strict=True))
            for binder, place in zip(every.BINDERS, places, strict=True):
                frame[bound_key(binder.name)] = binder.carrier[place]
            try:
                yield (row, *places), code(frame)
            except (EvaluationError, TypeError):
                continue


def check(expr, kit, tolerance=None):
    values = [(places, value) for places, value in expected(expr) if value is not None]
    for result in (by_axes(expr, kit), by_rows(expr, kit)):
        found = result.tolist()
        for (row, i, v), value in values:
            actual = found[row][i][v]
            if tolerance is None:
                assert actual == value, (DECODED[row], i, v)
            elif math.isfinite(value):
                assert actual == pytest.approx(float(value), rel=tolerance, abs=tolerance)


@given(expr=every.truths)
@PROFILE
def test_truths_are_equal(expr):
    check(expr, KIT)


@given(expr=every.integers)
@PROFILE
def test_integers_are_equal(expr):
    check(expr, KIT)


@given(expr=every.integers)
@settings(PROFILE, max_examples=20)
def test_integers_do_not_need_tables(expr):
    check(expr, NO_TABLES)


@given(expr=every.rationals)
@PROFILE
def test_rationals_are_equal_to_rounding(expr):
    check(expr, KIT, tolerance=1e-12)


@given(expr=every.reals)
@PROFILE
def test_inexact_functions_are_close(expr):
    check(expr, KIT, tolerance=1e-9)
