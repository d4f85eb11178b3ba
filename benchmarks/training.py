"""How close training comes to the arithmetic floor of one core.

    python -m benchmarks.training specs/hypergrid_standard.gfs

The floor is the time in which the core could do the floating-point operations of an iteration if
all of them ran at the rate of its matrix products, measured here, in alternation with training
and at the sizes of the task. Two counts of operations are given:

* ``dense``: every layer is a product, the first one with one-hot vectors;
* ``strict``: the first layer is what it must be, a sum of rows; its operations are not counted.

Both count the least that the algorithm needs: one evaluation of each valid state at sampling, its
reuse by the first update where parameters allow it, one more for each further loss and for the
lagging copy, and two products for each layer in a backward pass (one in the first layer).

Trajectories of the stated mean length are had by a bias on ``stop``, and learning rates are made
so small that the length stays while every operation is done. The last line is JSON.

Fractions are of wall time. ``cpu_share`` far below 1 means that the machine was not quiet; then
``fraction_dense_cpu``, the fraction of processor time, is nearer to the truth, though not exact,
because other programs empty the caches.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import attrs
import torch

from gflowspec.api import compile as compile_experiment
from gflowspec.api import load
from gflowspec.compiler.build import Experiment
from gflowspec.components.nets.heads import LinearHead
from gflowspec.components.nets.mlp import MLPTrunk
from gflowspec.executor.evaluate import Evaluator
from gflowspec.executor.memory import keep_freed_memory
from gflowspec.executor.packing import Batch, pack
from gflowspec.executor.rollout import rollout
from gflowspec.executor.updates import Learner, Lesson

#: A learning rate at which nothing changes but everything is computed.
STILL = 1e-12

#: Bisection steps for the bias on ``stop``.
BISECTIONS = 14


@attrs.frozen(kw_only=True)
class Block:
    """Some iterations.

    Attributes:
        seconds: Wall time of one.
        cpu_seconds: Processor time of one.
        rows: Network rows of one.
        peak: Operations a second of a matrix product, measured beside them.
    """

    seconds: float
    cpu_seconds: float
    rows: float
    peak: float


@attrs.frozen
class Work:
    """Floating-point operations for one valid state in one iteration."""

    dense: float
    strict: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, write JSON."""
    options = parse(arguments)
    torch.set_num_threads(1)
    keep_freed_memory()
    spec = load(options.spec, overrides=options.set)
    experiment = compile_experiment(spec).experiment
    if not isinstance(experiment.networks.trunk("forward"), MLPTrunk):
        print("this benchmark counts the operations of `mlp` encoders only", file=sys.stderr)
        return 2
    learner = Learner(experiment=experiment, tables=Evaluator.of(experiment).tables)
    still(experiment)
    if experiment.environment.has_stop:
        lengthen(experiment, options.length)
    iterate = iteration(experiment, learner)
    for _ in range(options.warm_up):
        iterate()
    blocks = [block(iterate, options.iterations, experiment) for _ in range(options.blocks)]
    found = report(experiment, blocks)
    for name, value in found.items():
        print(f"{name:<28} {value:.4g}" if isinstance(value, float) else f"{name:<28} {value}")
    text = json.dumps(found)
    if options.output:
        Path(options.output).write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("spec", help="a .gfs file with one experiment")
    parser.add_argument("-s", "--set", action="append", default=[], help="an override path=value")
    parser.add_argument("--length", type=float, default=36.0, help="mean construction steps")
    parser.add_argument("--blocks", type=int, default=20, help="blocks of iterations")
    parser.add_argument("--iterations", type=int, default=20, help="iterations of a block")
    parser.add_argument("--warm-up", type=int, default=30, help="iterations before the first block")
    parser.add_argument("-o", "--output", help="also write the JSON to this file")
    return parser.parse_args(arguments)


def still(experiment: Experiment) -> None:
    """Let updates compute everything and change nothing."""
    for group in experiment.forward_optimizer.param_groups:
        group["lr"] = group["initial_lr"] = STILL
    if experiment.backward_optimizer is not None:
        for group in experiment.backward_optimizer.param_groups:
            group["lr"] = STILL


def lengthen(experiment: Experiment, length: float) -> None:
    """Find the bias on ``stop`` that gives trajectories of a mean length."""
    head = experiment.networks.head("forward")
    assert isinstance(head, LinearHead)
    low, high = -12.0, 12.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        with torch.no_grad():
            head.bias[-1] = middle
        low, high = (low, middle) if mean_length(experiment) < length else (middle, high)


def mean_length(experiment: Experiment, size: int = 1024) -> float:
    """Mean construction steps of the present policy."""
    generator = torch.Generator().manual_seed(0)
    record = rollout(
        experiment.environment,
        experiment.networks,
        size,
        generator=generator,
        library=experiment.lowering.library,
    )
    return record.states.shape[0] / size - 1


def iteration(experiment: Experiment, learner: Learner) -> Callable[[], Batch]:
    """What the trainer does in an iteration, without measuring it."""
    settings, reuse = experiment.settings, experiment.program.reuse
    exploration = None if settings.exploration.is_policy else settings.exploration

    def iterate() -> Batch:
        record = rollout(
            experiment.environment,
            experiment.networks,
            settings.train.batch,
            generator=experiment.generators["rollout"],
            exploration=exploration,
            keep=reuse.forward or reuse.backward,
            library=experiment.lowering.library,
        )
        batch = pack(experiment.environment, record, experiment.dtype)
        for update in experiment.program.updates:
            if update == "backward":
                learner.update_backward(batch)
            else:
                learner.update_forward(Lesson(batch=batch), 1.0)
        return batch

    return iterate


def block(iterate: Callable[[], Batch], iterations: int, experiment: Experiment) -> Block:
    """Some iterations between two measurements of the peak."""
    before = peak(experiment)
    begin, cpu = time.perf_counter(), time.thread_time()
    rows = sum(iterate().trajectories.states.shape[0] for _ in range(iterations))
    seconds, cpu_seconds = time.perf_counter() - begin, time.thread_time() - cpu
    return Block(
        seconds=seconds / iterations,
        cpu_seconds=cpu_seconds / iterations,
        rows=rows / iterations,
        peak=(before + peak(experiment)) / 2,
    )


def peak(experiment: Experiment, repeats: int = 40) -> float:
    """Operations a second of the hidden layer's product at the rows of a batch."""
    widths = layer_widths(experiment)
    inputs, outputs = (widths[0], widths[-1]) if len(widths) > 1 else (256, 256)
    rows = 600
    a, b = torch.randn(rows, inputs), torch.randn(inputs, outputs)
    out = torch.empty(rows, outputs)
    times = []
    for _ in range(repeats):
        begin = time.thread_time()
        torch.mm(a, b, out=out)
        times.append(time.thread_time() - begin)
    return 2 * rows * inputs * outputs / statistics.median(times)


def layer_widths(experiment: Experiment) -> tuple[int, ...]:
    """Widths of the hidden layers."""
    return tuple(experiment.settings.encoder.hidden)  # type: ignore[attr-defined]  # an MLP


def work(experiment: Experiment) -> Work:
    """Operations for one valid state in one iteration; see the head of this file."""
    widths, reuse = layer_widths(experiment), experiment.program.reuse
    first = 2.0 * experiment.environment.codec.one_hot_width * widths[0]
    hidden = sum(2.0 * a * b for a, b in pairwise(widths))
    heads = {
        name: 2.0 * widths[-1] * experiment.program.node(f"head.{name}").width
        for name in experiment.networks.trunk_of
    }
    trunks = len(experiment.networks.trunks)
    losses = {
        update: [n for n in heads if update in experiment.program.node(f"head.{n}").owners]
        for update in experiment.program.updates
    }
    dense, strict = first + hidden + heads["forward"], hidden + heads["forward"]
    for update, read in losses.items():
        used = min(trunks, len(read))
        fresh = used - getattr(reuse, update)
        outputs = sum(heads[name] for name in read)
        dense += fresh * (first + hidden) + used * (first + 2 * hidden) + 3 * outputs
        strict += fresh * hidden + used * 2 * hidden + 3 * outputs
    if experiment.backward_target is not None:
        dense += first + hidden + heads["backward"]
        strict += hidden + heads["backward"]
    return Work(dense, strict)


def report(experiment: Experiment, blocks: list[Block]) -> dict[str, float | int | str]:
    """Medians over blocks; every fraction compares a block with the peak measured beside it."""
    count = work(experiment)
    rows = statistics.median(item.rows for item in blocks)
    dense = sorted(count.dense * item.rows / item.peak / item.seconds for item in blocks)
    strict = sorted(count.strict * item.rows / item.peak / item.seconds for item in blocks)
    busy = sorted(count.dense * item.rows / item.peak / item.cpu_seconds for item in blocks)
    batch = experiment.settings.train.batch
    return {
        "experiment": experiment.config.experiment,
        "objective": experiment.settings.name("objective"),
        "backward": experiment.settings.name("backward"),
        "batch": batch,
        "lowering": experiment.lowering.name,
        "mean_length": rows / batch - 1,
        "iterations_per_second": statistics.median(1 / item.seconds for item in blocks),
        "best_iterations_per_second": max(1 / item.seconds for item in blocks),
        "peak_gflops": statistics.median(item.peak for item in blocks) / 1e9,
        "mflop_dense": count.dense * rows / 1e6,
        "mflop_strict": count.strict * rows / 1e6,
        "fraction_dense": statistics.median(dense),
        "fraction_dense_low": dense[len(dense) // 10],
        "fraction_dense_high": dense[-1 - len(dense) // 10],
        "fraction_strict": statistics.median(strict),
        "fraction_dense_cpu": statistics.median(busy),
        "cpu_share": statistics.median(item.cpu_seconds / item.seconds for item in blocks),
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
    }


if __name__ == "__main__":
    raise SystemExit(main())
