"""What an iteration learns, and from which batches, once its trajectories are sampled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
from torch import Tensor

from gflowspec.compiler.passes.own_parameters import BACKWARD
from gflowspec.components.needs import Unit
from gflowspec.executor.packing import Batch, Steps, assembled
from gflowspec.executor.replay import Buffer, Recent, buffer_of, transitions
from gflowspec.executor.updates import Learner, Lesson

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.executor.tables import Tables


@attrs.frozen(kw_only=True, eq=False)
class Iteration:
    """The updates of P_B and P_F in the declared order, and the batches that they see.

    Attributes:
        experiment: Its networks, copies and optimisers change.
        learner: Applies the losses.
        recent: Batches of P_B's updates; None if they see the one just sampled.
        buffer: What P_F's updates draw from; None if they see the batch just sampled.
    """

    experiment: Experiment
    learner: Learner
    recent: Recent | None
    buffer: Buffer | None

    @classmethod
    def of(cls, experiment: Experiment, tables: Tables | None) -> Iteration:
        """With empty buffers."""
        how = experiment.backward_optimisation
        return cls(
            experiment=experiment,
            learner=Learner(experiment=experiment, tables=tables),
            recent=Recent(how.batches) if how is not None and how.batches > 1 else None,
            buffer=buffer_of(experiment, tables),
        )

    def learn(self, batch: Batch, step: int, *, measure: bool) -> dict[str, Tensor]:
        """All updates of an iteration.

        Args:
            batch: The trajectories just sampled.
            step: Iterations done before.
            measure: Whether to measure the gradient of P_F.

        Returns:
            Measurements by tracked name, tensors [] without a graph; none in the iterations that
            only fill the buffer.

        Raises:
            NotFinite: A loss is not; what had been learned before stays.
        """
        settings = self.experiment.settings
        if self.recent is not None:
            self.recent.push(Steps.of(batch))
        if step < settings.objective.optimisation.start:
            self._store(batch)
            return {}
        values: dict[str, Tensor] = {}
        for update in self.experiment.program.updates:
            if update == BACKWARD:
                values["train/loss_backward"] = self._backward(batch)
            else:
                self._store(batch)
                values |= self._forward(batch, step, measure=measure)
        self.learner.update_average()
        return values

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        parts = {"recent": self.recent, "buffer": self.buffer}
        return {name: None if part is None else part.state() for name, part in parts.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        if self.recent is not None:
            self.recent.restore(state["recent"])
        if self.buffer is not None:
            self.buffer.restore(state["buffer"])

    def _backward(self, batch: Batch) -> Tensor:
        """The updates of P_B; the loss of the last."""
        how = self.experiment.backward_optimisation
        assert how is not None
        for _ in range(how.updates):
            seen = batch
            if self.recent is not None:
                steps = self.recent.draw(self.experiment.generators["backward"])
                seen = assembled(self.experiment.environment, steps)
            loss = self.learner.update_backward(seen)
        return loss

    def _store(self, batch: Batch) -> None:
        """Push what was sampled into the buffer of P_F, with its priorities if it has them."""
        replay = self.experiment.settings.replay
        if self.buffer is None or replay is None:
            return
        steps, priorities = Steps.of(batch), None
        if self.experiment.settings.objective.unit is Unit.TRANSITION:
            steps = transitions(steps)
            if replay.prioritized:
                apart = assembled(self.experiment.environment, steps)
                priorities = self.learner.errors(apart)
        self.buffer.push(steps, priorities)

    def _forward(self, batch: Batch, step: int, *, measure: bool) -> dict[str, Tensor]:
        """The updates of P_F; what the last one found."""
        settings = self.experiment.settings
        how = settings.objective.optimisation
        factor = settings.train.schedule.factor(step, settings.steps)
        done = (step - how.start) * how.updates
        for number in range(done + 1, done + how.updates + 1):
            lesson, rows = Lesson(batch=batch), None
            if self.buffer is not None:
                drawn = self.buffer.draw(self.experiment.generators["replay"])
                packed = assembled(self.experiment.environment, drawn.steps)
                lesson = Lesson(batch=packed, stored=True, importance=drawn.importance)
                rows = drawn.rows
            learned = self.learner.update_forward(lesson, factor, measure=measure)
            self.learner.move_targets(number)
            prioritized = settings.replay is not None and settings.replay.prioritized
            if self.buffer is not None and prioritized and rows is not None:
                assert learned.errors is not None
                self.buffer.refresh(rows, learned.errors)
        values = {"train/loss_forward": learned.loss}
        if learned.norm is not None:
            values["train/grad_norm"] = learned.norm
        return values
