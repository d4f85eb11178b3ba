"""``.csv`` and ``.csv.gz`` files: a header row, then rows of one width."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence

from gflowspec.compiler.data.limits import MAX_CSV_BYTES, MAX_PARTS, MAX_ROW, MAX_VALUES
from gflowspec.compiler.data.problems import (
    malformed,
    no_member,
    too_many,
    unfit,
)
from gflowspec.compiler.data.raw import Raw


def read_csv(data: bytes, columns: Sequence[str] | None, *, packed: bool) -> Raw:
    """Columns of a file, in the order asked for.

    Args:
        data: The file.
        columns: Their names; None for all columns.
        packed: Whether the file is packed by gzip.

    Returns:
        Text cells of shape (rows, columns).

    Raises:
        DataProblem: GFS203.
    """
    if packed:
        data = _unpacked(data)
    if len(data) > MAX_CSV_BYTES:
        raise unfit(
            f"the file has {len(data):,} bytes of csv; {MAX_CSV_BYTES:,} are allowed",
            "save large tables as .npy",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise malformed(".csv file", "it is not UTF-8") from None
    rows = _rows(text)
    header = next(rows, None)
    if not header:
        raise malformed(".csv file", "it has no header row")
    header = [name.strip() for name in header]
    places = range(len(header)) if columns is None else [_place(c, header) for c in columns]
    cells: list[str] = []
    count = 0
    for row in rows:
        if not row:
            continue
        count += 1
        if len(row) != len(header):
            raise unfit(
                f"row {count + 1} has {len(row):,} cells, but the header has {len(header):,}"
            )
        cells += [row[place] for place in places]
        if len(cells) > MAX_VALUES:
            raise too_many(len(cells), MAX_VALUES)
    return Raw((count, len(places)), cells, "text", first_row=2)


def _place(name: str, header: Sequence[str]) -> int:
    if name not in header:
        raise no_member("column", name, header)
    if header.count(name) > 1:
        raise unfit(f"the header names the column `{name}` twice")
    return header.index(name)


def _rows(text: str) -> Iterator[list[str]]:
    budget = _Budget(text)
    reader = csv.reader(budget, strict=True)
    while True:
        budget.left = MAX_ROW
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise malformed(".csv file", str(error)) from None
        if row is None:
            return
        yield row


class _Budget:
    """The lines of a text; a row, which may have several lines, is bounded while it is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = 0
        self.left = MAX_ROW

    def __iter__(self) -> _Budget:
        return self

    def __next__(self) -> str:
        start = self._start
        if start >= len(self._text):
            raise StopIteration
        end = self._text.find("\n", start, start + self.left)
        if end < 0:
            end = len(self._text) - 1
        if end - start >= self.left:
            raise unfit(f"a row has more than {MAX_ROW:,} characters")
        self._start = end + 1
        self.left -= self._start - start
        return self._text[start : self._start]


def _unpacked(data: bytes) -> bytes:
    """All members of a .gz file, one after the other."""
    parts: list[bytes] = []
    size = 0
    for _ in range(MAX_PARTS):
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            part = member.decompress(data, MAX_CSV_BYTES + 1 - size)
        except zlib.error:
            raise malformed(".gz file", "it is damaged") from None
        parts.append(part)
        size += len(part)
        if size > MAX_CSV_BYTES:
            raise unfit(f"the file unpacks to more than {MAX_CSV_BYTES:,} bytes")
        if not member.eof:
            raise malformed(".gz file", "it ends too early")
        data = member.unused_data
        if not data.strip(b"\0"):
            return b"".join(parts)
    raise malformed(".gz file", "it has too many parts")
