"""What became of each cell of a sweep, and what there is to do: pure functions over small data.

Only the process that executes a sweep writes its ledger, and only one does at a time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path

import attrs

from gflowspec.runs.prior import Prior, Work
from gflowspec.runs.sweeps.plan import SweepPlan
from gflowspec.tracking import atomic

LEDGER = "ledger.json"


class State(StrEnum):
    """Where a cell stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CACHED = "cached"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    KILLED = "killed"
    ELSEWHERE = "elsewhere"


#: A cell that ended like this is not started again unless that is asked for.
BROKEN = frozenset({State.FAILED, State.KILLED})
#: A cell that ended like this has its results.
COMPLETE = frozenset({State.DONE, State.CACHED})


@attrs.frozen(kw_only=True)
class Entry:
    """What became of a cell.

    Attributes:
        state: Where it stands.
        run_id: Its run; None before it has one.
        reason: Why it stands there, in words.
    """

    state: State = State.WAITING
    run_id: str | None = None
    reason: str = ""


@attrs.define
class Ledger:
    """The entries of all cells by run hash, kept in a file that is replaced at every change."""

    path: Path
    entries: dict[str, Entry] = attrs.field(factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """The ledger of a sweep; empty if there is none yet, or it is damaged.

        An empty one loses nothing but the marks of cells that failed: what is finished is known
        from the run directories.
        """
        path = folder / LEDGER
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            entries = {
                key: Entry(state=State(item["state"]), run_id=item["run_id"], reason=item["reason"])
                for key, item in plain.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            entries = {}
        return cls(path, entries)

    def __getitem__(self, run_hash: str) -> Entry:
        """The entry of a cell."""
        return self.entries.get(run_hash, Entry())

    def set(self, run_hash: str, entry: Entry) -> None:
        """Write down what became of a cell.

        Raises:
            OSError: The folder cannot be written.
        """
        self.entries[run_hash] = entry
        self._write()

    def open(self, found: Mapping[str, Entry]) -> None:
        """Write down where all cells stand at the start of a call."""
        self.entries.update(found)
        self._write()

    def _write(self) -> None:
        plain = {key: attrs.asdict(item) for key, item in self.entries.items()}
        atomic.write_text(self.path, json.dumps(plain, indent=1) + "\n")


def standing(
    plan: SweepPlan, ledger: Ledger, priors: Mapping[str, Prior], *, retry: bool = False
) -> dict[str, Entry]:
    """Where each cell stands when a call begins.

    A finished run counts whoever did it. A cell in flight when everything ended (``running`` in
    the ledger) waits again, and is continued from its checkpoint. A broken one stays broken.

    Args:
        plan: The cells.
        ledger: What earlier calls wrote down.
        priors: What the run directories say, by run hash.
        retry: Whether broken cells are to be started again.
    """
    return {
        cell.hash: _standing(ledger[cell.hash], priors[cell.hash], retry=retry)
        for cell in plan.cells
    }


def _standing(entry: Entry, prior: Prior, *, retry: bool) -> Entry:
    run_id = entry.run_id if prior.run is None else prior.run.info.run_id
    if prior.work is Work.CACHED:
        here = entry.state is State.DONE and entry.run_id == run_id
        state = State.DONE if here else State.CACHED
        return Entry(state=state, run_id=run_id, reason=prior.reason)
    if prior.work is Work.RUNNING:
        return Entry(state=State.ELSEWHERE, run_id=run_id, reason=prior.reason)
    if entry.state in BROKEN and not retry:
        return entry
    return Entry(run_id=run_id, reason=prior.reason)


def waiting(
    plan: SweepPlan,
    entries: Mapping[str, Entry],
    only: Collection[str] | None = None,
    limit: int | None = None,
) -> tuple[str, ...]:
    """Hashes of the cells that a call starts, in the order of the plan.

    Args:
        plan: The cells.
        entries: Where they stand.
        only: Restricts the call to these hashes.
        limit: At most so many.
    """
    found = [
        cell.hash
        for cell in plan.cells
        if entries[cell.hash].state is State.WAITING and (only is None or cell.hash in only)
    ]
    return tuple(found[:limit])
