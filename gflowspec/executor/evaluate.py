"""Metrics at their times: everything that metrics read is computed once for an evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Generator, Tensor

from gflowspec.compiler.passes.bind_seeds import derived_seed
from gflowspec.components.contracts import ExactEvaluation, MetricInputs
from gflowspec.components.metrics.base import Metric
from gflowspec.components.metrics.distances import kullback_leibler, l1
from gflowspec.components.metrics.noise import l1_floor
from gflowspec.components.needs import BackwardNeed, MetricNeeds
from gflowspec.core.errors import TooManyStates
from gflowspec.executor import exact
from gflowspec.executor.object_sources import TestSets
from gflowspec.executor.result import ExactSummary
from gflowspec.executor.stops import stop_visits
from gflowspec.executor.summaries import summarise
from gflowspec.executor.tables import Tables
from gflowspec.executor.views import exact_view
from gflowspec.executor.visits import Visits
from gflowspec.ir.reward import impure_functions

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment

#: Objects of the noise floor that stands beside the final total variation.
FLOOR_SAMPLES = 10_000

#: Enumeration that nobody asked for is tried up to this multiple of the limit in combinations.
SPARSITY = 1_000


@attrs.define(kw_only=True, eq=False)
class Evaluator:
    """Computes the metrics of an experiment.

    Attributes:
        experiment: What is measured.
        tables: The enumerated environment, if it could be enumerated.
        visits: What training has sampled.
        means: Running means by name: sum and count, for metrics that are averaged.
    """

    experiment: Experiment
    tables: Tables | None
    visits: Visits
    means: dict[str, tuple[float, int]] = attrs.field(factory=dict)
    _tests: TestSets = attrs.field(init=False)

    @_tests.default
    def _no_test_set_yet(self) -> TestSets:
        return TestSets(experiment=self.experiment, tables=self.tables, visits=self.visits)

    @classmethod
    def of(cls, experiment: Experiment) -> Evaluator:
        """With tables where something needs them or the environment is small.

        Raises:
            TooManyStates: A metric or the backward rule needs an enumeration beyond the limit.
        """
        needs = union(_metrics(experiment))
        return cls(
            experiment=experiment,
            tables=_tables(experiment, needs),
            visits=Visits(environment=experiment.environment, needs=needs),
        )

    def due(self, step: int, *, last: bool) -> tuple[Metric, ...]:
        """The metrics that belong to an iteration, in the order of the specification."""
        return tuple(
            metric
            for schedule in self.experiment.settings.evaluate
            if last or (schedule.every and step % schedule.every == 0)
            for metric in schedule.metrics
        )

    def compute(
        self, metrics: tuple[Metric, ...], step: int, training: Mapping[str, float]
    ) -> dict[str, float]:
        """Values by name; ``training`` holds the measurements of the last iteration."""
        inputs = self._inputs(union(metrics), step, training)
        found: dict[str, float] = {}
        for metric in metrics:
            name: str = metric.component_name  # type: ignore[attr-defined]  # set by @component
            values = metric.compute(inputs)
            if metric.averaged:
                values = {key: self._mean(key, value) for key, value in values.items()}
            found.update(_distinct(values, name, found))
        return found

    def summary(self) -> ExactSummary | None:
        """The present policy by dynamic programming; None if the environment is too large."""
        if self.tables is None:
            return None
        measured = self._exact()
        log_z = measured.estimated_log_z
        distance = l1(measured.log_p, measured.log_target)
        return ExactSummary(
            tv=distance / 2,
            l1=distance,
            kl=kullback_leibler(measured.log_target, measured.log_p),
            log_z=measured.log_z,
            log_z_error=None if log_z is None else log_z - measured.log_z,
            floor=l1_floor(measured.log_target, FLOOR_SAMPLES) / 2,
            floor_samples=FLOOR_SAMPLES,
        )

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"means": dict(self.means), "visits": self.visits.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        self.means = {name: (float(a), int(b)) for name, (a, b) in state["means"].items()}
        self.visits.restore(state["visits"])

    def _inputs(self, needs: MetricNeeds, step: int, training: Mapping[str, float]) -> MetricInputs:
        tables = self.tables
        seed = derived_seed(self.experiment.settings.train.seed, f"evaluate:{step}")
        fresh = None
        if needs.fresh:
            generator = Generator(self.experiment.device).manual_seed(seed)
            fresh = summarise(self.experiment, tables, needs.fresh, generator)
        stops = None
        if needs.stops:
            generator = Generator(self.experiment.device).manual_seed(seed)
            stops = stop_visits(self.experiment, tables, needs.stops, generator)
        known = needs.exact or bool(needs.tests and tables is not None)
        measured = self._exact() if known else None
        return MetricInputs(
            exact=measured,
            log_target=tables.log_target if tables is not None and needs.target else None,
            fresh=fresh,
            stops=stops,
            window=self.visits.window(tables) if needs.window else None,
            history=self.visits.history() if needs.history else None,
            training=training if needs.training else {},
            regions=dict(self._regions(needs.regions)),
            tests={(test, k): self._tests.law(test, k, seed, measured) for test, k in needs.tests},
            backward=self._tests.paths(needs.backward, seed) if needs.backward else None,
            seed=seed,
        )

    def _exact(self) -> ExactEvaluation:
        assert self.tables is not None
        return exact.evaluate(self.tables.graph, exact_view(self.experiment, self.tables))

    def _regions(self, names: tuple[str, ...]) -> Iterator[tuple[str, Tensor]]:
        assert not names or self.tables is not None
        for name in names:
            assert self.tables is not None
            table, environment = self.tables.table, self.experiment.environment
            held = environment.evaluate(environment.reward.lets[name], table.states)
            yield name, held & table.terminating

    def _mean(self, name: str, value: float) -> float:
        total, count = self.means.get(name, (0.0, 0))
        self.means[name] = (total + value, count + 1)
        return (total + value) / (count + 1)


def union(metrics: Iterable[Metric]) -> MetricNeeds:
    """What all of them read together."""
    needs = [metric.needs for metric in metrics]
    return MetricNeeds(
        exact=any(item.exact for item in needs),
        target=any(item.target for item in needs),
        fresh=max((item.fresh for item in needs), default=0),
        stops=max((item.stops for item in needs), default=0),
        window=max((item.window for item in needs), default=0),
        history=any(item.history for item in needs),
        best=max((item.best for item in needs), default=0),
        training=any(item.training for item in needs),
        modes=any(item.modes for item in needs),
        regions=tuple(dict.fromkeys(name for item in needs for name in item.regions)),
        tests=tuple(dict.fromkeys(test for item in needs for test in item.tests)),
        backward=max((item.backward for item in needs), default=0),
    )


def _metrics(experiment: Experiment) -> Iterator[Metric]:
    for schedule in experiment.settings.evaluate:
        yield from schedule.metrics


@torch.no_grad()
def _tables(experiment: Experiment, needs: MetricNeeds) -> Tables | None:
    limit = experiment.config.limits["exact_limit"]
    counts = BackwardNeed.PATH_COUNTS in experiment.settings.backward.needs
    asked = counts or needs.exact or needs.target or bool(needs.regions)
    if not asked and experiment.environment.sizes.states_upper > SPARSITY * limit:
        return None
    if not asked and impure_functions(experiment.environment.reward):
        return None  # nothing that is computed once holds
    try:
        return Tables.of(experiment.environment, limit)
    except TooManyStates:
        if asked:
            raise
        return None


def _distinct(
    values: Mapping[str, float], name: str, found: Mapping[str, float]
) -> dict[str, float]:
    """Names with ``_2``, ``_3``, ... behind the metric's, where it stands more than once."""
    number = 1
    renamed = dict(values)
    while any(key in found for key in renamed):
        number += 1
        renamed = {f"{name}_{number}{key.removeprefix(name)}": v for key, v in values.items()}
    return renamed
