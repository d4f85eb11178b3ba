from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gflowspec.components.test_sets.base import TestSet
from gflowspec.core.schema import Range, component, param

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from gflowspec.components.contracts import ObjectSource


@component("test_set", "flips")
class FlippedObjects(TestSet):
    """Bit strings at every distance from given ones, as published for the bit sequences."""

    bits: ClassVar[bool] = True

    of: str = param(type=str, doc="name of the `let` of the reward that holds rows of 0 and 1")
    via: str = param(
        type=str,
        doc="name of the `let` of the environment that shows objects so: a `concat` of injective "
        "tables of single components",
    )
    seed: int = param(default=42, range=Range(0, 2**32 - 1), doc="of the places that are flipped")

    @property
    def written(self) -> tuple[str, str]:
        """See ``TestSet``."""
        return self.of, self.via

    def states(self, source: ObjectSource) -> Tensor:
        """See ``TestSet``."""
        import numpy as np

        rows = np.array(source.rows(self.of), dtype=np.int64)
        return source.shown(self.via, flips(rows, self.seed).tolist())


def flips(rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Each row, and for c = 1 .. n-1 the row with c distinct positions flipped.

    Positions are drawn by NumPy's legacy generator, in the order of the rows and of c; with seed 42
    and the 60 published modes of n = 120 these are the 7,200 strings that the benchmark is
    evaluated on (Malkin et al. 2022).

    Args:
        rows: [m, n] of 0 and 1.
        seed: 0 to 2^32 - 1.

    Returns:
        [m * n, n], the strings of each row together.
    """
    import numpy as np

    count, length = rows.shape
    generator = np.random.RandomState(seed)
    found = np.repeat(rows, length, axis=0).reshape(count, length, length)
    for block in found:
        for distance in range(1, length):
            chosen = generator.choice(length, size=distance, replace=False)
            block[distance, chosen] ^= 1
    return found.reshape(count * length, length)
