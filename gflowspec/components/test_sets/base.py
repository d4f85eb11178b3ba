"""Test sets: the objects on which a model's probabilities are compared with the target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from gflowspec.core.frozen import Frozen

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import ObjectSource


class TestSet(Frozen, ABC):
    """Which objects.

    Attributes:
        enumerates: Whether the environment has to be enumerable.
        fixed: Whether they are the same at every evaluation; chosen once, then.
        bits: Whether every row of 0 and 1 has to be an object.
    """

    __test__ = False  # no class of tests

    enumerates: ClassVar[bool] = False
    fixed: ClassVar[bool] = True
    bits: ClassVar[bool] = False

    @property
    def window(self) -> int:
        """How many of the objects last visited in training it reads."""
        return 0

    @property
    def written(self) -> tuple[str, str] | None:
        """The ``let`` of the reward that holds its rows and the ``let`` that shows objects so."""
        return None

    @abstractmethod
    def states(self, source: ObjectSource) -> Tensor:
        """Terminal states, encoded, int64 [n, W]."""
