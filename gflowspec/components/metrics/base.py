"""Metrics: named numbers about a policy.

A metric declares what it reads (``needs``) and computes plain numbers from it; it never guesses.
Names of values are the name of the metric, with ``.floor`` behind it for the value that a perfect
sampler of the same sample size has on average, and other suffixes where a metric has parts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from gflowspec.components.needs import MetricNeeds
from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from gflowspec.components.contracts import MetricInputs

T = TypeVar("T")


class Metric(Frozen, ABC):
    """One metric.

    Attributes:
        averaged: Whether the engine reports the running mean over the evaluations so far.
    """

    averaged: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """The name under which its values are recorded."""
        name: str = self.component_name  # type: ignore[attr-defined]  # set by @component
        return name

    @property
    @abstractmethod
    def needs(self) -> MetricNeeds:
        """What ``compute`` reads."""

    @abstractmethod
    def compute(self, inputs: MetricInputs) -> dict[str, float]:
        """Values by name."""


class ExactMetric(Metric):
    """A metric of the exact evaluation; the environment has to be enumerable."""

    @property
    def needs(self) -> MetricNeeds:
        """The exact evaluation."""
        return MetricNeeds(exact=True)


def served(value: T | None, name: str) -> T:
    """An input that the engine had to provide because the metric declares it."""
    if value is None:
        message = f"the engine did not provide {name}"
        raise TypeError(message)
    return value
