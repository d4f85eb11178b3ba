"""What a reader gives: cells in row-major order, before they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import attrs


@attrs.frozen(eq=False)
class Raw:
    """Cells of a file.

    Attributes:
        shape: Lengths of the axes; ``()`` for a single value.
        cells: ``prod(shape)`` Python values: int, float, bool or str.
        kind: What they are: ``int``, ``float``, ``bool``, ``str``, ``json`` (each as it is) or
            ``text`` (numbers and words that are still to be read).
        first_row: Number of the first row in messages: 2 below the header of a csv file.
    """

    shape: tuple[int, ...]
    cells: Sequence[Any]
    kind: str
    first_row: int = 0

    def place(self, position: int) -> str:
        """Where the cell at a row-major position stands, in words."""
        if self.kind == "text":
            width = prod(self.shape[1:])
            return f"row {position // max(1, width) + self.first_row}"
        if not self.shape:
            return "the start"
        places = []
        for length in reversed(self.shape):
            places.append(position % length)
            position //= length
        return f"[{', '.join(str(place) for place in reversed(places))}]"

    def described(self) -> str:
        """The shape and kind in words, as in ``65,536 x 2 numbers``."""
        noun = {"int": "integer", "bool": "bool", "str": "text"}.get(self.kind, "number")
        if self.kind in ("text", "json"):
            noun = "value"
        if not self.shape:
            return f"a single {noun}"
        sizes = " x ".join(f"{length:,}" for length in self.shape)
        return f"{sizes} {noun}{'' if self.shape == (1,) else 's'}"
