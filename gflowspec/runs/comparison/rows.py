"""What a comparison knows of one run: settings as texts, last values, and curves."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs

from gflowspec.statistics.curves import Curve
from gflowspec.tracking.base import Status
from gflowspec.tracking.history import History
from gflowspec.tracking.rundir import Run

_EVALUATION = "eval/"
SEED = "train.seed"


@attrs.frozen(kw_only=True, eq=False)
class Row:
    """One run.

    Attributes:
        run_id: Its id.
        name: Readable name.
        seed: ``train.seed``.
        finished: Whether it was done to its end; one that used up ``train.budget`` counts.
        hashes: ``env``, ``task``, ``run``.
        settings: Settings by path, as texts.
        chosen: Paths that are set, not left at their defaults.
        values: Last value of each metric, exact ones of the final policy included.
        curves: Values of each metric by trajectories trained on; empty without a journal.
    """

    run_id: str
    name: str
    seed: int
    finished: bool
    hashes: Mapping[str, str]
    settings: Mapping[str, str]
    chosen: frozenset[str]
    values: Mapping[str, float]
    curves: Mapping[str, Curve]


def row_of(run: Run) -> Row:
    """Read a run directory and its journal."""
    info = run.info
    settings = {path: _text(item["value"]) for path, item in info.settings.items()}
    exact = info.exact or {}
    values = {f"{name}_exact": exact.get(name) for name in ("tv", "kl")} | dict(info.metrics)
    if info.floor is not None:
        values["tv_exact.perfect"] = info.floor
    return Row(
        run_id=info.run_id,
        name=info.name,
        seed=int(settings.get(SEED, "0")),
        finished=info.status is Status.FINISHED,
        hashes=info.hashes,
        settings=settings,
        chosen=frozenset(
            path for path, item in info.settings.items() if item["source"] != "default"
        ),
        values={k: v for k, v in values.items() if v is not None and math.isfinite(v)},
        curves=_curves(run, int(settings.get("train.batch", "1"))),
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def _curves(run: Run, batch: int) -> dict[str, Curve]:
    if not run.journal.is_file():
        return {}
    points: dict[str, dict[int, float]] = {}
    for (step, key), value in History.read(run.journal).values.items():
        if key.startswith(_EVALUATION) and step > 0:
            points.setdefault(key.removeprefix(_EVALUATION), {})[step] = value
    found = {}
    for name, values in points.items():
        steps = sorted(values)
        found[name] = Curve.of([step * batch for step in steps], [values[s] for s in steps])
    return {name: curve for name, curve in found.items() if curve.at.size}
