"""The front half of the compiler in one line: Spec -> instances -> derived -> proved.

Nothing here loads torch. ``check`` runs it on every environment and experiment of a file, ``plan``,
``compile`` and ``run`` on one experiment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gflowspec.compiler.compatibility import check_combinations
from gflowspec.compiler.derive.derivation import Derivation, derivation
from gflowspec.compiler.elaborate import (
    Cell,
    Instance,
    elaborate_experiment,
    elaborate_library,
    elaborate_sweep,
    instantiate,
)
from gflowspec.compiler.obligations import prove
from gflowspec.compiler.report import Report
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag, Severity
from gflowspec.core.source import Span
from gflowspec.ir.config import Config
from gflowspec.ir.derived import Derived
from gflowspec.lang.spec import Spec
from gflowspec.lang.unused import check_unused

#: Limits that hold where no experiment sets them.
DEFAULT_LIMITS = {"table_limit": 65_536, "exact_limit": 2_000_000, "scope_limit": 20_000}

#: Points of all sweeps of a file that ``check`` elaborates.
CHECKED_POINTS = 300


@attrs.frozen(kw_only=True)
class Checked:
    """An instance with everything that is known about it before training.

    Attributes:
        instance: Environment and rewards; ``instance.scope`` is the small one, if declared.
        full: The derivation of the full instance.
        scope: The derivation at the scope; ``full`` without one.
        report: The obligations, each with the strength of its proof.
        config: The experiment that asks for the instance; None for a library entry.
    """

    instance: Instance
    full: Derivation
    scope: Derivation
    report: Report
    config: Config | None = None

    @property
    def derived(self) -> Derived:
        """Inverses, masks, rank, codec, sizes of the full instance."""
        return self.full.derived

    @property
    def small(self) -> Derived:
        """The same at the scope; ``derived`` itself without one."""
        return self.scope.outcome[0] or self.full.derived

    @property
    def title(self) -> str:
        """How the instance is called in reports: ``Grid(side=4)``, or the experiment."""
        if self.config is not None:
            return self.config.experiment
        environment = self.instance.environment
        shown = ", ".join(f"{name}={value}" for name, value in environment.parameters.items())
        return f"{environment.name}({shown})"

    @property
    def obligations(self) -> dict[str, dict[str, str]]:
        """``O1`` .. ``O9`` with ``strength`` and ``detail``, as plain text."""
        return {
            name: {"strength": result.strength.value, "detail": result.detail}
            for name, result in self.report.results.items()
        }


def check_spec(
    spec: Spec, scope: Mapping[str, Any] | None = None, *, known: Sequence[Diagnostic] = ()
) -> tuple[tuple[Checked, ...], tuple[Diagnostic, ...]]:
    """Check everything in a file: environments, experiments, sweeps, and what nothing uses.

    Args:
        spec: The file.
        scope: Parameters of the scope, instead of the declared ones.
        known: What was found when it was read.
    """
    bag = DiagnosticBag()
    library, found = check_library(spec, scope, known=known)
    bag.extend(found)
    instances = list(library)
    for name in spec.experiments:
        checked, found = check_experiment(spec, name, known=known)
        bag.extend(found)
        if checked is not None:
            instances.append(checked)
    if not any(item.is_error for item in known):
        bag.extend(check_sweeps(spec))
    # With errors, what seems unused may be misspelt where it is used.
    if not any(item.is_error for item in (*known, *bag)):
        bag.extend(check_unused(spec.root))
    return tuple(instances), bag.sorted()


def check_library(
    spec: Spec,
    scope: Mapping[str, Any] | None = None,
    *,
    known: Sequence[Diagnostic] = (),
) -> tuple[tuple[Checked, ...], tuple[Diagnostic, ...]]:
    """Check every environment of the file at its defaults, with the rewards declared for it.

    Args:
        spec: The file.
        scope: Parameters of the scope, instead of the declared ones.
        known: What was found before; declarations with errors are not proved.
    """
    bag = DiagnosticBag()
    instances, found = elaborate_library(spec)
    bag.extend(found)
    broken = _broken(spec, (*known, *found))
    checked = []
    for declared in instances:
        whole = _whole(declared, broken)
        if whole is None:
            continue
        instance, found = _at_scope(spec, whole, scope)
        bag.extend(found)
        result, found = check_instance(instance, limits=DEFAULT_LIMITS)
        bag.extend(found)
        if result is not None:
            checked.append(result)
    return tuple(checked), bag.sorted()


def check_experiment(
    spec: Spec, name: str, *, known: Sequence[Diagnostic] = ()
) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
    """Check the environment, the reward and the settings of one experiment.

    Args:
        spec: The file.
        name: The experiment.
        known: What was found before; nothing is proved if there are errors already.
    """
    bag = DiagnosticBag()
    elaborated, found = elaborate_experiment(spec, name)
    bag.extend(found)
    if elaborated is None or any(item.is_error for item in known):
        return None, bag.sorted()
    instance, config = elaborated
    result, found = check_instance(instance, limits=config.limits)
    bag.extend(found)
    if result is None:
        return None, bag.sorted()
    result = attrs.evolve(result, config=config)
    bag.extend(combinations(spec, result))
    return result, bag.sorted()


def combinations(spec: Spec, checked: Checked) -> tuple[Diagnostic, ...]:
    """Whether the settings of an experiment go together, and with its environment."""
    config, [reward] = checked.config, checked.instance.rewards
    assert config is not None
    environment = checked.instance.environment
    return check_combinations(
        config, spec.vocabulary, environment, reward, checked.report, lambda: checked.derived
    )


def check_sweeps(spec: Spec) -> tuple[Diagnostic, ...]:
    """What is wrong with the sweeps of a file, or with single runs of them; nothing is proved."""
    bag = DiagnosticBag()
    left = CHECKED_POINTS
    for name in spec.sweeps:
        sweep, found = elaborate_sweep(spec, name, left)
        bag.extend(found)
        left -= 0 if sweep is None else min(left, sweep.points)
    return bag.sorted()


def check_cells(
    spec: Spec, cells: Sequence[Cell]
) -> tuple[tuple[Checked, ...] | None, tuple[Diagnostic, ...]]:
    """Prove every environment of a sweep once, and check the settings of every run.

    Returns:
        What is known about each cell, in order; None if one of them has errors.
    """
    bag = DiagnosticBag()
    proved: dict[tuple[int, str], tuple[Checked | None, tuple[Diagnostic, ...]]] = {}
    found: list[Checked] = []
    for cell in cells:
        limits = cell.config.limits
        key = (id(cell.instance), str(sorted(limits.items())))
        if key not in proved:
            proved[key] = check_instance(cell.instance, limits=limits)
        result, problems = proved[key]
        bag.extend(problems)
        if result is None:
            return None, bag.sorted()
        result = attrs.evolve(result, config=cell.config)
        bag.extend(combinations(spec, result))
        found.append(result)
    return tuple(found), bag.sorted()


def check_instance(
    instance: Instance, *, limits: Mapping[str, int]
) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
    """Derive and prove one instance; None if nothing could be derived."""
    full = derivation(instance.environment)
    small = None if instance.scope is None else derivation(instance.scope.environment)
    report, found = prove(instance, full, small, limits=limits)
    if report is None:
        return None, found
    return Checked(instance=instance, full=full, scope=small or full, report=report), found


def demanded(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings where there is nothing to go on with: data that is missing is an error then."""
    return tuple(
        attrs.evolve(item, severity=Severity.ERROR) if item.code == "GFS201" else item
        for item in found
    )


def _whole(instance: Instance, broken: Sequence[Span]) -> Instance | None:
    """The instance without rewards that have errors; None if the environment has."""
    if _within(instance.environment.span, broken):
        return None
    rewards = [item for item in instance.rewards if not _within(item.span, broken)]
    scope = None if instance.scope is None else _whole(instance.scope, broken)
    return attrs.evolve(instance, rewards=tuple(rewards), scope=scope)


def _broken(spec: Spec, found: Sequence[Diagnostic]) -> list[Span]:
    """The items that hold an error."""
    starts: dict[str, list[int]] = {}
    for one in found:
        if one.is_error and one.primary is not None:
            span = one.primary.span
            starts.setdefault(span.file.name, []).append(span.start)
    for places in starts.values():
        places.sort()
    items = [item.span for module in spec.program.modules.values() for item in module.tree.items]
    return [item for item in items if _holds_one(item, starts.get(item.file.name, ()))]


def _holds_one(item: Span, places: Sequence[int]) -> bool:
    """Whether one of some sorted places lies in the item."""
    first = bisect_left(places, item.start)
    return first < len(places) and places[first] < item.end


def _within(span: Span | None, items: Sequence[Span]) -> bool:
    """Whether a place lies in one of some items."""
    return span is not None and any(
        item.file.name == span.file.name and item.start <= span.start < item.end for item in items
    )


def _at_scope(
    spec: Spec, instance: Instance, scope: Mapping[str, Any] | None
) -> tuple[Instance, tuple[Diagnostic, ...]]:
    """The instance with another scope; unchanged if it has none of these parameters."""
    environment = instance.environment
    if not scope or not set(scope) <= set(environment.parameters):
        return instance, ()
    small, found = instantiate(spec, environment.name, {**environment.parameters, **scope})
    return attrs.evolve(instance, scope=small), found
