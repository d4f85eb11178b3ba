"""From ``file.gfs:name`` to something checked, or to the diagnostics that say why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from gflowspec.cli.paths import split_spec
from gflowspec.cli.usage import no_experiment, not_of_an_environment, which_experiment
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import SpecInvalid, UsageError

if TYPE_CHECKING:
    from gflowspec.compiler.front import Checked
    from gflowspec.ir.environment import Environment
    from gflowspec.lang.spec import Spec


@attrs.frozen(kw_only=True)
class Target:
    """What a command line names: a loaded file and one thing in it that was checked."""

    spec: Spec
    name: str
    checked: Checked
    diagnostics: tuple[Diagnostic, ...]


def load(path: str, overrides: Sequence[str]) -> tuple[Spec, tuple[Diagnostic, ...]]:
    """Read a file and everything it imports.

    Raises:
        UsageError: An override does not parse (GFS603).
        SpecInvalid: The file has errors that leave nothing to go on with.
    """
    from gflowspec.components.discover import vocabulary
    from gflowspec.lang.spec import load as load_spec

    refuse_malformed(overrides)
    spec, found = load_spec(path, tuple(overrides), vocabulary())
    if spec is None:
        raise SpecInvalid(found)
    return spec, found


def refuse_malformed(overrides: Sequence[str]) -> None:
    """Raise a usage error for the first override that the grammar does not accept."""
    from gflowspec.lang.syntax.parser import parse_override

    for text in overrides:
        parsed, found = parse_override(text)
        if parsed is None:
            raise UsageError(found[0])


def experiment(text: str, overrides: Sequence[str]) -> Target:
    """The experiment that ``file.gfs[:name]`` names, checked.

    Raises:
        UsageError: No such file, several experiments and no name, or a malformed override.
        SpecInvalid: The specification has errors.
    """
    from gflowspec.compiler.front import check_experiment, demanded

    path, wanted = split_spec(text)
    spec, found = load(path, overrides)
    name = choose(path, wanted, tuple(spec.experiments), found)
    checked, more = check_experiment(spec, name, known=found)
    everything = merged(found, more)
    if checked is None:
        raise SpecInvalid(demanded(everything))
    if any(item.is_error for item in everything):
        raise SpecInvalid(everything)
    return Target(spec=spec, name=name, checked=checked, diagnostics=everything)


def instance(text: str, overrides: Sequence[str]) -> Target:
    """The experiment or the environment that ``file.gfs[:name]`` names, checked.

    An environment is taken at its defaults, a named instance of one at its arguments. Without a
    name: the only experiment of the file, or if there is none its only environment.

    Raises:
        UsageError: No such file or name, or a malformed override.
        SpecInvalid: The specification has errors, or an override is about an experiment.
    """
    from gflowspec.compiler.front import check_library, demanded
    from gflowspec.lang.overrides import of_settings

    path, wanted = split_spec(text)
    spec, found = load(path, overrides)
    experiments, environments = tuple(spec.experiments), tuple(spec.environments)
    if wanted in experiments or (wanted is None and experiments):
        return experiment(text, overrides)
    name = choose(path, wanted, environments, found, "environment")
    settings = of_settings(spec)
    if settings:
        raise SpecInvalid(tuple(not_of_an_environment(item, name) for item in settings))
    library, more = check_library(spec, known=found)
    everything = merged(found, more)
    for checked in library:
        if _is_named(checked.instance.environment, name, spec):
            return Target(spec=spec, name=name, checked=checked, diagnostics=everything)
    raise SpecInvalid(demanded(everything))


def _is_named(environment: Environment, name: str, spec: Spec) -> bool:
    """Whether a name stands for an environment: by its parameters too, for there are instances."""
    from gflowspec.compiler.elaborate import instantiate

    named, _ = instantiate(spec, name, {})
    if named is None:  # a parameter has no default
        return environment.name == name
    meant = named.environment
    return (environment.name, environment.parameters) == (meant.name, meant.parameters)


def sweep_of(spec: Spec, wanted: str | None) -> str | None:
    """The sweep that a name means: the named one, or the only one of a file without experiments."""
    names = spec.sweeps
    if wanted is None and len(names) == 1 and not spec.experiments:
        return names[0]
    return wanted if wanted in names else None


def merged(*groups: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Several lists of findings as one, each finding once, in display order."""
    from gflowspec.core.diagnostics import DiagnosticBag

    bag = DiagnosticBag()
    for group in groups:
        bag.extend(group)
    return bag.sorted()


def choose(
    path: str,
    wanted: str | None,
    names: tuple[str, ...],
    found: Sequence[Diagnostic],
    noun: str = "experiment",
) -> str:
    """The one that is wanted, or the only one.

    Raises:
        UsageError: There is none of that name, or several and no name (GFS604).
        SpecInvalid: There is none, in a file with errors.
    """
    if wanted in names:
        return str(wanted)
    if any(item.is_error for item in found) and not names:
        raise SpecInvalid(found)
    if wanted is not None or not names:
        raise UsageError(no_experiment(path, wanted, names, noun))
    if len(names) > 1:
        raise UsageError(which_experiment(path, names, noun))
    return names[0]
