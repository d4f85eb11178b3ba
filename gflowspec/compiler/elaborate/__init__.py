"""From the syntax tree and concrete parameters to typed IR."""

from gflowspec.compiler.elaborate.config import elaborate_experiment
from gflowspec.compiler.elaborate.instance import Instance
from gflowspec.compiler.elaborate.library import elaborate_library, instantiate
from gflowspec.compiler.elaborate.sweep import Cell, Sweep, elaborate_sweep

__all__ = [
    "Cell",
    "Instance",
    "Sweep",
    "elaborate_experiment",
    "elaborate_library",
    "elaborate_sweep",
    "instantiate",
]
