from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.heads.base import ForwardHead
from gflowspec.core.schema import component
from gflowspec.ir.factors import factors_of

if TYPE_CHECKING:
    from gflowspec.components.nets.heads import Head
    from gflowspec.components.nets.trunk import Trunk
    from gflowspec.ir.derived import Derived


@component("head", "additive")
class Additive(ForwardHead):
    """logit(p, w) = position[p] + word[w] for writing w at the address p.

    Where the encoder gives the entry at p as a token, ``word`` is read from it, as in the bit
    sequences of Gritsaev et al. (ICLR 2025): pos(BOS)[p] + word(token p)[w].
    """

    def module(self, trunk: Trunk, derived: Derived) -> Head:
        """See ``ForwardHead``."""
        from gflowspec.components.nets.factored import AdditiveHead

        return AdditiveHead(trunk, factors_of(derived))

    def outputs(self, derived: Derived, *, tokens: bool) -> int:
        """All addresses, and the words of each action that has any."""
        del tokens
        parts = factors_of(derived)
        return sum(part.addresses + (part.words if part.words > 1 else 0) for part in parts)
