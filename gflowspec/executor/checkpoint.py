"""The full state of training on disk: written beside, fsynced, renamed; the last two are kept.

A checkpoint holds tensors and plain containers only and is read with ``weights_only=True``, so
that opening one never runs code.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import torch

from gflowspec.core.errors import CheckpointMismatch

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment

#: Layout of the file.
FORMAT = 4

#: Names in the directory of a run.
NEWEST, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"


def save(directory: Path, state: Mapping[str, Any]) -> Path:
    """Write a checkpoint.

    Args:
        directory: Directory of the run; made if it does not exist.
        state: Tensors and plain containers.

    Returns:
        The file.

    Raises:
        OSError: It could not be written; the checkpoints before it are untouched.
    """
    directory.mkdir(parents=True, exist_ok=True)
    newest = directory / NEWEST
    beside = directory / f"{NEWEST}.{os.getpid()}.partial"
    try:
        with beside.open("wb") as file:
            torch.save({"format": FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        if newest.exists():
            _keep(newest, directory / PREVIOUS)
        beside.replace(newest)
    finally:
        beside.unlink(missing_ok=True)
    _sync_directory(directory)
    return newest


def _keep(newest: Path, previous: Path) -> None:
    """Give the newest file the name of the one before; at no moment is there no checkpoint."""
    beside = previous.with_name(f"{previous.name}.{os.getpid()}.partial")
    beside.unlink(missing_ok=True)
    try:
        os.link(newest, beside)
    except OSError:  # a file system without hard links
        shutil.copyfile(newest, beside)
    beside.replace(previous)


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint; the one before it where it is damaged.

    Args:
        path: The file, or the directory that holds it.

    Raises:
        CheckpointMismatch: It is no checkpoint of this version, or cannot be read.
        FileNotFoundError: There is none.
    """
    return _loaded(path, lazily=False)


def verify(path: Path) -> None:
    """Look whether ``load`` would read it, without reading the tensors.

    Raises:
        CheckpointMismatch: It would not.
        FileNotFoundError: There is none.
    """
    _loaded(path, lazily=True)


def _loaded(path: Path, *, lazily: bool) -> dict[str, Any]:
    newest = path / NEWEST if path.is_dir() else path
    previous = newest.with_name(PREVIOUS)
    candidates = [file for file in (newest, previous) if file.is_file()] or [newest]
    for file in candidates:
        state = _read(file, lazily=lazily)
        if state is not None:
            break
    else:
        message = f"{newest} is damaged and cannot be read"
        raise CheckpointMismatch(message)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        message = f"{file} is not a checkpoint of this version of GFlowSpec"
        raise CheckpointMismatch(message)
    return state


def _read(file: Path, *, lazily: bool) -> Any:
    """What a file holds; None if it is cut short or damaged."""
    try:
        return torch.load(file, map_location="cpu", weights_only=True, mmap=lazily)
    except FileNotFoundError:
        raise
    except (EOFError, OSError, RuntimeError, UnpicklingError):
        return None


def experiment_state(experiment: Experiment) -> dict[str, Any]:
    """Weights, copies, optimisers and streams of noise."""
    optional = {
        "backward_target": experiment.backward_target,
        "forward_target": experiment.forward_target,
        "average": experiment.average,
        "backward_optimizer": experiment.backward_optimizer,
    }
    return {
        "networks": experiment.networks.state_dict(),
        "forward_optimizer": experiment.forward_optimizer.state_dict(),
        **{name: None if part is None else part.state_dict() for name, part in optional.items()},
        "generators": {
            name: generator.get_state() for name, generator in experiment.generators.items()
        },
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
    }


def restore_experiment(experiment: Experiment, state: Mapping[str, Any]) -> None:
    """Put a saved state into the objects of an experiment.

    Raises:
        CheckpointMismatch: It belongs to other networks or another rule.
    """
    parts: dict[str, Any] = {
        "networks": experiment.networks,
        "forward_optimizer": experiment.forward_optimizer,
        "backward_target": experiment.backward_target,
        "forward_target": experiment.forward_target,
        "average": experiment.average,
        "backward_optimizer": experiment.backward_optimizer,
    }
    try:
        for name, part in parts.items():
            if (part is None) != (state[name] is None):
                raise KeyError(name)
            if part is not None:
                part.load_state_dict(state[name])
        for name, generator in experiment.generators.items():
            generator.set_state(state["generators"][name].cpu())
    except (KeyError, RuntimeError, ValueError) as error:
        message = f"the checkpoint belongs to another experiment: {error}"
        raise CheckpointMismatch(message) from error


def _sync_directory(directory: Path) -> None:
    """Make the renames themselves survive a power cut, where the system offers it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
