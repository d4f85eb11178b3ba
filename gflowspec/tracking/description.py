"""What is logged about a run, under which name; pure functions from plain values.

Names are those of the specification: one setting has one dotted path in a ``.gfs`` file, in
``plan`` and in the store.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from gflowspec.core.schema import ComponentCall
from gflowspec.ir.config import Config, Setting
from gflowspec.tracking.rundir import RunInfo, finite

#: Longest note; MLflow cuts tags at 8,000 characters, in the middle of a line.
_LONGEST_NOTE = 6000
_LONGEST_DECIMAL = 17


def params(settings: Mapping[str, Setting]) -> dict[str, str]:
    """Every resolved setting by its dotted path: ``{"train.batch": "16", ...}``."""
    return {path: text(settings[path].value) for path in sorted(settings)}


def text(value: Any) -> str:
    """A setting as it would be written in a ``.gfs`` file."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return decimal(value)
    if isinstance(value, ComponentCall):
        arguments = ", ".join(f"{key} = {text(item)}" for key, item in value.arguments.items())
        return f"{value.name}({arguments})" if arguments else value.name
    if isinstance(value, tuple | list):
        return f"[{', '.join(text(item) for item in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {text(item)}" for key, item in value.items()) + "}"
    return repr(value) if isinstance(value, float) else str(value)


def decimal(value: Fraction) -> str:
    """An exact decimal if it ends within 17 digits, else ``n/d``: ``1/8`` gives ``0.125``."""
    denominator, places = value.denominator, 0
    while denominator % 10 == 0:
        denominator, places = denominator // 10, places + 1
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    places += max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    if denominator != 1 or len(digits) > _LONGEST_DECIMAL:
        return f"{value.numerator}/{value.denominator}"
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def experiment_name(config: Config) -> str:
    """Where the run is filed: ``track { backend = mlflow(experiment = ...) }``, else its name."""
    backend = config.track.get("backend")
    arguments = backend.arguments if isinstance(backend, ComponentCall) else {}
    return arguments.get("experiment") or config.experiment


def tags(
    info: RunInfo,
    config: Config,
    *,
    strengths: Mapping[str, str],
    source: str,
    lowering: str,
    device: str,
) -> dict[str, str]:
    """The tags of a run, by their full name.

    Args:
        info: The run; id, version, hashes and the file of the specification are read from it.
        config: The resolved experiment; ``train.seed`` and ``track.tags`` are read from it.
        strengths: ``O1`` .. ``O9`` to the strength reached.
        source: Text of the specification, shown as the note of the run.
        lowering: How the tensor program is executed.
        device: Where.
    """
    own = {
        "run_id": info.run_id,
        "version": info.version,
        "spec": info.spec_path,
        "seed": str(config.train["seed"]),
        **{f"hash.{key}": value for key, value in info.hashes.items()},
        **{f"strength.{key}": value for key, value in strengths.items()},
        "lowering": lowering,
        "device": device,
    }
    found = {f"gflowspec.{key}": value for key, value in own.items() if value}
    found["mlflow.note.content"] = note(source)
    found["mlflow.source.type"] = "LOCAL"
    if info.spec_path:
        found["mlflow.source.name"] = info.spec_path
        commit = git_commit(Path(info.spec_path).absolute().parent)
        if commit:
            found["mlflow.source.git.commit"] = commit
    chosen = config.track.get("tags") or {}
    return {**{key: str(value) for key, value in dict(chosen).items()}, **found}


def note(source: str) -> str:
    """The specification as Markdown, for the description of a run; cut at a line if long."""
    lines = source.rstrip().splitlines()
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > _LONGEST_NOTE:
            kept.append("# ... the whole text is the artifact spec/source.gfs")
            break
        kept.append(line)
    longest = max(
        (len(word) for line in kept for word in line.split() if set(word) == {"`"}), default=0
    )
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence, *kept, fence])


def git_commit(folder: Path) -> str | None:
    """The commit that is checked out around ``folder``, or None."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def resolved(settings: Mapping[str, Setting]) -> str:
    """``spec/resolved.json``: every setting with its value and where it came from."""
    plain = {
        path: {"value": json_value(item.value), "source": item.source}
        for path, item in sorted(settings.items())
    }
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_value(value: Any) -> Any:
    """A setting as JSON: exact rationals are decimal if that is exact, else ``"n/d"``."""
    if isinstance(value, Fraction):
        shown = decimal(value)
        if "/" in shown:
            return shown
        return float(shown) if "." in shown else int(shown)
    if isinstance(value, ComponentCall):
        return text(value)
    if isinstance(value, tuple | list):
        return [json_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    return finite(value)


def samples_table(rows: Iterable[Sequence[Any]]) -> str:
    """``eval/samples.json``: rows of ``object, log_reward, log_pf, log_pb`` as MLflow's table.

    An object that is no number or text is written as JSON; numbers that are not finite as null.
    """
    data = [
        [item if isinstance(item, int | float | str) else json.dumps(finite(item)), *finite(rest)]
        for item, *rest in rows
    ]
    columns = ["object", "log_reward", "log_pf", "log_pb"]
    return json.dumps({"columns": columns, "data": data}, allow_nan=False) + "\n"


def table_tag(paths: Sequence[str]) -> dict[str, str]:
    """The tag by which MLflow's page knows that artifacts are tables."""
    tables = [{"path": path, "type": "table"} for path in paths]
    return {"mlflow.loggedArtifacts": json.dumps(tables)}


def packages() -> str:
    """``env/packages.txt``: what is installed, one ``name==version`` a line, sorted."""
    found = {
        f"{item.metadata['Name']}=={item.version}"
        for item in importlib.metadata.distributions()
        if item.metadata["Name"]
    }
    return "\n".join(sorted(found, key=str.lower)) + "\n"


def write_documents(folder: Path, documents: Mapping[str, str]) -> dict[str, Path]:
    """Write texts below ``folder`` and return the file of each path.

    Args:
        folder: The ``artifacts`` folder of the run.
        documents: ``{"spec/source.gfs": text, ...}``.

    Raises:
        OSError: The folder cannot be written or the disk is full.
    """
    written = {}
    for path, content in documents.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
        written[path] = place
    return written
