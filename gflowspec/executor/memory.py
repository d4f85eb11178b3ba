"""Memory that training frees is kept for its next tensors."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# Parameters of mallopt in glibc's malloc.h, and what they are set to: 32 MiB is the most that it
# takes for the second.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT, _LARGEST = 1 << 27, 1 << 25


def keep_freed_memory() -> None:
    """Let glibc keep up to 128 MiB that is free instead of giving it back to the system.

    The tensors of an iteration are as large as those of the one before. Given back and asked for
    again, their pages are mapped and cleared anew each time: about a tenth of an iteration of a
    small network. It holds for the rest of the process, and does nothing without glibc.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
