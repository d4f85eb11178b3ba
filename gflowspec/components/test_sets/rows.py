from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.test_sets.base import TestSet
from gflowspec.core.schema import component, param

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.contracts import ObjectSource


@component("test_set", "rows")
class RowObjects(TestSet):
    """The objects that the rows of a constant array show, such as those of a data table."""

    of: str = param(type=str, doc="name of the `let` of the reward that holds the rows")
    via: str = param(
        type=str,
        doc="name of the `let` of the environment that shows objects so: a `concat` of injective "
        "tables of single components",
    )

    @property
    def written(self) -> tuple[str, str]:
        """See ``TestSet``."""
        return self.of, self.via

    def states(self, source: ObjectSource) -> Tensor:
        """See ``TestSet``."""
        return source.shown(self.via, source.rows(self.of))
