"""All values of the binders of an action, and those that its mask allows in some state at all."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product, takewhile
from typing import Any

import attrs

from gflowspec.core.types import BoolType
from gflowspec.ir.environment import Binder
from gflowspec.ir.expr import Const, Expr, Logic, StateVar, walk
from gflowspec.semantics.cost import weight
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import Code, Frame, bound_key, compile_expr

#: Nodes that may be evaluated to find out which bindings are possible.
BUDGET = 2_000_000


@attrs.frozen(eq=False)
class Bindings:
    """All values of some binders, the last one varying fastest.

    Attributes:
        first: Flat index of the first one.
        arguments: Binder names to values, one mapping for each.
        frames: The same under the keys of a frame.
        possible: Positions of those that no condition on binders alone rules out.
    """

    first: int
    arguments: tuple[Mapping[str, Any], ...]
    frames: tuple[Frame, ...]
    possible: tuple[int, ...]

    @classmethod
    def of(cls, binders: tuple[Binder, ...], first: int) -> Bindings:
        """The product of the carriers; all are possible."""
        names = [binder.name for binder in binders]
        rows = [
            dict(zip(names, values, strict=True))
            for values in product(*(binder.carrier for binder in binders))
        ]
        frames = tuple({bound_key(name): row[name] for name in names} for row in rows)
        return cls(first, tuple(rows), frames, tuple(range(len(rows))))

    def __len__(self) -> int:
        return len(self.arguments)


def decided(bindings: Bindings, mask: Expr) -> tuple[Bindings, Code]:
    """The bindings that a mask leaves possible, and what it asks of the state then.

    Only its first conjuncts are decided, up to the one that reads the state: an earlier conjunct
    may be what gives a later one a value.
    """
    every = mask.operands if isinstance(mask, Logic) and mask.op == "and" else (mask,)
    fixed = tuple(takewhile(lambda item: not _reads_state(item), every))
    if not fixed or len(bindings) * sum(map(weight, fixed)) > BUDGET:
        return bindings, compile_expr(mask)
    tests = [compile_expr(item) for item in fixed]
    try:
        possible = tuple(
            i for i in bindings.possible if all(test(bindings.frames[i]) for test in tests)
        )
    except EvaluationError:
        return bindings, compile_expr(mask)  # The mask says so when it is asked.
    rest = compile_expr(_conjunction(every[len(fixed) :]))
    return attrs.evolve(bindings, possible=possible), rest


def _reads_state(expr: Expr) -> bool:
    return any(isinstance(node, StateVar) for node in walk(expr))


def _conjunction(operands: tuple[Expr, ...]) -> Expr:
    if len(operands) == 1:
        return operands[0]
    if not operands:
        return Const(value=True, type=BoolType())
    return Logic("and", operands, type=BoolType())
