from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.test_sets.base import TestSet
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import ObjectSource


@component("test_set", "samples")
class SampledObjects(TestSet):
    """Objects sampled afresh from the present policy."""

    fixed: ClassVar[bool] = False

    n: int = param(default=1_000, range=Range(1), doc="number of objects")

    def states(self, source: ObjectSource) -> Tensor:
        """See ``TestSet``."""
        return source.fresh(self.n)
