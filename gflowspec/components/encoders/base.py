"""Encoders: from the codes of a state to a vector that heads read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import nn

    from gflowspec.ir.derived import Codec


class Encoder(Frozen, ABC):
    """The schema of an encoder; its torch module is made when training is built.

    Attributes:
        enumerates: Whether it keeps a row for each state, and so needs an enumerable environment.
        reads_collections: Whether it reads arrays, sequences, sets and digraphs, and needs one.
    """

    enumerates: ClassVar[bool] = False
    reads_collections: ClassVar[bool] = False

    @property
    def is_noisy(self) -> bool:
        """Whether its module draws noise in training mode."""
        return False

    @abstractmethod
    def module(self, codec: Codec) -> nn.Module:
        """A new module with random weights from torch's current generator: a ``nets.Trunk``.

        The module maps encoded states, int64 [N, W], to what its heads read.
        """

    def widths(self, codec: Codec) -> tuple[int, ...]:
        """Widths from the input to what a head reads, as ``plan`` shows them; empty if unknown."""
        del codec
        return ()

    def parameters(self, codec: Codec) -> int | None:
        """Trained numbers of the module, its heads apart; None if unknown."""
        del codec
        return None

    def head_parameters(self, codec: Codec, outputs: int) -> int:
        """Trained numbers of a linear head on it."""
        return (([0, *self.widths(codec)])[-1] + 1) * outputs
