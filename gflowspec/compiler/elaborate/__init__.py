"""From the syntax tree and concrete parameters to typed IR."""

from gflowspec.compiler.elaborate.config import elaborate_experiment
from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.library import elaborate_library, instantiate

__all__ = ["Instance", "elaborate_experiment", "elaborate_library", "instantiate"]
