"""Many trials, in chunks that are kept, so that a campaign can be interrupted and goes on.

Trial ``i`` of seed ``s`` is always the same text. Each chunk leaves a file with its counts and
failures in the folder of the campaign; the first failure of each kind is made small and stands
there as a ``.gfs`` file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from fuzz import environments, mutations, sentences
from fuzz.shrink import shrunk
from fuzz.trial import CATEGORIES, Outcome, trial
from fuzz.workers import run

#: How texts are made, and how often.
SOURCES = {
    "environment": (environments.environment, 3),
    "mutation": (mutations.mutated, 6),
    "sentence": (sentences.sentence, 1),
}
CHUNK = 100
#: Trials that may be spent on making a failure small; one that takes long gets fewer.
TRIES = {"hang": 0, "stuck": 0, "memory": 0, "slow": 40, "died": 40}


def text_of(seed: int, number: int) -> tuple[str, str]:
    """How trial ``number`` is made, and its text."""
    random = Random(f"{seed}:{number}")
    names = [name for name, (_, weight) in SOURCES.items() for _ in range(weight)]
    name = random.choice(names)
    return name, SOURCES[name][0](random)


def campaign(seed: int, trials: range, jobs: int, folder: Path) -> dict[str, Any]:
    """Run what is missing of a campaign; the summary of all its chunks.

    Args:
        seed: Of the campaign.
        trials: Numbers of the trials, whole chunks.
        jobs: Number of processes.
        folder: Where chunks and failures are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(trials.start, trials.stop, CHUNK):
        place = folder / f"chunk-{seed}-{start:07d}.json"
        if place.exists():
            continue
        found = chunk(seed, range(start, min(start + CHUNK, trials.stop)), jobs, folder)
        beside = place.with_suffix(".new")
        beside.write_text(json.dumps(found, indent=1))
        beside.replace(place)
        print(f"{place.name}: {found['counts']} {len(found['failures'])} failures", flush=True)
    return summary(folder, seed)


def chunk(seed: int, numbers: range, jobs: int, folder: Path) -> dict[str, Any]:
    """Counts and failures of some trials."""
    start = time.monotonic()
    counts: Counter[str] = Counter()
    failures = []
    for number, text, outcome in run(_texts(seed, numbers), jobs):
        counts[f"{text_of(seed, number)[0]} {outcome.category}"] += 1
        if outcome.failure:
            failures.append({"number": number, "failure": outcome.failure})
            keep(folder, number, text, outcome)
    return {
        "counts": dict(sorted(counts.items())),
        "failures": sorted(failures, key=lambda item: item["number"]),
        "seconds": round(time.monotonic() - start, 1),
    }


def keep(folder: Path, number: int, text: str, outcome: Outcome) -> None:
    """Write the first failure of a kind, small, with what is known about it in comments."""
    name = hashlib.sha256(outcome.failure.encode()).hexdigest()[:10]
    place = folder / f"failure-{name}.gfs"
    if place.exists():
        return

    def fails(smaller: str) -> bool:
        ((_, _, found),) = run([(0, smaller)], 1)
        return found.failure == outcome.failure

    small = (
        shrunk(text, fails, TRIES[outcome.failure])
        if outcome.failure in TRIES
        else _small(text, outcome)
    )
    about = "\n".join(f"# {line}" for line in (outcome.failure, *outcome.detail.splitlines()))
    place.write_text(f"{small}\n# trial {number}\n{about}\n", encoding="utf-8", errors="replace")


def _small(text: str, outcome: Outcome) -> str:
    """Made small in this process: the failure is an exception, which does no harm."""
    return shrunk(text, lambda smaller: trial(smaller).failure == outcome.failure, 600)


def summary(folder: Path, seed: int) -> dict[str, Any]:
    """All chunks of a campaign together."""
    counts: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    seconds = 0.0
    for place in sorted(folder.glob(f"chunk-{seed}-*.json")):
        found = json.loads(place.read_text())
        counts.update(found["counts"])
        failures.update(item["failure"] for item in found["failures"])
        seconds += found["seconds"]
    by_category = {
        category: sum(n for name, n in counts.items() if name.endswith(f" {category}"))
        for category in CATEGORIES
    }
    return {
        "trials": sum(counts.values()),
        **by_category,
        "by_source": dict(counts),
        "failures": dict(failures),
        "seconds": round(seconds),
    }


def _texts(seed: int, numbers: range) -> Iterator[tuple[int, str]]:
    for number in numbers:
        yield number, text_of(seed, number)[1]


def main() -> None:
    """Run, or go on with, a campaign; its summary is the last line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where chunks and failures are kept")
    parser.add_argument("--trials", type=int, default=10_000, help="up to this number")
    parser.add_argument("--first", type=int, default=0, help="from this number; a whole chunk")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, help="print the text of this trial, and its outcome")
    asked = parser.parse_args()
    if asked.show is not None:
        source, text = text_of(asked.seed, asked.show)
        ((_, _, outcome),) = run([(0, text)], 1)
        print(f"{text}\n# {source}: {outcome.category} {outcome.failure}\n{outcome.detail}")
        return
    found = campaign(asked.seed, range(asked.first, asked.trials), asked.jobs, asked.folder)
    print(json.dumps(found))
