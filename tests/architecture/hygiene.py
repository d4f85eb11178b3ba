"""Whitespace at line ends, missing newline at the end; names the files and exits 1."""

import sys
from collections.abc import Iterator
from pathlib import Path


def faults(path: Path) -> Iterator[str]:
    """What is wrong with a text file; nothing for a binary one."""
    raw = path.read_bytes()
    if b"\0" in raw:
        return
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line != line.rstrip():
            yield f"{path}:{number}: whitespace at the end of the line"
    if raw and not raw.endswith(b"\n"):
        yield f"{path}: no newline at the end"
    if raw.endswith(b"\n\n"):
        yield f"{path}: empty lines at the end"


def main(paths: list[str]) -> int:
    """Report on files."""
    found = [fault for path in paths for fault in faults(Path(path))]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
