"""Room for recursive passes over deep, but bounded, trees."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Frames that suffice for the deepest tree the limits of the language allow.
FRAMES = 12_000


@contextmanager
def room_to_recurse() -> Iterator[None]:
    """Raise the limit of Python's call stack while the block runs.

    Frames of Python code live on the heap, so this is safe; the trees are bounded by the parser
    and by the elaboration.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
