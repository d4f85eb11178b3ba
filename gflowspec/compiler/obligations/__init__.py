"""O1 to O9: what must hold for an environment and its rewards, and how it is shown."""

from gflowspec.compiler.obligations.prove import prove

__all__ = ["prove"]
