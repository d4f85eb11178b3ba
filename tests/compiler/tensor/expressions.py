"""Random typed expressions over a state that has every kind of variable."""

from collections.abc import Callable
from fractions import Fraction
from itertools import count

from fixtures_ir import (
    BOOL,
    INT,
    REAL,
    binary,
    bound,
    call,
    codec_of,
    compare,
    conj,
    const,
    disj,
    empty,
    index,
    indicator,
    negate,
    over,
)
from hypothesis import strategies as st

from gflowspec.core.types import (
    ArrayType,
    BoolType,
    EnumType,
    IntType,
    ListType,
    SetType,
    SlotType,
)
from gflowspec.ir.environment import Binder, Environment, StateVariable
from gflowspec.ir.expr import (
    Aggregate,
    Bound,
    Collection,
    Conditional,
    Const,
    Expr,
    Generator,
    Range,
    Slice,
    StateVar,
    Unary,
    Updated,
)

COUNT = IntType(-2, 3)
COLOUR = EnumType("Colour", ("red", "green", "blue"))
SLOT = SlotType(IntType(1, 3))
LOW_SLOT = SlotType(IntType(-1, 1))
ROW = ArrayType((3,), IntType(0, 2))
WORDS = ArrayType((3,), SLOT)
GRID = ArrayType((2, 2), IntType(0, 1))

n, lit = StateVar("n", type=COUNT), StateVar("lit", type=BoolType())
hue, s = StateVar("hue", type=COLOUR), StateVar("s", type=SLOT)
z = StateVar("z", type=LOW_SLOT)
x, w, g = (
    StateVar("x", type=ROW),
    StateVar("w", type=WORDS),
    StateVar("g", type=GRID),
)
ENVIRONMENT = Environment(
    name="Everything",
    parameters={},
    state=(
        StateVariable(name="n", type=COUNT, initial=0),
        StateVariable(name="lit", type=BOOL, initial=False),
        StateVariable(name="hue", type=COLOUR, initial=0),
        StateVariable(name="s", type=SLOT, initial=None),
        StateVariable(name="z", type=LOW_SLOT, initial=None),
        StateVariable(name="x", type=ROW, initial=(0, 0, 0)),
        StateVariable(name="w", type=WORDS, initial=(None, None, None)),
        StateVariable(name="g", type=GRID, initial=(0, 0, 0, 0)),
    ),
    actions=(),
    stop=None,
    terminal=None,
)
CODEC = codec_of(ENVIRONMENT)
AT, V = bound("i", 3), Bound("v", type=IntType(-1, 4))
BINDERS = (
    Binder(name="i", type=IntType(0, 2), carrier=(0, 1, 2)),
    Binder(name="v", type=IntType(-1, 4), carrier=(-1, 0, 4)),
)
PRIMES = Const((2, 3, 5, 7), type=ArrayType((4,), IntType(2, 7)))

_places = st.sampled_from([const(0), const(2), AT, binary("-", 2, AT)])
_moving = st.sampled_from([n, index(x, AT), binary("+", n, 1), s])
_integer_leaves = st.one_of(
    st.integers(-3, 4).map(const),
    st.sampled_from([n, AT, V, s, call("number_of", hue, of=INT), index(g, 1, 0)]),
    _places.map(lambda place: index(x, place)),
    _places.map(lambda place: index(w, place)),
    _moving.map(lambda place: index(x, place)),
    _moving.map(lambda place: index(PRIMES, place)),
    st.just(index(Updated(x, (n,), V, type=ROW), AT)),
    st.just(call("count_filled", w, of=INT)),
    st.just(call("number", x, 3, of=INT)),
    st.just(call("hamming", x, Slice(PRIMES, const(0), const(2), type=ROW), of=INT)),
)
_rational_leaves = st.one_of(
    _integer_leaves,
    st.sampled_from([Fraction(1, 3), Fraction(-5, 7), Fraction(1, 4)]).map(const),
)


def _arithmetic(inner: st.SearchStrategy[Expr], *, real: bool) -> st.SearchStrategy[Expr]:
    operators = ["+", "-", "*", *(["/"] if real else ["//", "%"])]
    divisor = st.integers(1, 5).map(const) | st.just(const(-3)) | st.just(binary("+", n, 3))

    def combine(op: str, left: Expr, right: Expr, by: Expr) -> Expr:
        return binary(op, left, by if op in ("/", "//", "%") else right)

    of = REAL if real else INT
    return st.one_of(
        st.builds(combine, st.sampled_from(operators), inner, inner, divisor),
        inner.map(lambda item: Unary("-", item, type=item.type)),
        inner.map(lambda item: call("abs", item, of=of)),
        st.builds(lambda a, b: call("min", a, b, of=of), inner, inner),
        st.builds(lambda a, b: call("max", a, b, 2, of=of), inner, inner),
        inner.map(lambda item: call("clip", item, -1, 2, of=of)),
    )


def _integers(
    inner: st.SearchStrategy[Expr], truths: st.SearchStrategy[Expr]
) -> st.SearchStrategy[Expr]:
    return st.one_of(
        _arithmetic(inner, real=False),
        truths.map(indicator),
        st.builds(lambda t, a, b: Conditional(t, a, b, type=INT), truths, inner, inner),
        inner.map(lambda body: _over("sum", lambda a: binary("*", body, index(x, a)))),
        st.builds(
            lambda kind, body, test: _over(kind, lambda a: binary("+", body, a), test),
            st.sampled_from(["sum", "prod"]),
            inner,
            st.sampled_from(_TESTS),
        ),
        inner.map(lambda body: _over("max", lambda a: binary("-", body, index(x, a)))),
        truths.map(lambda body: _over("count", lambda a: disj(body, compare("<", a, 1)))),
        inner.map(lambda item: call("or_else", s, item, of=INT)),
        _arithmetic(_rational_leaves, real=True).flatmap(
            lambda item: st.sampled_from(["floor", "ceil", "round"]).map(
                lambda name: call(name, item, of=INT)
            )
        ),
    )


_TESTS = (
    lambda a: compare("<", a, 2),
    lambda a: compare("<", a, AT),
    lambda a: compare("<", index(x, a), n),
)
_A = bound("a", 3)
_NUMBERS = count()


def _over(
    kind: str, body: Callable[[Expr], Expr], test: Callable[[Expr], Expr] | None = None
) -> Aggregate:
    """An aggregation over 0..2 by a variable with a name of its own, as the IR demands."""
    name = f"a{next(_NUMBERS)}"
    variable = bound(name, 3)
    condition = None if test is None else test(variable)
    return over(kind, body(variable), name, 3, condition=condition)


_COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def _truths(
    inner: st.SearchStrategy[Expr], numbers: st.SearchStrategy[Expr]
) -> st.SearchStrategy[Expr]:
    return st.one_of(
        st.builds(compare, _COMPARISONS, numbers, numbers),
        st.builds(conj, inner, inner),
        st.builds(disj, inner, inner),
        inner.map(negate),
        numbers.map(lambda item: compare("in", item, Range(const(-1), n, type=ListType(INT, 5)))),
        numbers.map(lambda item: compare("in", item, x)),
        numbers.map(lambda item: compare("not_in", item, w)),
        inner.map(lambda body: _over("all", lambda a: disj(body, compare("!=", index(x, a), V)))),
        inner.map(lambda body: _over("any", lambda a: conj(body, compare("==", index(x, a), n)))),
    )


_truth_leaves = st.sampled_from(
    [
        lit,
        const(True),
        compare("==", s, empty(SLOT)),
        compare("!=", index(w, AT), empty(SLOT)),
        compare("==", s, z),
        compare("==", z, V),
        compare("!=", index(w, AT), index(w, 1)),
        compare("==", hue, const(1, COLOUR)),
        compare("<", hue, const(2, COLOUR)),
        call("filled", w, of=BOOL),
        call("distinct", w, of=BOOL),
        compare("in", V, w),
        compare("in", s, Const(frozenset({0, 3}), type=SetType(0, 2, INT))),
        compare("==", x, Collection((const(0), n, AT), type=ROW)),
        compare("==", x, call("reverse", x, of=ROW)),
        compare(
            "in",
            V,
            Aggregate(
                "set", index(x, _A), over("sum", _A, "a", 3).generators, type=SetType(0, 3, INT)
            ),
        ),
        over("any", compare("==", Bound("e", type=INT), V), "e", 4),
        Aggregate(
            "any",
            compare(">", Bound("e", type=SLOT), 2),
            (Generator("e", w, (1, 2, 3), compare("!=", Bound("e", type=SLOT), empty(SLOT))),),
            type=BOOL,
        ),
        Aggregate(
            "any",
            compare("==", Bound("k", type=INT), AT),
            (Generator("k", Range(n, const(3), type=ListType(INT, 6)), tuple(range(-2, 4))),),
            type=BOOL,
        ),
    ]
)
_small_integers = st.recursive(
    _integer_leaves, lambda inner: _integers(inner, _truth_leaves), max_leaves=4
)
rationals = st.recursive(
    _rational_leaves | _small_integers, lambda inner: _arithmetic(inner, real=True), max_leaves=4
)
truths = st.recursive(
    _truth_leaves | st.builds(compare, _COMPARISONS, rationals, rationals),
    lambda inner: _truths(inner, _small_integers),
    max_leaves=4,
)
integers = st.recursive(_small_integers, lambda inner: _integers(inner, truths), max_leaves=3)
reals = st.builds(
    call,
    st.sampled_from(
        ["exp", "log", "sqrt", "cos", "sin", "tanh", "sigmoid", "erf", "normal_pdf", "log1p"]
    ),
    rationals,
)
