from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.components.heads.base import ForwardHead
from gflowspec.core.schema import component

if TYPE_CHECKING:
    from gflowspec.components.nets.heads import Head
    from gflowspec.components.nets.trunk import Trunk
    from gflowspec.ir.derived import Derived


@component("head", "joint")
class Joint(ForwardHead):
    """One logit for each action with each of its values."""

    def module(self, trunk: Trunk, derived: Derived) -> Head:
        """The head that the trunk makes."""
        return trunk.head(derived.sizes.forward_actions, zero=False)

    def outputs(self, derived: Derived, *, tokens: bool) -> int:
        """All actions."""
        del tokens
        return derived.sizes.forward_actions
