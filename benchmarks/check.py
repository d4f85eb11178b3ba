"""CPU time of ``gflowspec check`` on a specification of a hundred lines, in seconds, as JSON.

    python benchmarks/check.py [SPEC] [--runs 9]

Three situations, each a process of its own that is started again and again: ``cold``, nothing is
stored but the parse table; ``edited``, the file has changed but its proofs are stored;
``unchanged``, the same file once more. Times are user plus system time of the process, interpreter
included, so that other work on the machine disturbs them little; ``wall`` is beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SPEC = Path(__file__).with_name("check.gfs")
#: What the design asks of a hundred lines, in seconds.
GOALS = {"cold": 1.0, "edited": 0.3, "unchanged": 0.3}


@contextmanager
def workplace(spec: Path) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """A copy of the file, a cache folder of its own, and the variables of the processes."""
    with tempfile.TemporaryDirectory() as folder:
        copy, cache = Path(folder) / spec.name, Path(folder) / "cache"
        shutil.copyfile(spec, copy)
        variables = {**os.environ, "XDG_CACHE_HOME": str(cache)}
        # Byte code is written once and read ever after, as on a machine in use.
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        yield copy, cache / "gflowspec", variables


def seconds(spec: Path, variables: dict[str, str]) -> tuple[float, float]:
    """CPU and wall time of one ``check``.

    Raises:
        SystemExit: The file has errors.
    """
    command = [sys.executable, "-m", "gflowspec", "check", str(spec)]
    start = time.perf_counter()
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{' '.join(command)} ended with {process.returncode}"
        raise SystemExit(message)
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start


def measure(spec: Path, runs: int) -> dict[str, dict[str, float]]:
    """Least and median time of each situation."""
    found = {}
    with workplace(spec) as (copy, cache, variables):
        text = copy.read_text(encoding="utf-8")
        seconds(copy, variables)

        def forget() -> None:
            for folder in cache.iterdir():
                if folder.is_dir():  # the parse table is a file
                    shutil.rmtree(folder)

        def edit() -> None:
            copy.write_text(f"{text}# {time.monotonic_ns()}\n", encoding="utf-8")

        prepare: dict[str, Callable[[], object]] = {
            "cold": forget,
            "edited": edit,
            "unchanged": lambda: None,
        }
        for name, make_ready in prepare.items():
            make_ready()
            seconds(copy, variables)
            times = []
            for _ in range(runs):
                make_ready()
                times.append(seconds(copy, variables))
            cpu = [item[0] for item in times]
            found[name] = {
                "minimum": round(min(cpu), 3),
                "median": round(statistics.median(cpu), 3),
                "wall": round(min(item[1] for item in times), 3),
                "goal": GOALS[name],
            }
    return found


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("spec", nargs="?", type=Path, default=SPEC)
    parser.add_argument("--runs", type=int, default=9, help="processes for each situation")
    asked = parser.parse_args()
    found = measure(asked.spec, asked.runs)
    print(json.dumps({"spec": asked.spec.name, "runs": asked.runs, "seconds": found}))


if __name__ == "__main__":
    main()
