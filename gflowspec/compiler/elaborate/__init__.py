"""From the syntax tree and concrete parameters to typed IR."""

from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.library import elaborate_library, instantiate

__all__ = ["Instance", "elaborate_library", "instantiate"]
