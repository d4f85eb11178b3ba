"""Schedules: a factor that changes during training, on a learning rate or a probability."""

from __future__ import annotations

from abc import ABC, abstractmethod

from gflowspec.core.frozen import Frozen


class Schedule(Frozen, ABC):
    """A factor as a function of the iteration."""

    @abstractmethod
    def factor(self, step: int, total: int) -> float:
        """The factor at a 0-based iteration of a run of ``total`` iterations."""
