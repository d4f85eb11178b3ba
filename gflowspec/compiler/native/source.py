"""The whole C++ text of the rollouts of one experiment."""

from __future__ import annotations

from pathlib import Path

from gflowspec.compiler.native.moves import moves_text
from gflowspec.compiler.native.network import network_text
from gflowspec.components.nets.layered import Layered
from gflowspec.ir.derived import Derived


def source(derived: Derived, layered: Layered, table_limit: int) -> str:
    """One translation unit; equal texts compute the same.

    Raises:
        NoNativeForm: Something in the environment has no native form.
    """
    return "\n".join(
        (
            fixed("arithmetic"),
            moves_text(derived, table_limit),
            fixed("product"),
            network_text(layered, derived.codec),
            fixed("rollout"),
        )
    )


def fixed(name: str) -> str:
    """A part that is the same for all experiments."""
    return Path(__file__).with_name(f"{name}.hpp").read_text(encoding="utf-8")
