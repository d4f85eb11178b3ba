"""Values that are shown as they are held: scalars, slots and arrays."""

from __future__ import annotations

from typing import Any

import attrs

from gflowspec.core import values
from gflowspec.core.types import Type, cardinality
from gflowspec.ir.views.base import View


@attrs.frozen(eq=False, repr=False)
class DirectView(View):
    """The declared type is the type that is held."""

    @property
    def lowered(self) -> Type:
        """See `View.lowered`."""
        return self.declared

    @property
    def count(self) -> int | None:
        """See `View.count`."""
        return cardinality(self.declared)

    def plain(self, value: Any) -> Any:
        """See `View.plain`."""
        return values.plain(value, self.declared)

    def text(self, value: Any) -> str:
        """See `View.text`."""
        return values.text(value, self.declared)

    def read(self, given: Any) -> Any:
        """See `View.read`."""
        return values.read(given, self.declared)
