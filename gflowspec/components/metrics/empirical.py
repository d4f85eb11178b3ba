"""Distances of an empirical law of samples from the target, each with its noise floor."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING

import attrs

from gflowspec.components.metrics import distances
from gflowspec.components.metrics.base import Metric, served
from gflowspec.components.metrics.noise import l1_floor, log_frequencies, simulated_floor
from gflowspec.components.needs import MetricNeeds
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import MetricInputs

_SOURCES = ("fresh", "window")


@attrs.frozen(kw_only=True, slots=False)
class _Empirical(Metric):
    """A distance over ``samples`` objects.

    ``fresh`` objects are sampled from the present policy; ``window`` are the last objects visited
    in training: free, but they lag behind, and exploration is among them.
    """

    samples: int = param(default=10_000, range=Range(1), doc="number of objects")
    source: str = param(
        default="fresh",
        choices=_SOURCES,
        doc="sampled afresh, or the last objects seen in training",
    )

    @property
    def needs(self) -> MetricNeeds:
        """The target law, and objects."""
        fresh = self.samples if self.source == "fresh" else 0
        return MetricNeeds(target=True, fresh=fresh, window=self.samples - fresh)

    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """The distance under the metric's name, and its ``.floor``; nothing without samples."""
        objects = self._objects(inputs)
        if objects.shape[0] == 0:
            return {}
        log_target = served(inputs.log_target, "log_target")
        log_p = log_frequencies(objects, log_target.shape[0])
        floor = self._floor(log_target, objects.shape[0], inputs.seed)
        return {self.label: self._distance(log_p, log_target), f"{self.label}.floor": floor}

    def _objects(self, inputs: MetricInputs) -> Tensor:
        if self.source == "window":
            return served(served(inputs.window, "window").objects, "objects")[-self.samples :]
        return served(served(inputs.fresh, "fresh").objects, "objects")[: self.samples]

    @abstractmethod
    def _distance(self, log_p: Tensor, log_target: Tensor) -> float: ...

    @abstractmethod
    def _floor(self, log_target: Tensor, samples: int, seed: int) -> float: ...


@component("metric", "tv_empirical")
class EmpiricalTotalVariation(_Empirical):
    """Half the sum over objects of abs(frequency - R / Z)."""

    def _distance(self, log_p: Tensor, log_target: Tensor) -> float:
        return distances.total_variation(log_p, log_target)

    def _floor(self, log_target: Tensor, samples: int, seed: int) -> float:
        return l1_floor(log_target, samples) / 2


@component("metric", "l1_empirical")
class EmpiricalL1(_Empirical):
    """The sum over objects of abs(frequency - R / Z)."""

    def _distance(self, log_p: Tensor, log_target: Tensor) -> float:
        return distances.l1(log_p, log_target)

    def _floor(self, log_target: Tensor, samples: int, seed: int) -> float:
        return l1_floor(log_target, samples)


@component("metric", "l1_mean")
class MeanL1(_Empirical):
    """``l1_empirical`` over the number of objects, as some papers report it."""

    def _distance(self, log_p: Tensor, log_target: Tensor) -> float:
        return distances.l1(log_p, log_target) / _objects(log_target)

    def _floor(self, log_target: Tensor, samples: int, seed: int) -> float:
        return l1_floor(log_target, samples) / _objects(log_target)


@component("metric", "kl_empirical")
class EmpiricalKullbackLeibler(_Empirical):
    """KL(target, frequencies + smoothing), in nats."""

    smoothing: float = param(
        default=1e-9,
        range=Range(0, low_open=True),
        doc="added to every frequency; objects may be unseen",
    )

    def _distance(self, log_p: Tensor, log_target: Tensor) -> float:
        return _smoothed_kl(log_p, log_target, smoothing=self.smoothing)

    def _floor(self, log_target: Tensor, samples: int, seed: int) -> float:
        distance = partial(_smoothed_kl, smoothing=self.smoothing)
        return simulated_floor(distance, log_target, samples, seed)


@component("metric", "js_empirical")
class EmpiricalJensenShannon(_Empirical):
    """Jensen-Shannon divergence of frequencies and target, in nats."""

    def _distance(self, log_p: Tensor, log_target: Tensor) -> float:
        return distances.jensen_shannon(log_p, log_target)

    def _floor(self, log_target: Tensor, samples: int, seed: int) -> float:
        return simulated_floor(distances.jensen_shannon, log_target, samples, seed)


def _objects(log_target: Tensor) -> int:
    """Number of objects: states that terminate."""
    return int((log_target > float("-inf")).sum())


def _smoothed_kl(log_p: Tensor, log_target: Tensor, *, smoothing: float) -> float:
    return distances.kullback_leibler(log_target, (log_p.exp() + smoothing).log())
