"""All networks of an experiment: trunks, the heads on them, and log Z."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from gflowspec.components.nets.heads import Head
from gflowspec.components.nets.trunk import Trunk


class Networks(nn.Module):
    """Trunks, heads by name (``forward``, ``backward``, ``flow``) and log Z.

    Args:
        trunks: Trunk modules by name.
        heads: Head modules by name.
        trunk_of: Head name -> trunk name.
        log_z: Learned log Z [], or None.
    """

    def __init__(
        self,
        trunks: Mapping[str, Trunk],
        heads: Mapping[str, Head],
        trunk_of: Mapping[str, str],
        log_z: Tensor | None,
    ) -> None:
        super().__init__()
        # `forward` alone would hide a method of the containers.
        self.trunks = nn.ModuleDict({f"{name}_trunk": item for name, item in trunks.items()})
        self.heads = nn.ModuleDict({f"{name}_head": item for name, item in heads.items()})
        self.trunk_of = dict(trunk_of)
        self.log_z = None if log_z is None else nn.Parameter(log_z)

    def part(self, node: str) -> nn.Module:
        """The module of a node of the program graph: ``trunk.<name>`` or ``head.<name>``."""
        kind, name = node.split(".")
        part: nn.Module = getattr(self, f"{kind}s")[f"{name}_{kind}"]
        return part

    def trunk(self, head: str) -> Trunk:
        """The trunk that a head reads."""
        trunk = self.trunks[f"{self.trunk_of[head]}_trunk"]
        assert isinstance(trunk, Trunk)
        return trunk

    def head(self, name: str) -> Head:
        """The head of that name."""
        head = self.heads[f"{name}_head"]
        assert isinstance(head, Head)
        return head

    def values(self, head: str, states: Tensor, kept: tuple[Tensor, ...] = ()) -> Tensor:
        """Encoded states int64 [N, W] -> values of a head, action-major [A, N]."""
        values: Tensor = self.head(head)(self.trunk(head)(states, kept))
        return values

    def logits(self, states: Tensor, mask: Tensor) -> Tensor:
        """Logits of P_F at encoded states int64 [N, W] with legal actions bool [A, N]: [A, N]."""
        return self.head("forward").logits(self.trunk("forward")(states), mask)
