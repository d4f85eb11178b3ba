"""What can go wrong in training without anybody being wrong."""

from __future__ import annotations


class NotFinite(ArithmeticError):
    """A loss, a parameter or a policy is NaN or infinite; the message says which."""
