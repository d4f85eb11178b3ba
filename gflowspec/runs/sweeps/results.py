"""What a sweep gave, as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gflowspec.runs.directions import merit


def best(found: Iterable[Mapping[str, float | None]]) -> dict[str, float]:
    """The best value of each metric that has a better and a worse."""
    chosen: dict[str, tuple[float, float]] = {}
    for metrics in found:
        for name, value in metrics.items():
            worth = None if value is None else merit(name, value)
            if value is not None and worth is not None:
                chosen[name] = max(chosen.get(name, (worth, value)), (worth, value))
    return {name: value for name, (_, value) in chosen.items()}


def runs_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """``sweep/runs.json``: a row for each run, as MLflow shows tables."""
    paths = list(dict.fromkeys(path for row in rows for path in row["point"]))
    metrics = list(dict.fromkeys(name for row in rows for name in row["metrics"]))
    data = [
        [
            row["name"],
            row["status"],
            *(row["point"].get(path) for path in paths),
            *(row["metrics"].get(name) for name in metrics),
            row["run_id"],
        ]
        for row in rows
    ]
    columns = ["run", "status", *paths, *metrics, "run_id"]
    return json.dumps({"columns": columns, "data": data}) + "\n"
