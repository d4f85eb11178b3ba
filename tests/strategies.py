"""Random specifications for hypothesis: lists of tokens that the grammar accepts, and layouts."""

from __future__ import annotations

from hypothesis import strategies as st

Tokens = list[str]

NAMES = ("x", "w", "side", "Kx", "beta", "floor", "seed", "node", "mode", "index", "in_x", "réal")
SOFT = (
    "reward",
    "environment",
    "data",
    "type",
    "stop",
    "graph",
    "when",
    "of",
    "file",
    "state",
    "R",
)
UNITS = ("5s", "30min", "64KiB")

names = st.sampled_from(NAMES)
numbers = st.sampled_from(("0", "1_000", "0xff", "0b1_0", "1e-3", "2.50", "7E+2"))
strings = st.sampled_from(('""', '"a # b"', '"\\u{1F600} \\" \\\\"', '"{["'))


def _flat(parts: list[Tokens]) -> Tokens:
    return [token for part in parts for token in part]


def _commas(parts: list[Tokens]) -> Tokens:
    found: Tokens = []
    for part in parts:
        found += [*([","] if found else []), *part]
    return found


def _atoms(inner: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
    """Operands: literals, names, and anything in brackets."""
    arguments = st.lists(
        st.one_of(
            inner,
            st.tuples(st.sampled_from(NAMES + SOFT), inner).map(lambda t: [t[0], "=", *t[1]]),
        ),
        max_size=3,
    ).map(_commas)
    condition = _disjunction(_literals | inner.map(lambda t: ["(", *t, ")"]))
    clause = st.tuples(names, condition, st.none() | condition).map(
        lambda t: ["for", t[0], "in", *t[1], *(["if", *t[2]] if t[2] else [])]
    )
    clauses = st.lists(clause, min_size=1, max_size=2).map(_flat)
    return st.one_of(
        st.tuples(names, arguments).map(lambda t: [t[0], "(", *t[1], ")"]),
        st.tuples(names, inner, clauses).map(lambda t: [t[0], "(", *t[1], *t[2], ")"]),
        st.tuples(names, inner, inner).map(lambda t: [t[0], "[", *t[1], ",", *t[2], "]"]),
        st.tuples(names, inner, inner).map(lambda t: [t[0], "[", *t[1], ":", *t[2], "]"]),
        st.tuples(names, st.sampled_from(NAMES + SOFT)).map(lambda t: [t[0], ".", t[1]]),
        inner.map(lambda t: ["(", *t, ")"]),
        inner.map(lambda t: ["(", *t, ",", ")"]),
        st.tuples(inner, inner).map(lambda t: ["(", *t[0], ",", *t[1], ",", ")"]),
        st.lists(inner, max_size=3).map(lambda t: ["[", *_commas(t), "]"]),
        st.tuples(inner, clauses).map(lambda t: ["[", *t[0], *t[1], "]"]),
        st.tuples(inner, clauses).map(lambda t: ["{", *t[0], *t[1], "}"]),
        st.tuples(strings, arguments).map(
            lambda t: ["file", "(", t[0], *([",", *t[1]] if t[1] else []), ")"]
        ),
    )


def _arithmetic(operand: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
    signed = st.tuples(st.sampled_from(([], ["-"], ["-", "-"])), operand).map(_flat)
    more = st.lists(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "//", "%", "^"]), signed), max_size=2
    )
    return st.tuples(signed, more).map(
        lambda t: [*t[0], *_flat([[operator, *tokens] for operator, tokens in t[1]])]
    )


def _disjunction(operand: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
    """Everything that binds more tightly than `if` and `=>`."""
    arithmetic = _arithmetic(operand)
    ranges = st.tuples(arithmetic, arithmetic).map(lambda t: [*t[0], "..", *t[1]])
    compare = st.sampled_from(
        [["=="], ["!="], ["<"], [">="], ["in"], ["not", "in"], ["is"], ["is", "not"]]
    )
    comparison = st.tuples(arithmetic, st.lists(st.tuples(compare, arithmetic), max_size=2)).map(
        lambda t: [*t[0], *_flat([[*operator, *tokens] for operator, tokens in t[1]])]
    )
    negated = st.tuples(st.sampled_from(([], ["not"])), comparison).map(_flat)
    more = st.lists(st.tuples(st.sampled_from(("and", "or")), negated), max_size=2)
    chain = st.tuples(negated, more).map(
        lambda t: [*t[0], *_flat([[operator, *tokens] for operator, tokens in t[1]])]
    )
    return ranges | chain


def _expressions(inner: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
    operand = _atoms(inner) | inner.map(lambda t: ["(", *t, ")"])
    chain = _disjunction(operand)
    return st.one_of(
        chain,
        st.tuples(chain, chain, chain).map(lambda t: [*t[0], "if", *t[1], "else", *t[2]]),
        st.tuples(chain, chain).map(lambda t: [*t[0], "=>", *t[1]]),
    )


_literals = st.one_of(
    numbers, strings, names, st.sampled_from((*UNITS, "true", "false", "empty", "state"))
).map(lambda token: [token])
expressions = st.recursive(_literals, _expressions, max_leaves=5)
calls = st.tuples(names, _literals).map(lambda t: [t[0], "(", *t[1], ")"])
_arith = _arithmetic(_literals)

_bounds = st.one_of(
    st.tuples(_arith, _arith).map(lambda t: ["[", *t[0], "..", *t[1], "]"]),
    _arith.map(lambda t: ["[", *t, "..", "]"]),
    _arith.map(lambda t: ["(", *t, "..", ")"]),
)
_plain_types = st.one_of(
    st.tuples(st.sampled_from(("int", "real")), st.just([]) | _bounds).map(lambda t: [t[0], *t[1]]),
    st.sampled_from((["bool"], ["string"], ["m", ".", "T"])),
)


def _types(inner: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
    part = st.one_of(
        _bounds.map(lambda t: ["nodes", *t]),
        inner.map(lambda t: ["edges", "of", *t]),
        st.tuples(st.sampled_from(("node", "edge", "port")), names, inner).map(
            lambda t: [t[0], t[1], ":", *t[2]]
        ),
    )
    return st.one_of(
        inner.map(lambda t: ["(", *t, ")", "?"]),
        st.tuples(inner, inner).map(lambda t: ["(", *t[0], ",", *t[1], ")"]),
        st.tuples(_arith, inner).map(lambda t: ["array", "[", *t[0], "]", "of", *t[1]]),
        st.tuples(st.just([]) | _bounds, inner).map(lambda t: ["set", *t[0], "of", *t[1]]),
        st.tuples(_bounds, inner).map(lambda t: ["seq", *t[0], "of", *t[1]]),
        st.tuples(inner, inner).map(lambda t: ["map", "[", *t[0], "]", "of", *t[1]]),
        st.tuples(st.sampled_from(("graph", "digraph")), st.lists(part, max_size=2)).map(
            lambda t: [t[0], "{", *_flat(t[1]), "}"]
        ),
    )


types = st.recursive(_plain_types, _types, max_leaves=3)
_default = st.just([]) | expressions.map(lambda t: ["=", *t])
_declaration = st.tuples(names, types, _default).map(lambda t: [t[0], ":", *t[1], *t[2]])
_params = st.lists(_declaration, max_size=3).map(lambda t: ["(", *_commas(t), ")"])


def _block(inside: st.SearchStrategy[Tokens], size: int = 3) -> st.SearchStrategy[Tokens]:
    return st.lists(inside, max_size=size).map(lambda t: ["{", *_flat(t), "}"])


_path = st.lists(st.sampled_from(NAMES + SOFT), min_size=1, max_size=2).map(
    lambda t: [token for part in t for token in (".", part)][1:]
)
_set = st.tuples(_path, st.sampled_from(("=", "+=")), expressions).map(
    lambda t: [*t[0], t[1], *t[2]]
)


def _sections(inner: st.SearchStrategy[Tokens]) -> st.SearchStrategy[Tokens]:
    return st.one_of(
        st.tuples(_path, _block(inner)).map(_flat),
        st.tuples(numbers, _block(inner)).map(lambda t: ["every", t[0], *t[1]]),
    )


entries = st.recursive(_set, _sections, max_leaves=4)
_target = st.one_of(
    names.map(lambda t: [t]),
    st.tuples(names, expressions).map(lambda t: [t[0], "[", *t[1], "]"]),
    st.tuples(names, names).map(lambda t: [t[0], ".", t[1]]),
)
_effect = st.one_of(
    st.tuples(_target, st.sampled_from(("=", "+=", ":=")), expressions).map(
        lambda t: [*t[0], t[1], *t[2]]
    ),
    st.tuples(_target, names, expressions).map(lambda t: [*t[0], ".", t[1], "(", *t[2], ")"]),
)
_binder = st.tuples(names, expressions).map(lambda t: [t[0], "in", *t[1]])
_when = st.just([]) | expressions.map(lambda t: ["when", *t])
_let = st.one_of(
    st.tuples(names, expressions).map(lambda t: ["let", t[0], "=", *t[1]]),
    st.tuples(names, expressions).map(lambda t: ["let", t[0], "(", "i", ",", "j", ")", "=", *t[1]]),
)
_assert = st.tuples(expressions, st.just([]) | strings.map(lambda t: [",", t])).map(
    lambda t: ["assert", *t[0], *t[1]]
)
members = st.one_of(
    _block(_declaration).map(lambda t: ["state", *t]),
    _let,
    _assert,
    st.tuples(names, st.lists(_binder, max_size=2), _when, _block(_effect, 2)).map(
        lambda t: ["action", t[0], "(", *_commas(t[1]), ")", *t[2], *t[3]]
    ),
    _when.map(lambda t: ["stop", *t]),
    expressions.map(lambda t: ["terminal", "when", *t]),
    expressions.map(lambda t: ["measure", *t]),
    expressions.map(lambda t: ["invariant", *t]),
    strings.map(lambda t: ["assume", "O5", "because", t]),
    calls.map(lambda t: ["symmetry", *t]),
    _block(_set).map(lambda t: ["scope", *t]),
    expressions.map(lambda t: ["object", *t]),
)
reward_members = st.one_of(
    _let,
    _assert,
    st.tuples(st.sampled_from(("R", "logR", "beta", "floor")), expressions).map(
        lambda t: [t[0], "=", *t[1]]
    ),
    expressions.map(lambda t: ["mode", "when", *t]),
)
sweep_items = st.one_of(
    st.tuples(_path, expressions).map(lambda t: ["grid", *t[0], "=", *t[1]]),
    st.tuples(_path, _path, expressions).map(
        lambda t: ["zip", "(", *t[0], ",", *t[1], ")", "=", *t[2]]
    ),
    st.tuples(_path, calls).map(lambda t: ["sample", *t[0], "~", *t[1]]),
    st.tuples(numbers, st.sampled_from(([], ["seed", "7"]))).map(
        lambda t: ["samples", t[0], *t[1]]
    ),
    expressions.map(lambda t: ["seeds", *t]),
    expressions.map(lambda t: ["skip", "when", *t]),
    _block(_set).map(lambda t: ["also", *t]),
)
items = st.one_of(
    st.tuples(strings, names).map(lambda t: ["import", t[0], "as", t[1]]),
    st.tuples(strings, names).map(lambda t: ["import", t[0], "{", t[1], ",", "B", "}"]),
    st.tuples(names, expressions).map(lambda t: ["const", t[0], "=", *t[1]]),
    st.tuples(names, types, expressions).map(lambda t: ["const", t[0], ":", *t[1], "=", *t[2]]),
    _declaration.map(lambda t: ["param", *t]),
    names.map(lambda t: ["enum", t, "{", "A", ",", "B", ",", "}"]),
    st.tuples(names, types).map(lambda t: ["type", t[0], "=", *t[1]]),
    st.tuples(names, _params, types, expressions).map(
        lambda t: ["fn", t[0], *t[1], "->", *t[2], "=", *t[3]]
    ),
    st.tuples(names, types, expressions).map(lambda t: ["data", t[0], ":", *t[1], "=", *t[2]]),
    st.tuples(names, _params, types, _block(_set)).map(
        lambda t: ["extern", "fn", t[0], *t[1], "->", *t[2], *t[3]]
    ),
    st.tuples(names, _params, _block(members, 4)).map(
        lambda t: ["environment", t[0], *t[1], *t[2]]
    ),
    st.tuples(names, calls).map(lambda t: ["environment", t[0], "=", *t[1]]),
    st.tuples(names, _params, _block(reward_members)).map(
        lambda t: ["reward", t[0], *t[1], "for", "m", ".", "E", ",", "F", *t[2]]
    ),
    st.tuples(names, calls).map(lambda t: ["reward", t[0], "=", *t[1]]),
    st.tuples(names, st.sampled_from(([], ["extends", "m", ".", "e"])), _block(entries)).map(
        lambda t: ["experiment", t[0], *t[1], *t[2]]
    ),
    st.tuples(names, _block(sweep_items, 4)).map(lambda t: ["sweep", t[0], "of", "e", *t[1]]),
)
modules = st.lists(items, max_size=4)

_gaps = st.sampled_from(
    (" ",) * 12
    + ("  ", "\n  ", "\n\n   ", "\r\n ", "\t", " # note\n ", "\n  # own line\n  ", " ## doc\n ")
)


@st.composite
def laid_out(draw: st.DrawFn) -> str:
    """The text of a random file, with line breaks and comments in random places."""
    parts = [draw(st.sampled_from(("", "# head\n", "\ufeff"))), "gfs", " ", "1.0", "\n"]
    for item in draw(modules):
        parts.append(draw(st.sampled_from(("", "\n", "# above\n", "## doc\n\n", "\n\n\n"))))
        for token in item:
            parts += [token, draw(_gaps)]
        parts.append("\n")
    return "".join(parts)
