"""A perceptron as data: what a generated rollout reads instead of calling modules."""

from __future__ import annotations

from typing import Literal

import attrs
from torch import Tensor


@attrs.frozen(kw_only=True, eq=False)
class Layered:
    """The parameters of a trunk at one moment; they share memory with it where they can.

    Attributes:
        input: What happens to the codes of a state. ``sum``: one row of ``table`` for each field is
            added up, the rows of a field standing behind those of the field before; ``joined``:
            these rows are joined; ``scaled``: codes are multiplied by ``table``.
        table: float [R, H] to sum, [R, E] to join, [W] to scale.
        bias: float [H], added to a sum; None for the other inputs, which a product follows.
        products: Weight [in, out] and bias [out] of each layer with a product.
        activation: A key of ``ACTIVATIONS``, or ``linear``; it follows every layer.
    """

    input: Literal["sum", "scaled", "joined"]
    table: Tensor
    bias: Tensor | None = None
    products: tuple[tuple[Tensor, Tensor], ...] = ()
    activation: str = "linear"

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the layers, the sum included: what a rollout keeps of each."""
        first = () if self.bias is None else (self.bias.shape[0],)
        return (*first, *(bias.shape[0] for _, bias in self.products))

    @property
    def features(self) -> int:
        """Numbers for each state in front of the first product; 0 if rows are summed."""
        return 0 if self.bias is not None else self.products[0][0].shape[0]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All of them in the order in which they are used."""
        first = (self.table,) if self.bias is None else (self.table, self.bias)
        return (*first, *(tensor for product in self.products for tensor in product))
