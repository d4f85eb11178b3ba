"""Test sets of bit strings around given ones, as published for the bit sequences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
    count, length = rows.shape
    generator = np.random.RandomState(seed)
    found = np.repeat(rows, length, axis=0).reshape(count, length, length)
    for block in found:
        for distance in range(1, length):
            chosen = generator.choice(length, size=distance, replace=False)
            block[distance, chosen] ^= 1
    return found.reshape(count * length, length)
