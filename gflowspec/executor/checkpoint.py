"""The full state of training on disk: written beside, fsynced, renamed; the last two are kept.

A checkpoint holds tensors and plain containers only and is read with ``weights_only=True``, so
that opening one never runs code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from gflowspec.core.errors import CheckpointMismatch

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment

#: Layout of the file.
FORMAT = 1

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
            newest.replace(directory / PREVIOUS)
        beside.replace(newest)
    finally:
        beside.unlink(missing_ok=True)
    _sync_directory(directory)
    return newest


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint; if it is a directory, the newest one in it.

    Raises:
        CheckpointMismatch: The file is not a checkpoint of this version.
        FileNotFoundError: There is none.
    """
    file = path
    if path.is_dir():
        # Between the two renames of `save` only the previous one exists.
        file = path / NEWEST if (path / NEWEST).exists() else path / PREVIOUS
    state = torch.load(file, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        message = f"{file} is not a checkpoint of this version"
        raise CheckpointMismatch(message)
    return state


def experiment_state(experiment: Experiment) -> dict[str, Any]:
    """Weights, copies, optimisers and streams of noise."""
    optional = {
        "target": experiment.target,
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
        "target": experiment.target,
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
