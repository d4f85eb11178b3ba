"""Time of one call of each environment method, in microseconds.

    python benchmarks/environment.py

Two environments at batch 16 and 256, one thread, median of repeated blocks; and the seconds it
takes to build an environment and to enumerate the 20^4 hypergrid.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.components.discover import vocabulary
from gflowspec.core.resources import std_directory
from gflowspec.lang.spec import load

CASES: tuple[tuple[str, str, str, Mapping[str, int]], ...] = (
    ("hypergrid.gfs", "Hypergrid", "Corners", {"dim": 4, "side": 20}),
    ("bitseq.gfs", "BitSeq", "ModeSet", {"n": 120, "k": 8}),
)
BATCHES = (16, 256)
BLOCKS, CALLS = 20, 200


def environment_of(file: str, name: str, reward: str, parameters: Mapping[str, int]) -> Environment:
    """An environment of the standard library."""
    spec, _ = load(str(std_directory() / file), (), vocabulary())
    if spec is None:
        raise SystemExit(file)
    instance, _ = instantiate(spec, name, parameters, reward)
    derived = None if instance is None else derive(instance.environment)[0]
    if instance is None or derived is None:
        raise SystemExit(name)
    return Environment.of(derived, instance.rewards[0])


def microseconds(call: Callable[[], object]) -> float:
    """Median time of a call."""
    times = []
    for _ in range(BLOCKS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        times.append((time.perf_counter() - start) / CALLS)
    return statistics.median(times) * 1e6


def midway(environment: Environment, batch: int) -> Tensor:
    """States about half way along random walks."""
    generator = torch.Generator().manual_seed(0)
    states = environment.source(batch)
    moves = environment.sizes.forward_actions - int(environment.has_stop)
    for _ in range((environment.sizes.horizon or 20) // 2):
        mask = environment.forward_mask(states)[:, :moves]
        actions = mask.float().multinomial(1, generator=generator).squeeze(1)
        states, _ = environment.step(states, actions)
    return states


def calls(environment: Environment, batch: int) -> dict[str, Callable[[], object]]:
    """The methods on legal arguments."""
    states = midway(environment, batch)
    forward = environment.forward_mask(states).float().multinomial(1).squeeze(1)
    backward = environment.backward_mask(states).float().multinomial(1).squeeze(1)
    return {
        "forward_mask": lambda: environment.forward_mask(states),
        "step": lambda: environment.step(states, forward),
        "backward_mask": lambda: environment.backward_mask(states),
        "backward_step": lambda: environment.backward_step(states, backward),
        "backward_of": lambda: environment.backward_of(states, forward),
        "forward_of": lambda: environment.forward_of(states, backward),
        "feature_index": lambda: environment.feature_index(states),
        "one_hot": lambda: environment.features(states),
        "log_reward": lambda: environment.log_reward(states),
    }


def main() -> None:
    """Prints one table."""
    torch.set_num_threads(1)
    columns: dict[str, dict[str, float]] = {}
    for case in CASES:
        start = time.perf_counter()
        environment = environment_of(*case)
        for batch in BATCHES:
            named = calls(environment, batch)
            for call in named.values():
                call()
            if batch == BATCHES[0]:
                print(f"{case[1]}: text to first calls {time.perf_counter() - start:.2f} s")
            with torch.inference_mode():
                columns[f"{case[1]} B={batch}"] = {
                    name: microseconds(call) for name, call in named.items()
                }
    print(f"{'microseconds a call':24}" + "".join(f"{column:>18}" for column in columns))
    for name in next(iter(columns.values())):
        cells = "".join(f"{column[name]:18.1f}" for column in columns.values())
        print(f"{name:24}{cells}")
    start = time.perf_counter()
    table = environment_of(*CASES[0]).enumerate(2_000_000)
    seconds = time.perf_counter() - start
    print(f"20^4: {len(table.states)} states, {len(table.parent)} edges in {seconds:.2f} s")


if __name__ == "__main__":
    main()
