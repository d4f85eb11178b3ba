"""O8: rewards are positive and finite wherever a trajectory can end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gflowspec.compiler.obligations.ground import Ground
from gflowspec.compiler.obligations.overflow import overflow
from gflowspec.compiler.obligations.reward_messages import (
    beyond_range,
    constant_reward,
    infinite,
    may_be_zero,
    no_mode,
    not_positive,
    target_underflows,
)
from gflowspec.compiler.obligations.subject import Finding
from gflowspec.compiler.provers.defined import FLOAT64, is_defined
from gflowspec.compiler.provers.interval import Bound_, is_infinite
from gflowspec.compiler.provers.intervals import bounds
from gflowspec.compiler.report import Result, Strength
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.source import Span
from gflowspec.core.types import RealType
from gflowspec.ir.expr import Expr, Unknown
from gflowspec.ir.extern import externs_of
from gflowspec.ir.reward import Reward
from gflowspec.semantics.arithmetic import Number, log_ratio
from gflowspec.semantics.evaluate import frame_of
from gflowspec.semantics.reward import declared_value, is_mode
from gflowspec.semantics.trace import trace_to
from gflowspec.semantics.values import state_text

#: Largest magnitude of a log target: beyond it a float64 cannot tell neighbours apart.
LARGEST_LOG_TARGET = 1e15
#: log of the smallest normal float32: what is less likely than the best object by more is 0 there.
FLOAT32_LOG_RANGE = 126 * math.log(2)


def prove_positive(rewards: Sequence[Reward]) -> str | None:
    """O8 by interval analysis of every reward; None if it does not decide."""
    if not all(is_bounded(reward) for reward in rewards):
        return None
    return "bounds of R" if rewards else "no reward"


def hidden(reward: Reward) -> str:
    """Why a reward cannot be evaluated before a run; empty if it can."""
    if isinstance(reward.value, Unknown):
        names = ", ".join(f"`{name}`" for name in reward.value.tables)
        return f"reward `{reward.name}` needs data that is missing: {names}"
    called = externs_of((reward.value, reward.log_value, reward.mode))
    if called:
        names = ", ".join(f"`{function.name}`" for function in called)
        return f"reward `{reward.name}` calls {names}, which only runs do"
    return ""


def unseen(rewards: Sequence[Reward]) -> Result | None:
    """What is known of rewards that cannot be evaluated before a run; None if there are none."""
    found = [reward for reward in rewards if hidden(reward) and not is_bounded(reward)]
    if not found:
        return None
    unknown = [hidden(reward) for reward in found if not is_kept_positive(reward)]
    if unknown:
        return Result(Strength.UNKNOWN, "; ".join(unknown))
    named = externs_of(e for reward in found for e in (reward.value, reward.log_value))
    names = ", ".join(f"`{function.name}`" for function in named)
    return Result(Strength.ASSUMED, f"results of {names} are checked at each call")


def is_kept_positive(reward: Reward) -> bool:
    """Whether a reward is positive if the functions that it calls give what they declare."""
    if isinstance(reward.value, Unknown):
        return False
    if reward.floor is not None or reward.value is None:
        return True  # a finite log R is enough, and results are finite
    of = reward.value.type
    stated = isinstance(of, RealType) and of.lo is not None and of.lo >= 0 and of.lo_open
    return stated or bounds(reward.value).lo > 0


def is_bounded(reward: Reward) -> bool:
    """Whether intervals show a reward to be positive and finite."""
    formula = reward.value if reward.value is not None else reward.log_value
    if formula is None or not is_defined(formula):
        return False
    found = bounds(formula)
    least = found.lo > 0 if reward.value is not None else _finite(found.lo, formula)
    if not _finite(found.hi, formula) or not (least or reward.floor is not None):
        return False
    return _in_range(reward, found.lo) and _in_range(reward, found.hi)


def _in_range(reward: Reward, value: Number) -> bool:
    """Whether beta * max(log R, log floor) is a float64 of use; ``value`` is R or log R."""
    try:
        return abs(_log_target(reward, value)) <= LARGEST_LOG_TARGET
    except OverflowError:
        return False


def _log_target(reward: Reward, value: Number) -> float:
    """Beta * max(log R, log floor); ``value`` is R or log R."""
    found = float(value) if reward.value is None else _log(value)
    if reward.floor is not None:
        found = max(found, _log(reward.floor))
    return float(reward.beta) * found


def _log(value: Number) -> float:
    """The logarithm of R, which a floor replaces where R is not positive."""
    return log_ratio(value) if value > 0 else -math.inf


def _finite(end: Bound_, of: Expr) -> bool:
    """Whether a bound is a number: one of float64, unless the expression is exact."""
    exact = not isinstance(of.type, RealType) or of.type.exact
    return FLOAT64.contains(end) or (exact and not is_infinite(end))


def check_positive(ground: Ground) -> Finding:
    """Evaluates every reward in every state where a trajectory can end."""
    ends = [position for position, end in enumerate(ground.terminating) if end]
    diagnostics: list[Diagnostic] = []
    failed = False
    for reward in ground.rewards:
        if hidden(reward):
            if not isinstance(reward.value, Unknown) and not is_kept_positive(reward):
                diagnostics.append(may_be_zero(_span(reward), reward.name))
            continue
        values = [_declared(ground, reward, position) for position in ends]
        bad = next((k for k, value in enumerate(values) if not _is_good(reward, value)), None)
        if bad is not None:
            failed = True
            diagnostics.append(_witness(ground, reward, values[bad], ends[bad]))
        elif ground.strength is Strength.ENUMERATED:
            # A target may be flat or without a mode at the scope, and be neither in the instance.
            diagnostics += _remarks(ground, reward, ends, values)
    return Finding(failed, tuple(diagnostics))


def _declared(ground: Ground, reward: Reward, position: int) -> Number:
    return declared_value(reward, ground.environment, ground.exploration.states[position])


def _is_good(reward: Reward, value: Number) -> bool:
    if isinstance(value, float) and (math.isnan(value) or value == math.inf):
        return False
    if reward.floor is None and not (value > 0 if reward.value is not None else value > -math.inf):
        return False
    return _in_range(reward, value)


def _witness(ground: Ground, reward: Reward, value: Number, position: int) -> Diagnostic:
    state = state_text(ground.environment, ground.exploration.states[position])
    trace = trace_to(ground.derived, ground.exploration, position)
    span = _span(reward)
    odd = isinstance(value, float) and (math.isnan(value) or math.isinf(value))
    if odd and not (reward.value is None and value == -math.inf):
        shown = "not a number" if math.isnan(value) else "infinite"
        origin = _origin(ground, reward, position)
        return infinite(span, reward.name, shown, state, trace, ground.note, origin)
    if (value > 0 or reward.value is None) and value != -math.inf:
        return beyond_range(span, reward.name, state, trace, ground.note)
    shown = "0" if value in (0, -math.inf) else str(value)
    return not_positive(span, reward.name, shown, state, trace, ground.note)


def _origin(ground: Ground, reward: Reward, position: int) -> tuple[Span | None, str, str] | None:
    """What is not finite within R, in words, and what to write instead."""
    formula = reward.value if reward.value is not None else reward.log_value
    names = [variable.name for variable in ground.environment.state]
    frame = frame_of(names, ground.exploration.states[position])
    found = None if formula is None else overflow(formula, frame)
    return None if found is None else (found.span, found.shown, found.instead)


def _span(reward: Reward) -> Span | None:
    formula = reward.value if reward.value is not None else reward.log_value
    return reward.span if formula is None or formula.span is None else formula.span


def _remarks(
    ground: Ground, reward: Reward, ends: Sequence[int], values: Sequence[Number]
) -> Iterator[Diagnostic]:
    """GFS333, 336 and 337: a target that is flat or too steep, a mode that does not exist."""
    if len(values) > 1 and all(value == values[0] for value in values):
        letter = "R" if reward.value is not None else "log R"
        yield constant_reward(_span(reward), reward.name, f"{letter} = {values[0]}", ground.note)
    targets = [_log_target(reward, value) for value in values]
    if targets and max(targets) - min(targets) > FLOAT32_LOG_RANGE:
        place = (_span(reward), reward.name)
        yield target_underflows(*place, min(targets), max(targets), ground.note)
    if reward.mode is None or not ends:
        return
    states = ground.exploration.states
    if not any(is_mode(reward, ground.environment, states[position]) for position in ends):
        yield no_mode(reward.mode.span, reward.name, ground.note)
