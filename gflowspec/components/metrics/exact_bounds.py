"""log Z, its bounds and the gaps between them, by dynamic programming."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.metrics.base import ExactMetric, served
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs


@component("metric", "logz_error")
class LogZError(ExactMetric):
    """Learned log Z (log F of the source where there is no parameter) minus the exact one."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``logz_error``, signed."""
        exact = served(inputs.exact, "exact")
        return {"logz_error": served(exact.estimated_log_z, "log_z") - exact.log_z}


@component("metric", "elbo_exact")
class ExactELBO(ExactMetric):
    """E over P_F of log R + log P_B - log P_F; at most log Z."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``elbo_exact``."""
        return {"elbo_exact": served(inputs.exact, "exact").elbo}


@component("metric", "eubo_exact")
class ExactEUBO(ExactMetric):
    """E over target and P_B of log R + log P_B - log P_F; at least log Z."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``eubo_exact``."""
        return {"eubo_exact": served(inputs.exact, "exact").eubo}


@component("metric", "gap_terminal")
class TerminalGap(ExactMetric):
    """KL(terminal law, target): the part of log Z - ELBO that samples can see."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``gap_terminal``."""
        return {"gap_terminal": served(inputs.exact, "exact").gap_terminal}


@component("metric", "gap_path")
class PathGap(ExactMetric):
    """E over objects of KL(P_F(tau | x), P_B(tau | x)): the part that TLM closes."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``gap_path``."""
        return {"gap_path": served(inputs.exact, "exact").gap_path}


@component("metric", "regret")
class Regret(ExactMetric):
    """Running mean, over the evaluations so far, of log Z - ELBO."""

    averaged: ClassVar[bool] = True

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``regret`` of the present policy; the engine averages it."""
        exact = served(inputs.exact, "exact")
        return {"regret": exact.log_z - exact.elbo}


@component("metric", "pb_kl_exact")
class ExactBackwardKL(ExactMetric):
    """Sum over states of mu(s') KL(P_B(. | s'), uniform), mu the probability of a visit."""

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """``pb_kl_exact``."""
        return {"pb_kl_exact": served(inputs.exact, "exact").backward_kl}
