"""Samples as files: JSON lines, CSV, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gflowspec.cli.output import plain
from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError

Rows = Sequence[Mapping[str, Any]]


def demand_format(path: Path) -> None:
    """Find out, before anything is drawn, whether samples can be written in a format.

    Raises:
        UsageError: It is none of those known, or needs a package that is missing.
    """
    if path.suffix not in WRITERS:
        *known, last = WRITERS
        said = f"samples are written as {', '.join(known)} or {last}, not {path}"
        raise UsageError(usage("GFS600", said))
    if path.suffix == ".parquet":
        _pyarrow()


def write_samples(path: Path, rows: Rows) -> None:
    """Write samples in the format that the name of the file says.

    Raises:
        UsageError: The file cannot be written.
    """
    data = WRITERS[path.suffix](rows)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(usage("GFS601", f"cannot write {path}: {error.strerror}")) from None


def flat(value: Any) -> Any:
    """A cell: objects and trajectories as JSON, numbers as they are."""
    return json.dumps(plain(value)) if isinstance(value, list | dict) else value


def _jsonl(rows: Rows) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(plain(row)) + "\n" for row in rows).encode()


def _csv(rows: Rows) -> bytes:
    """A header and a line for each sample."""
    text = io.StringIO()
    if rows:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([flat(value) for value in row.values()] for row in rows)
    return text.getvalue().encode()


def _parquet(rows: Rows) -> bytes:
    """Typed columns: objects as structs and lists, as JSON where they have no common type."""
    arrow, parquet = _pyarrow()
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    made = {}
    for name, values in columns.items():
        try:
            made[name] = arrow.array(values)
        except (arrow.ArrowInvalid, arrow.ArrowTypeError):
            made[name] = arrow.array([flat(value) for value in values])
    buffer = io.BytesIO()
    parquet.write_table(arrow.table(made), buffer)
    return buffer.getvalue()


def _pyarrow() -> tuple[Any, Any]:
    """The package and its writer of Parquet, loaded when they are needed.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        helps = ["install it: pip install pyarrow", "or write .jsonl or .csv"]
        said = "writing .parquet needs the package pyarrow"
        raise UsageError(usage("GFS600", said, helps=helps)) from None
    return arrow, parquet


#: By the end of the name of a file.
WRITERS: Mapping[str, Callable[[Rows], bytes]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
}
