"""Reports of bugs: what is written to a file when GFlowSpec fails in a way it should not."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gflowspec.cli.usage import usage
from gflowspec.core.diagnostics import Diagnostic

_PACKAGES = ("gflowspec", "attrs", "click", "lark", "networkx", "torch", "mlflow")


def write_report(error: BaseException, argv: Sequence[str]) -> Path | None:
    """Write a report and say where; None if no directory can be written.

    It goes to ``.gflowspec/reports/`` of the working directory if there is one, else to the
    directory for temporary files. Environment variables are not in it: they may hold secrets.
    """
    name = f"gflowspec-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06d}.txt"
    text = _text(error, argv)
    for folder in (Path(".gflowspec/reports"), Path(tempfile.gettempdir())):
        if not folder.parent.is_dir():
            continue
        try:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return folder / name
    return None


def internal_error(error: BaseException, report: Path | None) -> Diagnostic:
    """The diagnostic that is shown instead of a traceback."""
    where = "no report file could be written" if report is None else f"report: {report}"
    return usage(
        "GFS700",
        f"internal error: {type(error).__name__}: {error}",
        notes=["this is a bug of GFlowSpec, not of your file", where],
        helps=["please report it, and attach the report file if there is one"],
    )


def _text(error: BaseException, argv: Sequence[str]) -> str:
    lines = [f"command: gflowspec {' '.join(argv)}", f"python: {sys.version}"]
    lines.append(f"platform: {platform.platform()}")
    for package in _PACKAGES:
        try:
            lines.append(f"{package}: {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package}: not installed")
    trace = "".join(traceback.format_exception(error))
    return "\n".join([*lines, "", trace])
