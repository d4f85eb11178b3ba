"""Whether the settings of an experiment go together, and with its environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

import attrs

from gflowspec.compiler.derive.size import states_upper
from gflowspec.compiler.preimages import NoPreimage, Preimage, rows_of
from gflowspec.compiler.report import Report
from gflowspec.components.conflicts.case import Conflict, EnvironmentFacts
from gflowspec.components.conflicts.find import conflicts
from gflowspec.core.diagnostics import Diagnostic, Label
from gflowspec.core.schema import Vocabulary
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, BoolType
from gflowspec.ir.config import Config, Setting
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Environment
from gflowspec.ir.factors import factors_of
from gflowspec.ir.reward import Reward, impure_functions


def check_combinations(
    config: Config,
    vocabulary: Vocabulary,
    environment: Environment,
    reward: Reward,
    report: Report,
    derived: Callable[[], Derived],
) -> tuple[Diagnostic, ...]:
    """Findings about combinations of settings that are each in order.

    A finding about a default stands at the nearest setting that was written. What the environment
    derives is asked for only where a setting depends on it.
    """
    facts = attrs.evolve(
        facts_of(environment, reward, report, limit=config.limits["exact_limit"]),
        factored=lambda: any(min(p.addresses, p.words) > 1 for p in factors_of(derived())),
    )
    return tuple(_diagnostic(config, finding) for finding in conflicts(config, vocabulary, facts))


def facts_of(
    environment: Environment, reward: Reward, report: Report, *, limit: int
) -> EnvironmentFacts:
    """What combinations can depend on; ``limit`` is ``compile.exact_limit``."""
    bound = states_upper(environment)
    enumerable = report.enumerable(limit)
    if enumerable is None and bound <= limit:
        enumerable = True
    regions = {name for name, let in reward.lets.items() if isinstance(let.type, BoolType)}
    return EnvironmentFacts(
        has_stop=environment.stop is not None,
        stops_everywhere=environment.stop is not None and environment.stop.condition is None,
        forces_ends=environment.terminal is not None,
        enumerable=enumerable,
        states=bound if report.counts.states is None else report.counts.states,
        has_modes=reward.mode is not None,
        regions=frozenset(regions),
        impure=next(iter(impure_functions(reward)), ""),
        width=sum(
            item.type.size if isinstance(item.type, ArrayType) else 1 for item in environment.state
        ),
        has_collections=any(isinstance(item.type, ArrayType) for item in environment.state),
        memory=_memory(),
        unshown=partial(_unshown, environment, reward),
    )


def _unshown(environment: Environment, reward: Reward, of: str, via: str, bits: bool) -> str:
    """Why the rows of a test set are no objects; empty if they are, or if data are missing."""
    if reward.is_unknown:
        return ""
    try:
        preimage = Preimage.of(environment, via)
        rows = rows_of(reward, of)
        preimage.states(rows)
    except NoPreimage as error:
        return str(error)
    if bits and not all(value in (0, 1) for row in rows for value in row):
        return f"`{of}` has elements other than 0 and 1"
    if bits and any(len(part.values) != 2**part.width for part in preimage.parts):
        return f"`{via}` does not show all strings of 0 and 1"
    return ""


def _memory() -> int | None:
    """Bytes of memory of this machine, where the system says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _diagnostic(config: Config, finding: Conflict) -> Diagnostic:
    setting = _nearest(config, finding.path)
    span = None if setting is None or setting.span is None else _at(setting.span, finding.word)
    return Diagnostic(
        code=finding.code,
        severity=finding.severity,
        message=finding.message,
        primary=None if span is None else Label(span),
        notes=finding.notes,
        helps=finding.helps,
    )


def _at(span: Span, word: str) -> Span:
    """The first place of a word in a span; the whole span where there is none."""
    place = re.search(rf"\b{re.escape(word)}\b", span.text) if word else None
    if place is None:
        return span
    return Span(span.file, span.start + place.start(), span.start + place.end())


def _nearest(config: Config, path: str) -> Setting | None:
    """The setting at a path or at the closest one above it that was written.

    Where all are defaults, the environment of the experiment stands for them.
    """
    while path:
        setting = config.settings.get(path)
        if setting is not None and setting.span is not None:
            return setting
        path = path.rpartition(".")[0]
    return config.settings.get("environment")
