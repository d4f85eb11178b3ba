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
_SECONDS = "perf/seconds"
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
        seconds: Of training, by trajectories, at the points of the curves; None if not known.
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
    seconds: Curve | None = None


def row_of(run: Run) -> Row:
    """Read a run directory and its journal."""
    info = run.info
    settings = {path: _text(item["value"]) for path, item in info.settings.items()}
    exact = info.exact or {}
    values = {f"{name}_exact": exact.get(name) for name in ("tv", "kl")} | dict(info.metrics)
    if info.floor is not None:
        values["tv_exact.perfect"] = info.floor
    curves = _curves(run, int(settings.get("train.batch", "1")))
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
        seconds=curves.pop(_SECONDS, None),
        curves=curves,
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)


def _curves(run: Run, batch: int) -> dict[str, Curve]:
    """By the names of the metrics; the seconds of training under their own key."""
    if not run.journal.is_file():
        return {}
    points: dict[str, dict[int, float]] = {}
    for (step, key), value in History.read(run.journal).values.items():
        if step > 0 and (key == _SECONDS or key.startswith(_EVALUATION)):
            points.setdefault(key.removeprefix(_EVALUATION), {})[step] = value
    found = {}
    for name, values in points.items():
        steps = sorted(values)
        found[name] = Curve.of([step * batch for step in steps], [values[s] for s in steps])
    return {name: curve for name, curve in found.items() if curve.at.size}
