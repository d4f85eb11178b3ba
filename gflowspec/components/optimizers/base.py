"""Optimisers of the networks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch.optim import Optimizer as TorchOptimizer


class Optimizer(Frozen, ABC):
    """The schema of an optimiser; ``clip_norm`` is applied by the engine, before the step."""

    lr: float
    clip_norm: float | None

    @abstractmethod
    def make(self, groups: Iterable[Mapping[str, Any]]) -> TorchOptimizer:
        """A new optimiser for parameter groups, each ``{"params": [...], "lr": ...}``."""
