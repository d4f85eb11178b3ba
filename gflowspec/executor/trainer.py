"""The training loop. It knows no objective, no backward rule and no metric by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Tensor

from gflowspec.core.errors import CheckpointMismatch, SpecInvalid
from gflowspec.executor import checkpoint
from gflowspec.executor.dropout import dropping
from gflowspec.executor.errors import NotFinite
from gflowspec.executor.estimates import estimated_log_z
from gflowspec.executor.evaluate import Evaluator
from gflowspec.executor.events import (
    Checkpointed,
    Checkpointing,
    Evaluated,
    Event,
    Finished,
    Progress,
    Started,
)
from gflowspec.executor.iteration import Iteration
from gflowspec.executor.measurements import Measurements
from gflowspec.executor.memory import keep_freed_memory
from gflowspec.executor.packing import Batch, pack
from gflowspec.executor.result import Outcome, RunResult
from gflowspec.executor.rollout import rollout

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment
    from gflowspec.components.metrics.base import Metric

Record = Callable[[int, Mapping[str, float]], None]

#: Training measurements as metrics read them.
TRAINING = {
    "train/loss_forward": "loss",
    "train/loss_backward": "loss_backward",
    "train/grad_norm": "gradient_norm",
}

#: The batch of a failed iteration, in the directory of the run.
FAILED_BATCH = "failed_batch.pt"


def train(
    experiment: Experiment,
    *,
    record: Record = lambda _step, _values: None,
    on_event: Callable[[Event], None] = lambda _event: None,
    checkpoint_dir: Path | None = None,
    resume_from: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    identity: Mapping[str, str] | None = None,
) -> RunResult:
    """Train until the iterations, the time budget or the patience of the caller run out.

    Args:
        experiment: What to train; its networks and optimisers change.
        record: Receives metrics, (iterations done, values by tracked name).
        on_event: Receives what happens, for a screen.
        checkpoint_dir: Directory of the run; None writes nothing.
        resume_from: A checkpoint, or a directory that holds one.
        should_stop: Asked after every iteration; training then ends cleanly with a checkpoint.
        identity: Kept in checkpoints (run id, run hash); those of a resumed one must be equal.

    Raises:
        CheckpointMismatch: The checkpoint belongs to another run.
        TooManyStates: A metric or the backward rule needs an enumeration beyond the limit.
        OSError: A checkpoint could not be written.
    """
    trainer = Trainer(
        experiment=experiment,
        record=record,
        emit=on_event,
        directory=checkpoint_dir,
        identity=dict(identity or {}),
    )
    if resume_from is not None:
        trainer.restore(checkpoint.load(resume_from))
    keep_freed_memory()
    on_gpu = experiment.device.type == "cuda"
    with _kernels(deterministic=on_gpu and experiment.settings.train.deterministic):
        return trainer.run(should_stop)


@contextmanager
def _kernels(*, deterministic: bool) -> Iterator[None]:
    """Ask torch for deterministic kernels while a run lasts; on a processor they always are."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(deterministic or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


class _Clock:
    """Wall time of this start, with and without evaluation and checkpoints.

    Attributes:
        begin: When this start began.
        aside: Seconds of this start that went into evaluation and checkpoints.
        before: Seconds of training in earlier starts.
    """

    def __init__(self, before: float = 0.0) -> None:
        self.begin = time.perf_counter()
        self.aside = 0.0
        self.before = before

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begin

    @property
    def training(self) -> float:
        return max(self.seconds - self.aside, 1e-9)

    @property
    def total(self) -> float:
        """Seconds of training in all starts."""
        return self.before + self.training


@attrs.define(kw_only=True, eq=False, slots=False)
class Trainer:
    """The state of a run between iterations; see ``train``."""

    experiment: Experiment
    record: Record
    emit: Callable[[Event], None]
    directory: Path | None
    identity: dict[str, str]
    step: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        experiment = self.experiment
        self.evaluator = Evaluator.of(experiment)
        self.iteration = Iteration.of(experiment, self.evaluator.tables)
        self.measured = Measurements()
        self.total = experiment.settings.steps
        self.metrics: dict[str, float] = {}
        self.started_at = 0
        self.clock = _Clock()
        self.saved_at: tuple[int, float] = (0, 0.0)
        self.saved: Path | None = None
        self.handed: tuple[int, float] = (0, 0.0)

    def run(self, should_stop: Callable[[], bool]) -> RunResult:
        """Iterate to the end, evaluate, and say how it went."""
        train = self.experiment.settings.train
        self.clock, self.started_at = _Clock(self.clock.before), self.step
        self.saved_at = self.handed = (self.step, 0.0)
        self.emit(Started(step=self.step, steps=self.total, batch=train.batch))
        batch = None
        try:
            while self.step < self.total:
                with dropping(self.experiment):
                    batch = self._sample()
                    self._learn(batch)
                self.step += 1
                self._after_iteration()
                if self.step == self.total:
                    break
                if should_stop():
                    return self._ended(Outcome.INTERRUPTED)
                if train.budget is not None and self.clock.seconds >= train.budget:
                    return self._ended(Outcome.BUDGET)
            return self._ended(Outcome.FINISHED)
        except NotFinite as error:
            return self._failed(batch, error)
        except SpecInvalid as error:
            return self._refused(error)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckpointMismatch: It belongs to another run.
        """
        for name, value in self.identity.items():
            if state["identity"].get(name, value) != value:
                message = f"the checkpoint has {name} {state['identity'][name]}, not {value}"
                raise CheckpointMismatch(message)
        checkpoint.restore_experiment(self.experiment, state)
        self.iteration.restore(state["learning"])
        self.evaluator.restore(state["evaluation"])
        self.measured.restore(state["measured"])
        self.metrics = {name: float(value) for name, value in state["metrics"].items()}
        self.step = int(state["step"])
        self.clock.before = float(state["seconds"])

    def _sample(self) -> Batch:
        experiment = self.experiment
        settings, reuse = experiment.settings, experiment.program.reuse
        exploration = settings.exploration.at(self.step, settings.steps)
        sampled = rollout(
            experiment.environment,
            experiment.networks,
            settings.train.batch,
            generator=experiment.generators["rollout"],
            exploration=None if exploration.is_policy else exploration,
            keep=reuse.forward or reuse.backward,
            library=experiment.lowering.library,
        )
        return pack(experiment.environment, sampled, experiment.dtype)

    def _learn(self, batch: Batch) -> None:
        """The updates of an iteration, and what follows from them."""
        measure = self._is_measured(self.step + 1)
        values = self.iteration.learn(batch, self.step, measure=measure)
        self.evaluator.visits.add(batch)
        self.measured.add(batch, values)

    def _after_iteration(self) -> None:
        last = self.step == self.total
        due = self.evaluator.due(self.step, last=last)
        training = self.measured.last() if due else {}
        if last or self.step % self.experiment.settings.track.every == 0:
            self._hand_over()
        if due:
            self._evaluate(due, training)
        if self._checkpoint_due() and not last:
            self._save()

    def _is_measured(self, step: int) -> bool:
        """Whether the gradient of an iteration is measured: it is handed over, or a metric."""
        last = step == self.total
        every = self.experiment.settings.track.every
        return last or step % every == 0 or bool(self.evaluator.due(step, last=last))

    def _hand_over(self) -> None:
        values = self.measured.take(self.experiment)
        done, before = self.handed
        now = self.clock.training
        rate = (self.step - done) / max(now - before, 1e-9)
        self.handed = (self.step, now)
        rows = rate * self.experiment.settings.train.batch * (values["train/mean_length"] + 1)
        self.record(self.step, {**values, "perf/steps_per_s": rate, "perf/rows_per_s": rows})
        self.emit(
            Progress(
                step=self.step,
                steps=self.total,
                seconds=self.clock.seconds,
                iterations_per_second=rate,
                values=values,
            )
        )

    def _evaluate(self, metrics: tuple[Metric, ...], training: Mapping[str, float]) -> None:
        begin, trained = time.perf_counter(), self.clock.total
        inputs = {TRAINING[name]: value for name, value in training.items() if name in TRAINING}
        found = self.evaluator.compute(metrics, self.step, inputs)
        self.metrics |= found
        seconds = time.perf_counter() - begin
        self.clock.aside += seconds
        values = {f"eval/{name}": value for name, value in found.items()}
        self.record(self.step, {**values, "perf/seconds": trained})
        self.emit(Evaluated(step=self.step, values=values, seconds=seconds))

    def _checkpoint_due(self) -> bool:
        every = self.experiment.settings.train.checkpoint_every
        step, seconds = self.saved_at
        if isinstance(every, int):
            return self.step - step >= every
        return self.clock.seconds - seconds >= every

    def _save(self) -> None:
        if self.directory is None:
            return
        begin = time.perf_counter()
        self.emit(Checkpointing(step=self.step))
        state = {
            **checkpoint.experiment_state(self.experiment),
            "learning": self.iteration.state(),
            "evaluation": self.evaluator.state(),
            "measured": self.measured.state(),
            "metrics": dict(self.metrics),
            "identity": dict(self.identity),
            "step": self.step,
            "seconds": self.clock.total,
        }
        self.saved = checkpoint.save(self.directory, state)
        self.saved_at = (self.step, self.clock.seconds)
        self.clock.aside += time.perf_counter() - begin
        self.emit(Checkpointed(step=self.step, path=self.saved))

    def _ended(self, outcome: Outcome) -> RunResult:
        """Write the last checkpoint, then measure the final policy unless interrupted."""
        training = self.clock.training
        self._save()
        summary = None
        if outcome is not Outcome.INTERRUPTED:
            summary = self.evaluator.summary()
        estimate = estimated_log_z(self.experiment)
        return self._result(
            outcome,
            training,
            exact=summary,
            log_z=None if estimate is None else float(estimate),
        )

    def _failed(self, batch: Batch | None, error: NotFinite) -> RunResult:
        """Keep the batch; parameters stay as the last finite loss left them."""
        training = self.clock.training
        path = None
        if self.directory is not None and batch is not None:
            self.directory.mkdir(parents=True, exist_ok=True)
            path = self.directory / FAILED_BATCH
            torch.save({"step": self.step, **plain_batch(batch)}, path)
        detail = f"iteration {self.step + 1}: {error}"
        return self._result(Outcome.FAILED, training, detail=detail, failed_batch=path)

    def _refused(self, error: SpecInvalid) -> RunResult:
        """A function of the specification gave no result, or one that is no reward."""
        message = next(item.message for item in error.diagnostics if item.is_error)
        detail = f"iteration {self.step + 1}: {message}"
        training, found = self.clock.training, error.diagnostics
        return self._result(Outcome.FAILED, training, detail=detail, findings=found)

    def _result(self, outcome: Outcome, training: float, **more: Any) -> RunResult:
        result = RunResult(
            outcome=outcome,
            steps=self.step,
            trajectories=self.step * self.experiment.settings.train.batch,
            seconds=self.clock.seconds,
            iterations_per_second=(self.step - self.started_at) / training,
            metrics=dict(self.metrics),
            checkpoint=self.saved,
            experiment=self.experiment,
            **{"exact": None, "log_z": None, **more},
        )
        self.emit(Finished(result=result))
        return result


def plain_batch(batch: Batch) -> dict[str, Tensor]:
    """The tensors of a packed batch by name."""
    found = attrs.asdict(batch.trajectories, recurse=False)
    return {**found, "choices": batch.choices}
