"""The Python interface, and the straight line from a text to a trained sampler.

``check`` and ``load`` need neither torch nor mlflow; everything that does imports it where it is
used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.front import (
    DEFAULT_LIMITS,
    Checked,
    check_experiment,
    check_instance,
    check_spec,
    demanded,
)
from gflowspec.components.discover import vocabulary
from gflowspec.core import resources
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag, Severity
from gflowspec.core.errors import SpecInvalid, UsageError
from gflowspec.core.resources import STANDARD
from gflowspec.lang import spec as lang
from gflowspec.lang.spec import Spec
from gflowspec.lang.style import check_style

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment
    from gflowspec.executor.sample import Drawn
    from gflowspec.runs.prepared import Prepared
    from gflowspec.runs.report import RunReport
    from gflowspec.tracking.base import Tracker


@attrs.frozen(kw_only=True)
class CheckReport:
    """What is known about a file without running it.

    Attributes:
        path: The file.
        diagnostics: All findings, in display order.
        instances: Every environment at its defaults and of every experiment, with its proofs.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...]
    instances: tuple[Checked, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(item.is_error for item in self.diagnostics)

    @property
    def obligations(self) -> dict[str, dict[str, dict[str, str]]]:
        """For each instance ``O1`` .. ``O9`` with ``strength`` and ``detail``."""
        return {checked.title: checked.obligations for checked in self.instances}


def check(
    path: str | Path,
    *,
    overrides: Mapping[str, Any] | Sequence[str] = (),
    scope: Mapping[str, Any] | None = None,
    style: bool = False,
) -> CheckReport:
    """Parse, type-check and prove everything in a file; bad input never raises.

    Args:
        path: A ``.gfs`` file.
        overrides: Settings by path, or texts ``path=value``.
        scope: Parameters of the scope to prove at, instead of the declared ones.
        style: Whether to look at names and documentation too.
    """
    bag = DiagnosticBag()
    spec, found = lang.load(str(path), override_texts(overrides), vocabulary())
    bag.extend(found)
    if spec is None:
        return CheckReport(path=str(path), diagnostics=bag.sorted())
    if style:
        bag.extend(check_style(spec.root))
    instances, found = check_spec(spec, scope, known=found)
    bag.extend(found)
    return CheckReport(path=str(path), diagnostics=bag.sorted(), instances=instances)


def load(path: str | Path, *, overrides: Mapping[str, Any] | Sequence[str] = ()) -> Spec:
    """Read a file and everything it imports.

    Raises:
        SpecInvalid: The file, or an override, has errors.
    """
    spec, found = lang.load(str(path), override_texts(overrides), vocabulary())
    if spec is None or any(item.is_error for item in found):
        raise SpecInvalid(found)
    return spec


def compile(spec: Spec, name: str | None = None, *, device: str | None = None) -> Prepared:
    """Check an experiment of a loaded file and build it, untrained.

    Args:
        spec: The file.
        name: Which experiment; may be left out if there is one.
        device: Overrides ``train.device``.

    Raises:
        SpecInvalid: It has errors.
        UsageError: There are several experiments and no name, or none of that name.
    """
    from gflowspec.runs.job import Job
    from gflowspec.runs.prepared import prepare

    chosen = choose_experiment(spec, name)
    checked, found = check_experiment(spec, chosen)
    if checked is None or any(item.is_error for item in found):
        raise SpecInvalid(demanded(found))
    path = spec.root.span.file.name
    job = Job.of(spec, checked, spec_path=path, diagnostics=found)
    return prepare(job, device=device)


def run(
    experiment: Prepared,
    *,
    tracker: Tracker | None = None,
    resume: Literal["never", "auto"] = "never",
) -> RunReport:
    """Train, evaluate and track.

    Args:
        experiment: What ``compile`` gave; its networks change.
        tracker: Where it is recorded; None means as the specification says.
        resume: ``auto`` continues an unfinished run of the same hash, and only reports a
            finished one.

    Raises:
        SpecInvalid: The run directory cannot be written (GFS505).
    """
    from gflowspec.runs.start import Wishes, execute

    return execute(experiment, Wishes(resume=resume), tracker=tracker)


def resume(run: str, *, tracker: Tracker | None = None) -> RunReport:
    """Continue a run of this project.

    Args:
        run: Its id, the start of it, its name, or its directory.
        tracker: Where it is recorded; None means as the specification says.

    Raises:
        UsageError: There is no such run.
        SpecInvalid: The specification was changed since (GFS502), or has errors.
    """
    from gflowspec.runs import start
    from gflowspec.runs.kept import current_job, mismatch
    from gflowspec.runs.prepared import prepare
    from gflowspec.tracking.project import Project

    project = Project.find()
    found = project.find_run(run)
    job = current_job(found)
    if job.hashes["run"] != found.info.hashes["run"]:
        raise SpecInvalid((mismatch(found, job),))
    return start.resume(prepare(job), found, tracker=tracker, project=project)


def sample(run: str, n: int, *, seed: int = 0) -> tuple[Drawn, ...]:
    """Draw objects from the policy of a run of this project.

    Args:
        run: Its id, the start of it, its name, or its directory.
        n: How many.
        seed: The same seed and weights give the same objects.

    Raises:
        UsageError: There is no such run, or it left no checkpoint.
        SpecInvalid: This version of GFlowSpec cannot use what the run left.
    """
    from gflowspec.executor.sample import draw
    from gflowspec.runs.recall import recall
    from gflowspec.tracking.project import Project

    prepared = recall(Project.find().find_run(run).directory)
    return draw(prepared.experiment, n, seed=seed)


def environment(
    path: str | Path,
    name: str,
    *,
    reward: str,
    params: Mapping[str, Any] | None = None,
    reward_params: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> Environment:
    """An environment as an object for any training loop.

    Args:
        path: A ``.gfs`` file, or ``gfs:std/...``.
        name: Name of the environment in it.
        reward: Name of a reward that is declared for it.
        params: Parameters of the environment; defaults are used for the others.
        reward_params: Parameters of the reward.
        device: Where its tensors live.

    Raises:
        SpecInvalid: The file has errors, or the parameters do not fit.
    """
    from gflowspec.compiler.environment import Environment
    from gflowspec.compiler.externs.opening import open_doors

    spec = load(library_file(path))
    instance, found = instantiate(spec, name, params or {}, reward, reward_params)
    if instance is None or not instance.rewards:
        raise SpecInvalid(demanded(found))
    checked, more = check_instance(instance, limits=DEFAULT_LIMITS)
    if checked is None or any(item.is_error for item in more):
        raise SpecInvalid((*found, *more))
    open_doors(instance, path=str(path))
    return Environment.of(checked.derived, instance.rewards[0], device=device)


def choose_experiment(spec: Spec, name: str | None) -> str:
    """The experiment that is meant: the named one, or the only one.

    Raises:
        UsageError: There are several and no name, or none of that name (GFS604).
    """
    names = spec.experiments
    if name in names:
        return str(name)
    if name is None and len(names) == 1:
        return names[0]
    path = spec.root.span.file.name
    listed = ", ".join(names) or "none"
    message = f"{path}: which experiment?" if name is None else f"{path} has no experiment `{name}`"
    raise UsageError(Diagnostic("GFS604", Severity.ERROR, message, notes=(f"there are: {listed}",)))


def override_texts(overrides: Mapping[str, Any] | Sequence[str]) -> tuple[str, ...]:
    """Overrides as texts of the language: ``{"train.steps": 200}`` -> ``train.steps=200``."""
    if not isinstance(overrides, Mapping):
        return tuple(overrides)
    return tuple(f"{path}={_written(value)}" for path, value in overrides.items())


def library_file(path: str | Path) -> str:
    """The file that ``gfs:std/...`` stands for; other paths as they are."""
    text = str(path)
    if not text.startswith(STANDARD):
        return text
    name = text.removeprefix(STANDARD).removesuffix(".gfs")
    return str(resources.std_directory() / f"{name}.gfs")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
