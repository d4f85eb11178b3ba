"""The objects of test sets, and what target and policy say about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Generator, Tensor

from gflowspec.compiler.passes.bind_seeds import derived_seed
from gflowspec.compiler.preimages import NoPreimage, Preimage, rows_of
from gflowspec.components.contracts import TestLaw
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import SpecInvalid
from gflowspec.executor.backward_rollout import estimated_log_p
from gflowspec.executor.summaries import CHUNK, fresh_batch
from gflowspec.executor.tables import Tables
from gflowspec.executor.visits import Visits

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.components.contracts import ExactEvaluation
    from gflowspec.components.test_sets.base import TestSet


@attrs.frozen(kw_only=True, eq=False)
class Objects:
    """See ``ObjectSource``.

    Attributes:
        experiment: Whose objects.
        tables: The enumerated environment, if there is one.
        visits: What training has sampled.
        generator: Source of the noise.
    """

    experiment: Experiment
    tables: Tables | None
    visits: Visits
    generator: Generator

    def fresh(self, count: int) -> Tensor:
        """See ``ObjectSource``."""
        parts = []
        for start in range(0, count, CHUNK):
            batch = fresh_batch(self.experiment, min(CHUNK, count - start), self.generator)
            parts.append(batch.trajectories.states[batch.trajectories.last])
        return torch.cat(parts)

    def seen(self, count: int) -> Tensor:
        """See ``ObjectSource``."""
        return self.visits.last_states()[-count:]

    def drawn(self, count: int, *, by_reward: bool) -> Tensor:
        """See ``ObjectSource``."""
        assert self.tables is not None
        table = self.tables.table
        law = self.tables.log_target.exp() if by_reward else table.terminating.double()
        # torch.multinomial takes at most 2^24 categories.
        total = law.cumsum(0)
        places = torch.empty(count, dtype=torch.float64, device=total.device)
        places.uniform_(generator=self.generator).mul_(total[-1])
        last = table.terminating.nonzero()[-1]
        rows = torch.searchsorted(total, places, right=True)
        return table.states[torch.minimum(rows, last)]

    def rows(self, of: str) -> Sequence[Sequence[Any]]:
        """See ``ObjectSource``."""
        return rows_of(self.experiment.environment.reward, of)

    def shown(self, via: str, rows: Iterable[Sequence[Any]]) -> Tensor:
        """See ``ObjectSource``.

        Raises:
            SpecInvalid: A row shows no terminal state.
        """
        environment = self.experiment.environment
        try:
            preimage = Preimage.of(environment.derived.environment, via)
            states = environment.encode(preimage.states(rows))
        except NoPreimage as error:
            raise _no_objects(str(error)) from error
        ends = environment.is_terminal(states) | environment.can_stop(states)
        if not ends.all():
            row = int((~ends).nonzero()[0])
            why = f"row {row} as `{via}` shows it is a state that does not terminate"
            raise _no_objects(why)
        return states


def _no_objects(why: str) -> SpecInvalid:
    message = f"a test set is not made of objects: {why}"
    return SpecInvalid((Diagnostic("GFS126", Severity.ERROR, message),))


@attrs.frozen(kw_only=True, eq=False)
class TestSets:
    """The test sets of a run.

    Attributes:
        experiment: What is measured.
        tables: The enumerated environment, if there is one.
        visits: What training has sampled.
    """

    __test__ = False  # no class of tests

    experiment: Experiment
    tables: Tables | None
    visits: Visits
    _fixed: dict[TestSet, Tensor] = attrs.field(factory=dict, init=False)

    def law(
        self, test: TestSet, rollouts: int, seed: int, exact: ExactEvaluation | None
    ) -> TestLaw:
        """What target and policy say about the objects.

        Args:
            test: The test set.
            rollouts: Backward rollouts from each object, where probabilities are estimated.
            seed: Of the noise of this evaluation.
            exact: The policy by dynamic programming, where states are enumerated.
        """
        generator = Generator(self.experiment.device).manual_seed(seed)
        states = self._states(test, generator)
        if exact is not None and self.tables is not None:
            log_p = exact.log_p.to(states.device)[self.tables.rows(states)]
        else:
            log_p = estimated_log_p(self.experiment, self.tables, states, rollouts, generator)
        log_reward = self.experiment.environment.log_reward(states).double()
        return TestLaw(log_reward=log_reward.cpu(), log_p=log_p.cpu())

    def paths(self, count: int, seed: int) -> TestLaw:
        """Objects of the target law, drawn anew, with a backward rollout from each.

        Args:
            count: How many.
            seed: Of the noise of this evaluation.

        Returns:
            ``log_p`` is log P_F - log P_B of the trajectory.
        """
        generator = Generator(self.experiment.device).manual_seed(seed)
        states = self._source(generator).drawn(count, by_reward=True)
        log_p = estimated_log_p(self.experiment, self.tables, states, 1, generator)
        log_reward = self.experiment.environment.log_reward(states).double()
        return TestLaw(log_reward=log_reward.cpu(), log_p=log_p.cpu())

    def _states(self, test: TestSet, generator: Generator) -> Tensor:
        """The objects; those that stay the same are chosen once, by the seed of the run."""
        if test.fixed:
            if test in self._fixed:
                return self._fixed[test]
            seed = derived_seed(self.experiment.settings.train.seed, "test_set")
            generator = Generator(self.experiment.device).manual_seed(seed)
        states = test.states(self._source(generator))
        if test.fixed:
            self._fixed[test] = states
        return states

    def _source(self, generator: Generator) -> Objects:
        return Objects(
            experiment=self.experiment,
            tables=self.tables,
            visits=self.visits,
            generator=generator,
        )
