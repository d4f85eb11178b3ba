"""What is kept of a run as text: the specification in all its stages, and what was proved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from gflowspec.core.canonical import canonical_json
from gflowspec.lang.formatter import format_source
from gflowspec.runs.job import Job
from gflowspec.tracking import description

#: Folder of a run directory that holds the specification as it was run.
SPEC_FOLDER = "spec"


def documents(job: Job) -> dict[str, str]:
    """Texts by their path among the artifacts."""
    source = job.spec.root.span.file
    formatted, _ = format_source(source)
    return {
        "spec/source.gfs": source.text,
        "spec/formatted.gfs": source.text if formatted is None else formatted,
        "spec/resolved.json": description.resolved(job.config.settings),
        "spec/ir.json": ir_text(job),
        "spec/obligations.json": obligations_text(job),
        "env/packages.txt": description.packages(),
    }


def keep_sources(job: Job, directory: Path) -> None:
    """Copy all files of the specification below ``directory``, so that it can be read again.

    Raises:
        OSError: The folder cannot be written.
    """
    for name, text in job.sources.items():
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    for name, source in job.tables.items():
        place = directory / name
        if not (place.exists() and place.samefile(source)):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)


def ir_text(job: Job) -> str:
    """The typed environment and reward as JSON."""
    return canonical_json(job.checked.instance) + "\n"


def obligations_text(job: Job) -> str:
    """``O1`` .. ``O9`` with strength and detail, as JSON."""
    return json.dumps(job.checked.obligations, indent=2) + "\n"
