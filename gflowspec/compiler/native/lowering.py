"""How the rollouts of an experiment are executed: ``train.lowering``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.library import Library
from gflowspec.compiler.tensor_environment import TensorEnvironment
from gflowspec.components.nets.heads import LinearHead
from gflowspec.core.schema import call_of

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment

#: Steps of rollouts in a whole run from which on ``auto`` compiles them: about 0.15 ms are saved
#: with each, and compiling takes a second or two.
WORTH_COMPILING = 10_000

#: Steps of a rollout that are counted where the horizon is unknown.
USUAL_HORIZON = 32


@attrs.frozen(kw_only=True, eq=False)
class Lowering:
    """What was decided.

    Attributes:
        name: ``native`` or ``eager``.
        library: The compiled rollouts, if native.
        reason: Why they are not native though they were to be; else empty.
    """

    name: str
    library: Library | None = None
    reason: str = ""


def lowering(experiment: Experiment) -> Lowering:
    """Native where it is wished and possible, else eager. The library is compiled or found here.

    An experiment gets the same answer whatever has been compiled before, so that a resumed run
    goes on as it began.
    """
    wish = experiment.settings.train.lowering
    obstacle = _obstacle(experiment)
    if wish == "eager":
        return Lowering(name="eager")
    if wish == "auto" and (obstacle or _steps(experiment) < WORTH_COMPILING):
        return Lowering(name="eager")
    try:
        return Lowering(name="native", library=_library(experiment, obstacle))
    except NoNativeForm as reason:
        return Lowering(name="eager", reason=str(reason))


def _steps(experiment: Experiment) -> int:
    """About how many steps the rollouts of the whole run have at most."""
    horizon = experiment.environment.sizes.horizon
    return experiment.settings.steps * (USUAL_HORIZON if horizon is None else horizon)


def _obstacle(experiment: Experiment) -> str:
    """What in the settings excludes native rollouts; empty if nothing does."""
    settings, networks = experiment.settings, experiment.networks
    exploration, linear = settings.exploration, isinstance(networks.head("forward"), LinearHead)
    if experiment.device.type != "cpu":
        return f"the device is {experiment.device}"
    if settings.train.precision != "float32":
        return f"the precision is {settings.train.precision}"
    if networks.trunk("forward").layered() is None:
        return f"the encoder is `{settings.name('encoder')}`"
    if not linear:
        return "the head of P_F is not linear"
    if not exploration.is_policy and exploration.rate is None:
        return f"the exploration is `{call_of(exploration).name}`"
    if not isinstance(experiment.environment, TensorEnvironment):
        return "the environment is not compiled"
    return ""


def _library(experiment: Experiment, obstacle: str) -> Library:
    layered = experiment.networks.trunk("forward").layered()
    if obstacle or layered is None:
        raise NoNativeForm(obstacle)
    limit = experiment.config.limits["table_limit"]
    return Library.of(experiment.environment.derived, layered, limit)
