"""Heads of P_F: how logits over all forward actions are made of what the encoder says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from gflowspec.components.nets.heads import Head
    from gflowspec.components.nets.trunk import Trunk
    from gflowspec.ir.derived import Derived


class ForwardHead(Frozen, ABC):
    """The schema of a head; its torch module is made when training is built."""

    @abstractmethod
    def module(self, trunk: Trunk, derived: Derived) -> Head:
        """A new head on a trunk, with random weights from torch's current generator."""

    @abstractmethod
    def outputs(self, derived: Derived, *, tokens: bool) -> int:
        """Numbers that linear maps have to give; ``tokens``: whether the encoder gives tokens."""
