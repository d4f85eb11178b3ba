"""Memory of training: what it frees is kept for its next tensors; what it cannot get is said."""

from __future__ import annotations

import ctypes
import re
from contextlib import suppress

from gflowspec.core.diagnostics import Diagnostic, Severity

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


#: How torch says it of the processor and of CUDA, with the amount where there is one.
_REFUSED = re.compile(
    r"(?:can't allocate|not enough|out of) memory(?:.*tried to allocate (\d+) bytes)?",
    re.DOTALL | re.IGNORECASE,
)


def exhausted(error: MemoryError | RuntimeError) -> Diagnostic | None:
    """GFS506 if an allocation was refused, which torch reports as a RuntimeError; else None."""
    said = _REFUSED.search(str(error))
    if said is None and not isinstance(error, MemoryError):
        return None
    amount = said and said[1]
    return Diagnostic(
        "GFS506",
        Severity.ERROR,
        "there is not enough memory for the networks and batches of this experiment",
        notes=(f"{int(amount) / 2**30:,.1f} GiB were asked for at once",) if amount else (),
        helps=(
            "lower `train.batch`, or the sizes of `policy.encoder`; `gflowspec plan` shows them",
        ),
    )
