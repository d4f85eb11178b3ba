"""The prover says yes only to what is true, and does say it where masks and proofs need it."""

from itertools import product

import pytest
import texts
from hypothesis import given, settings
from hypothesis import strategies as st
from semantics.building import aggregate, at, binary, both, call, compare, either, no, over

from compiler.provers import random_formulas
from gflowspec.compiler.algebra.access import index, updated
from gflowspec.compiler.algebra.rewrite import canonical
from gflowspec.compiler.algebra.terms import EMPTY, negate
from gflowspec.compiler.provers.refute import contradictory, follows
from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType
from gflowspec.ir.expr import Bound, StateVar
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import compile_expr, evaluate

A, B = (StateVar(name, type=IntType(0, 3)) for name in "ab")
FLAG = StateVar("flag", type=BoolType())
W = StateVar("w", type=ArrayType((3,), SlotType(IntType(0, 2))))
X = StateVar("x", type=ArrayType((3,), IntType(0, 4)))
P = Bound("p", type=IntType(0, 2))
I = Bound("i", type=IntType(0, 2))  # noqa: E741 - the index of the formulas below

atoms = st.sampled_from(
    [
        compare("<", A, B),
        compare("<=", binary("+", A, 1), B),
        compare("==", A, 2),
        compare("!=", A, B),
        compare("==", binary("+", A, B), 3),
        compare(">", binary("*", 2, A), 3),
        FLAG,
        compare("==", FLAG, compare("<", A, 2)),
    ]
)
formulas = st.recursive(
    atoms,
    lambda inner: st.one_of(
        inner.map(no), st.builds(both, inner, inner), st.builds(either, inner, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(formulas, min_size=1, max_size=3))
def test_contradictions_are_real(given_formulas):
    """On bounded integers and booleans: what is refuted has no model in the whole table."""
    codes = [compile_expr(item) for item in given_formulas]
    models = [
        (a, b, flag)
        for a, b, flag in product(range(4), range(4), (False, True))
        if all(code({"a": a, "b": b, "flag": flag}) for code in codes)
    ]
    found = contradictory([canonical(item) for item in given_formulas])
    if found:
        assert not models


def true_of_all(array, body):
    return aggregate("all", body, over("k", array.type.shape[0] - 1))


K = Bound("k", type=IntType(0, 2))
DISTINCT = call("distinct", W, of=BoolType())
FILLED = call("filled", W, of=BoolType())
CLEARED = updated(W, (P,), EMPTY)
PROVABLE = {
    "order": ([compare("<", A, B)], compare("!=", A, B)),
    "integers": ([compare(">", A, 0)], compare(">=", A, 1)),
    "sum of bounds": (
        [compare("<=", binary("+", A, B), 2), compare(">=", A, 2)],
        compare("<", B, 1),
    ),
    "a slot that is empty": ([compare("==", at(W, P), None)], no(FILLED)),
    "removal keeps distinct": ([DISTINCT], call("distinct", CLEARED, of=BoolType())),
    "removed value is gone": (
        [DISTINCT, compare("!=", at(W, P), None)],
        no(compare("in", at(W, P), CLEARED)),
    ),
    "limits on sums": (
        [compare("<=", aggregate("sum", at(X, K), over("k", 2)), 5)],
        compare(
            "<=",
            aggregate("sum", index(updated(X, (P,), binary("-", at(X, P), 1)), (K,)), over("k", 2)),
            4,
        ),
    ),
    "instances": (
        [true_of_all(X, compare("<=", at(X, K), 3))],
        compare("<", at(X, P), 4),
    ),
    "cases": ([either(compare("==", A, 1), compare("==", A, 2))], compare(">", A, 0)),
    "filled elements": ([FILLED], compare("!=", at(W, P), None)),
}


@pytest.mark.parametrize("name", PROVABLE)
def test_what_masks_and_proofs_need(name):
    facts, goal = PROVABLE[name]
    assert follows([canonical(item) for item in facts], canonical(goal))


UNPROVABLE = {
    "wrong way": ([compare("<=", A, B)], compare("<", A, B)),
    "another place": ([compare("!=", at(W, P), None)], compare("!=", at(W, I), None)),
    "count": ([FILLED], DISTINCT),
    "exists": ([no(FILLED)], compare("==", at(W, P), None)),
}


@pytest.mark.parametrize("name", UNPROVABLE)
def test_what_does_not_follow(name):
    facts, goal = UNPROVABLE[name]
    assert not follows([canonical(item) for item in facts], canonical(goal))


def test_growing_terms_do_not_run_away():
    """Each instance of x[i] <= x[i - 1] names a further index."""
    wide = StateVar("y", type=ArrayType((50,), IntType(0, 4)))
    place = Bound("p", type=IntType(1, 49))
    chain = aggregate(
        "all",
        compare("<=", at(wide, binary("+", K, 1)), at(wide, K)),
        over("k", 48),
    )
    goal = compare("<=", at(wide, place), at(wide, 0))
    assert not follows([canonical(chain)], canonical(goal))
    step = compare("<=", at(wide, place), at(wide, binary("-", place, 1)))
    assert follows([canonical(chain)], canonical(step)) in (True, False)
    assert negate(negate(canonical(step))) == canonical(step)


@pytest.mark.parametrize("first", [*range(0, 60, 20), 98, 320])
def test_nothing_that_has_a_model_is_refuted(first):
    """Seeds 98 and 320 have universal statements whose ranges are narrower than the array."""
    nothing_with_a_model_is_refuted(range(first, first + (20 if first < 60 else 1)))


@pytest.mark.slow
def test_nothing_that_has_a_model_is_refuted_for_long():
    nothing_with_a_model_is_refuted(range(100, 1_500))


def nothing_with_a_model_is_refuted(seeds):
    refuted = 0
    for seed in seeds:
        written = random_formulas.conditions(seed)
        instances, found = texts.library(random_formulas.program(written))
        if any(item.is_error for item in found):
            continue
        environment = instances[0].environment
        raw = [environment.lets[f"c{k}"] for k in range(len(written))]
        if not contradictory([canonical(item) for item in raw]):
            continue
        refuted += 1
        models = (s for s in random_formulas.STATES if all(holds(i, environment, s) for i in raw))
        assert next(models, None) is None, (seed, written)
    assert refuted or len(seeds) == 1


def holds(expr, environment, state):
    try:
        return evaluate(expr, environment, state)
    except EvaluationError:
        return False
