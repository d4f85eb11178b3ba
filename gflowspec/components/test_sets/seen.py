from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.test_sets.base import TestSet
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import ObjectSource


@component("test_set", "seen")
class SeenObjects(TestSet):
    """The last objects that training sampled."""

    fixed: ClassVar[bool] = False

    n: int = param(default=1_000, range=Range(1), doc="number of objects, fewer early in training")

    @property
    def window(self) -> int:
        """See ``TestSet``."""
        return self.n

    def states(self, source: ObjectSource) -> Tensor:
        """See ``TestSet``."""
        return source.seen(self.n)
