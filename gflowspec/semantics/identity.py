"""A cache key that compares by identity."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen(eq=False)
class Same:
    """Stands for ``value`` in a cache, so that a whole expression tree need not be hashed.

    It keeps its value alive, hence the identity cannot be reused while the key is in a cache.
    """

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)
