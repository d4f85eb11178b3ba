"""One integer for each state."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from gflowspec.ir.derived import Codec

# Keys of larger spaces are hashes.
LARGEST_KEY = 1 << 62
_HASH_SEED = 0x67667370
_HASH_RANGE = 1 << 62


class Keys:
    """Integers that tell states apart.

    Below 2^62 combinations of codes the key is the row read as a mixed-radix number: injective, in
    the lexicographic order of rows. Above, it is a 64-bit hash; enumeration checks that no two
    reachable states share one.

    Attributes:
        count: Number of mixed-radix keys; None if keys are hashes.
    """

    def __init__(self, codec: Codec, device: torch.device, attempt: int = 0) -> None:
        sizes = [field.size for field in codec.fields]
        total = prod(sizes)
        self.count = total if total < LARGEST_KEY else None
        if self.count is not None:
            weights = [prod(sizes[i + 1 :]) for i in range(len(sizes))]
            self._weights = torch.tensor(weights, dtype=torch.int64, device=device)
        else:
            generator = torch.Generator().manual_seed(_HASH_SEED + attempt)
            words = torch.randint(-_HASH_RANGE, _HASH_RANGE, (len(sizes),), generator=generator)
            self._weights = (2 * words + 1).to(device)

    def __call__(self, states: Tensor) -> Tensor:
        """Keys of states [B, W], int64 [B]."""
        return (states * self._weights).sum(1)
