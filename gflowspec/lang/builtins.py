"""Names of the built-in functions, and the bare words that some of their arguments accept."""

from __future__ import annotations

from collections.abc import Mapping

#: Functions of language level 1.
FUNCTIONS = frozenset(
    (
        *("abs", "clip", "min", "max", "floor", "ceil", "round"),
        *("exp", "log", "log1p", "sqrt", "cos", "sin", "tanh", "sigmoid", "erf", "normal_pdf"),
        *("indicator", "number_of", "sum", "prod", "all", "any", "count"),
        *("len", "index", "values", "filled", "count_filled", "distinct", "or_else"),
        *("concat", "reverse", "sorted", "bits_of", "number", "hamming", "text", "mask"),
        *("quantile", "mean", "draw_ints"),
        *("nodes", "edge", "edge_count", "parents", "children"),
        *("reaches", "acyclic", "connected"),
    )
)

#: Functions that only ``graph`` states have.
LEVEL_TWO = frozenset(("edges", "ends", "incident", "degree", "is_tree"))

#: Function, argument -> words that are not names there.
WORDS: Mapping[tuple[str, str | int], tuple[str, ...]] = {
    ("draw_ints", "generator"): ("mt19937", "pcg64"),
    ("draw_ints", 4): ("mt19937", "pcg64"),
    ("count", 0): ("states", "objects"),
}
