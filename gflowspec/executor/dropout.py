"""Dropout: in training alone, and with noise that a checkpoint holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Generator

if TYPE_CHECKING:
    from gflowspec.compiler.build import Experiment


@contextmanager
def dropping(experiment: Experiment) -> Iterator[None]:
    """Let the live networks drop out while a batch is sampled and learned from.

    Everywhere else they are in evaluation mode, as copies always are. torch draws dropout from its
    own generator, which takes over the state of the stream ``dropout`` meanwhile.
    """
    if not experiment.settings.encoder.is_noisy:
        yield
        return
    stream, own = experiment.generators["dropout"], _own(experiment.device)
    before = own.get_state()
    own.set_state(stream.get_state())
    experiment.networks.train()
    try:
        yield
    finally:
        experiment.networks.eval()
        stream.set_state(own.get_state())
        own.set_state(before)


def _own(device: torch.device) -> Generator:
    """The generator that torch itself draws from on a device."""
    if device.type == "cuda":
        current = torch.cuda.current_device() if device.index is None else device.index
        generators: tuple[Generator, ...] = torch.cuda.default_generators
        return generators[current]
    return torch.default_generator
