"""Why something is not generated."""

from __future__ import annotations


class NoNativeForm(Exception):
    """Something has no native form, or cannot be built here; the message says what and why.

    Nobody is told about it as an error: rollouts are eager then, and the reason is kept.
    """
