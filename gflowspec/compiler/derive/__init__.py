"""From forward actions to inverses, masks, rank, codec and sizes."""

from gflowspec.compiler.derive.derivation import Derivation
from gflowspec.compiler.derive.pipeline import derive

__all__ = ["Derivation", "derive"]
