from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.heads.base import ForwardHead
from gflowspec.core.schema import component
from gflowspec.ir.factors import factors_of

if TYPE_CHECKING:
    from gflowspec.components.nets.heads import Head
    from gflowspec.components.nets.trunk import Trunk
    from gflowspec.ir.derived import Derived


@component("head", "autoregressive")
class Autoregressive(ForwardHead):
    """The address p first, then the word w: log P_F(p, w) = log P(p) + log P(w | p).

    P(p) is normalised over addresses with a legal word, P(. | p) over the legal words of p.
    """

    def module(self, trunk: Trunk, derived: Derived) -> Head:
        """See ``ForwardHead``."""
        from gflowspec.components.nets.factored import AutoregressiveHead

        return AutoregressiveHead(trunk, factors_of(derived))

    def outputs(self, derived: Derived, *, tokens: bool) -> int:
        """All addresses, and words for each; addresses with a token of their own share theirs."""
        total = 0
        for part in factors_of(derived):
            shared = tokens and part.columns is not None
            words = part.words * (1 if shared else part.addresses)
            total += part.addresses + (words if part.words > 1 else 0)
        return total
