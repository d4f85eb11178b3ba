"""Heads of P_F that score addresses and words apart."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gflowspec.components.nets.heads import ILLEGAL, Head
from gflowspec.components.nets.trunk import Trunk
from gflowspec.ir.factors import Part


class FactoredHead(Head):
    """position(p) plus a term of (p, w), for writing the word w at the address p.

    Args:
        trunk: What it reads.
        parts: The actions, as addresses and words.
    """

    canonical: Tensor
    back: Tensor

    def __init__(self, trunk: Trunk, parts: Sequence[Part]) -> None:
        super().__init__()
        self._sizes = [(part.addresses, part.words) for part in parts]
        self.positions = trunk.head(sum(part.addresses for part in parts), zero=False)
        self.words = nn.ModuleDict(
            {str(i): self.words_of(trunk, part) for i, part in enumerate(parts) if part.words > 1}
        )
        canonical = torch.tensor([index for part in parts for index in part.forward])
        self.register_buffer("canonical", canonical, persistent=False)
        self.register_buffer("back", canonical.argsort(), persistent=False)

    @abstractmethod
    def words_of(self, trunk: Trunk, part: Part) -> Head:
        """What gives the words of a part, [V, N] or [P * V, N]."""

    @abstractmethod
    def term(self, words: Tensor, mask: Tensor) -> Tensor:
        """The term of (p, w), from words [P or 1, V, N] and the legal ones, bool [P, V, N]."""

    def forward(self, hidden: Tensor) -> Tensor:
        """The logits [A, N] where every action is legal."""
        shape = (self.canonical.shape[0], hidden.shape[0])
        return self.logits(hidden, self.canonical.new_ones(shape, dtype=torch.bool))

    def logits(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """See ``Head``."""
        legal, states = mask.index_select(0, self.canonical), hidden.shape[0]
        position, first = self.positions(hidden), 0
        found: list[Tensor] = []
        for i, (addresses, words) in enumerate(self._sizes):
            own = position[first : first + addresses]
            if str(i) in self.words:
                start = sum(part.shape[0] for part in found)
                part = legal[start : start + addresses * words].view(addresses, words, states)
                given = self.words[str(i)](hidden).view(-1, words, states)
                own = (own.unsqueeze(1) + self.term(given, part)).flatten(0, 1)
            found.append(own)
            first += addresses
        return torch.cat(found).index_select(0, self.back)

    def offset(self) -> Tensor:
        """Zeros."""
        return self.positions.offset().new_zeros(self.canonical.shape[0])

    def rows(self) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """The logits themselves."""
        return lambda hidden, start, mask: self.logits(hidden, mask.t()).detach().t() + start


class AdditiveHead(FactoredHead):
    """position(p) + word(w); the word is read from the token at p where there is one."""

    def words_of(self, trunk: Trunk, part: Part) -> Head:
        """The same words for all addresses."""
        return trunk.token_head(part.columns, part.words) or trunk.head(part.words, zero=False)

    def term(self, words: Tensor, mask: Tensor) -> Tensor:
        """As they are."""
        return words.expand(mask.shape)


class AutoregressiveHead(FactoredHead):
    """position(p) + log P(w | p), so that the softmax over (p, w) is P(p) P(w | p)."""

    def words_of(self, trunk: Trunk, part: Part) -> Head:
        """Words for each address."""
        tokens = trunk.token_head(part.columns, part.words)
        return tokens or trunk.head(part.addresses * part.words, zero=False)

    def term(self, words: Tensor, mask: Tensor) -> Tensor:
        """Normalised over the legal words of each address; finite where it has none."""
        return torch.where(mask, words, words.new_full((), ILLEGAL)).log_softmax(1)
