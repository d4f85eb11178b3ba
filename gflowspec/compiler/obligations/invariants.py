"""Invariants that would keep derived parents within the reachable states: advice for GFS310.

A candidate is true in every reachable state; those that exclude the orphans are proposed. Three
kinds are tried: what the guard of an action demanded of what it wrote, an order along an array,
and relations between sums and counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, permutations

import attrs

from gflowspec.compiler.algebra.access import count_filled, index, indicator
from gflowspec.compiler.algebra.aggregates import aggregate
from gflowspec.compiler.algebra.binders import for_all
from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import bound_variable
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import (
    BOOL,
    INT,
    any_name,
    arithmetic,
    conjuncts,
    constant,
    disjoin,
    integer,
    negate,
)
from gflowspec.compiler.obligations.ground import Ground
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType
from gflowspec.ir.environment import Action, Binder, Effect, EffectKind, Environment
from gflowspec.ir.expr import Bound, Expr, Generator, Range, StateVar
from gflowspec.semantics.evaluate import compile_expr
from gflowspec.semantics.machine import State, machine

#: Evaluations of candidates at most; what was found until then is proposed.
MOST_EVALUATIONS = 400_000
#: Variables, and numbers read off a state, that are compared with each other.
MOST_COMPARED = 10
#: Candidates that are proposed together.
MOST_TOGETHER = 3


@attrs.frozen(kw_only=True)
class _Candidate:
    text: str
    condition: Expr


def proposed(ground: Ground, orphans: Sequence[State]) -> tuple[str, ...]:
    """Texts of conditions that hold in all reachable states and together in no orphan.

    Args:
        ground: All reachable states of an instance.
        orphans: States that are not reachable.

    Returns:
        A few; empty if none of the kinds that are tried is enough.
    """
    reachable = ground.exploration.states
    if not ground.complete:
        return ()
    frame = machine(ground.derived).frame
    left, found, spent = list(orphans), [], 0
    for candidate in _candidates(ground.environment):
        spent += len(left) + len(reachable)
        if spent > MOST_EVALUATIONS:
            break
        test = compile_expr(candidate.condition)
        rest = [state for state in left if test(frame(state))]
        if len(rest) == len(left) or not all(test(frame(state)) for state in reachable):
            continue
        if not rest:
            return (candidate.text,)
        found.append((candidate.text, {s for s in left if s not in rest}))
    return _together(found, set(left))


def _together(found: Sequence[tuple[str, set[State]]], orphans: set[State]) -> tuple[str, ...]:
    """Few candidates that exclude all orphans between them, by what each adds."""
    chosen: list[str] = []
    left = set(orphans)
    while left and len(chosen) < MOST_TOGETHER:
        text, excluded = max(found, key=lambda item: len(item[1] & left), default=("", set()))
        if not excluded & left:
            return ()
        chosen.append(text)
        left -= excluded
    return () if left else tuple(chosen)


def _candidates(environment: Environment) -> Iterator[_Candidate]:
    for action in environment.actions:
        yield from _of_guard(action, environment)
    arrays = [_whole(environment, item.name) for item in environment.state]
    lines = [item for item in arrays if _is_line(item)][:MOST_COMPARED]
    for line in lines:
        yield from _ordered(line)
    for one, two in permutations(lines, 2):
        yield from _beside(one, two)
    yield from _related(list(islice(_features(environment), MOST_COMPARED)))


def _whole(environment: Environment, name: str) -> StateVar:
    (variable,) = (item for item in environment.state if item.name == name)
    return StateVar(name, type=variable.type)


# ---- what a guard demanded --------------------------------------------------------------------


def _of_guard(action: Action, environment: Environment) -> Iterator[_Candidate]:
    """For all binders: where the action wrote, its guard holds."""
    if action.guard is None:
        return
    over = " for ".join(filter(None, map(_domain_text, action.binders)))
    if not over:
        return
    for effect in action.effects:
        written = _written(effect, environment)
        if written is None:
            continue
        for part in conjuncts(action.guard):
            said = _said(part)
            yield _Candidate(
                text=f"all({said} for {over} if {show(written)})",
                condition=for_all(action.binders, disjoin(negate(written), part)),
            )


def _written(effect: Effect, environment: Environment) -> Expr | None:
    """That the location holds what the effect put there."""
    whole = _whole(environment, effect.variable)
    place = index(whole, effect.indices) if effect.indices else whole
    if effect.kind is EffectKind.FILL and not any_name([effect.value], Bound):
        return compare("!=", place, constant(None, place.type))
    if effect.kind in {EffectKind.FILL, EffectKind.ASSIGN}:
        return place if isinstance(place.type, BoolType) else compare("==", place, effect.value)
    return None


def _domain_text(binder: Binder) -> str:
    """``i in index(x)`` as it was written; empty where that cannot be told."""
    if binder.span is None:
        return ""
    text, start = binder.span.file.text, binder.span.start
    depth = 0
    for end in range(start, len(text)):
        if text[end] in "([{":
            depth += 1
        elif text[end] in ")]}":
            if depth == 0:
                return " ".join(text[start:end].split())
            depth -= 1
        elif text[end] == "," and depth == 0:
            return " ".join(text[start:end].split())
    return ""


def _said(part: Expr) -> str:
    """A conjunct as it was written, else as it is held."""
    span: Span | None = getattr(part, "span", None)
    text = show(part) if span is None else " ".join(span.text.split())
    return f"({text})" if " if " in text else text


# ---- order along an array ---------------------------------------------------------------------


def _is_line(array: StateVar) -> bool:
    of = array.type
    return isinstance(of, ArrayType) and of.holds is None and len(of.shape) == 1 and of.size > 1


def _ordered(array: StateVar) -> Iterator[_Candidate]:
    assert isinstance(array.type, ArrayType)
    here = bound_variable("i", tuple(range(1, array.type.size)), INT)
    there = arithmetic("-", here, integer(1))
    domain = Range(integer(1), integer(array.type.size - 1), type=INT)
    over = (Generator("i", domain, tuple(range(1, array.type.size))),)
    name = array.name
    now, before = index(array, [here]), index(array, [there])
    for shown, body in _neighbours(name, now, before):
        yield _Candidate(
            text=f"all({shown} for i in index({name}) if i > 0)",
            condition=aggregate("all", body, over, BOOL),
        )


def _neighbours(name: str, now: Expr, before: Expr) -> Iterator[tuple[str, Expr]]:
    one, two = f"{name}[i]", f"{name}[i - 1]"
    if isinstance(now.type, IntType):
        for op in ("<=", ">=", "<", ">"):
            yield f"{one} {op} {two}", compare(op, now, before)
    if isinstance(now.type, BoolType):
        yield f"({two} or not {one})", disjoin(before, negate(now))
        yield f"({one} or not {two})", disjoin(now, negate(before))
    if isinstance(now.type, SlotType):
        empty = constant(None, now.type)
        full, earlier = compare("!=", now, empty), compare("!=", before, empty)
        yield f"({two} != empty or {one} == empty)", disjoin(earlier, negate(full))
        yield f"({one} != empty or {two} == empty)", disjoin(full, negate(earlier))


def _beside(one: StateVar, two: StateVar) -> Iterator[_Candidate]:
    """Two arrays place by place."""
    assert isinstance(one.type, ArrayType)
    if not isinstance(two.type, ArrayType) or one.type.shape != two.type.shape:
        return
    places = tuple(range(one.type.size))
    here = bound_variable("i", places, INT)
    over = (Generator("i", Range(integer(0), integer(len(places) - 1), type=INT), places),)
    left, right = index(one, [here]), index(two, [here])
    if isinstance(left.type, IntType) and isinstance(right.type, IntType):
        yield _Candidate(
            text=f"all({one.name}[i] <= {two.name}[i] for i in index({one.name}))",
            condition=aggregate("all", compare("<=", left, right), over, BOOL),
        )
    if isinstance(left.type, SlotType) and isinstance(right.type, SlotType):
        full = compare("!=", left, constant(None, left.type))
        other = compare("!=", right, constant(None, right.type))
        yield _Candidate(
            text=f"all({two.name}[i] != empty for i in index({one.name}) "
            f"if {one.name}[i] != empty)",
            condition=aggregate("all", disjoin(other, negate(full)), over, BOOL),
        )


# ---- sums and counts --------------------------------------------------------------------------


def _features(environment: Environment) -> Iterator[tuple[str, Expr]]:
    """Numbers that can be read off a state, with their texts."""
    for variable in environment.state:
        whole, name, of = _whole(environment, variable.name), variable.name, variable.type
        if isinstance(of, IntType):
            yield name, whole
        elif isinstance(of, ArrayType) and isinstance(of.element, SlotType):
            yield (f"len({name})" if of.holds else f"count_filled({name})"), count_filled(whole)
        elif _is_line(whole) and isinstance(of, ArrayType):
            places = tuple(range(of.size))
            here = index(whole, [bound_variable("i", places, INT)])
            over = (Generator("i", Range(integer(0), integer(of.size - 1), type=INT), places),)
            if isinstance(of.element, IntType):
                yield f"sum({name})", aggregate("sum", here, over, INT)
            elif isinstance(of.element, BoolType):
                text = f"count({name}[i] for i in index({name}))"
                yield text, aggregate("sum", indicator(here), over, INT)


def _related(features: Sequence[tuple[str, Expr]]) -> Iterator[_Candidate]:
    for op in ("==", "<=", "<"):
        for (one, left), (two, right) in permutations(features, 2):
            yield _Candidate(text=f"{one} {op} {two}", condition=compare(op, left, right))
