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
    """

    enumerates: ClassVar[bool] = False

    @abstractmethod
    def module(self, codec: Codec) -> nn.Module:
        """A new module with random weights from torch's current generator.

        The module maps encoded states, int64 [N, W], to float [N, ``module.width``].
        """
