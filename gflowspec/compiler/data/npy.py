"""``.npy`` files, by the published format (NEP 1) and without numpy.

Reading them here keeps ``check`` light, and bounds what a hostile header may cost: the shape is
compared with the size of the file before anything is allocated. Object arrays are refused.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Sequence
from math import prod
from typing import Any

from gflowspec.compiler.data.limits import MAX_AXES, MAX_VALUES
from gflowspec.compiler.data.problems import malformed, pickled, too_many
from gflowspec.compiler.data.raw import Raw

MAGIC = b"\x93NUMPY"
#: Longest header; numpy itself needs less than 200 bytes.
_MAX_HEADER = 8192
_HEADER = re.compile(
    r"\s*\{\s*'descr':\s*'([^'\\]*)',\s*'fortran_order':\s*(True|False),\s*"
    r"'shape':\s*\(([0-9L, ]*)\),?\s*\}\s*"
)
_DTYPE = re.compile(r"([<>|=]?)([?biufUSO])(\d{0,9})")
_INTEGERS = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}
_FLOATS = {"f4": "f", "f8": "d"}


def read_npy(data: bytes, name: str) -> Raw:
    """The array of a file.

    Raises:
        DataProblem: GFS213 for object arrays, GFS203 for anything else that cannot be read.
    """
    header, start = _header(data)
    match = _HEADER.fullmatch(header)
    if match is None:
        if "'O'" in header or "|O" in header:
            raise pickled(f"`{name}`")
        raise malformed(".npy file", "its header describes no plain array")
    descr, fortran, dimensions = match.groups()
    shape = _shape(dimensions)
    kind, cells = _cells(memoryview(data)[start:], descr, prod(shape), name)
    if fortran == "True" and len(shape) > 1:
        cells = _row_major(cells, shape)
    return Raw(shape, cells, kind)


def _header(data: bytes) -> tuple[str, int]:
    """The text of the header and where the numbers begin."""
    if data[:6] != MAGIC or len(data) < 12:
        raise malformed(".npy file", "it does not begin like one")
    wide = data[6] >= 2
    (length,) = struct.unpack_from("<I" if wide else "<H", data, 8)
    start = 12 if wide else 10
    if length > _MAX_HEADER or start + length > len(data):
        raise malformed(".npy file", f"its header is said to have {length:,} bytes")
    return data[start : start + length].decode("latin-1"), start + length


def _shape(text: str) -> tuple[int, ...]:
    parts = [part.strip().rstrip("L") for part in text.split(",")]
    lengths = [part for part in parts if part]
    if len(lengths) > MAX_AXES or any(not part.isdigit() or len(part) > 18 for part in lengths):
        raise malformed(".npy file", f"the shape ({text[:40]}) is out of bounds")
    shape = tuple(int(part) for part in lengths)
    if prod(shape) > MAX_VALUES:
        raise too_many(prod(shape), MAX_VALUES)
    return shape


def _cells(body: memoryview, descr: str, count: int, name: str) -> tuple[str, Sequence[Any]]:
    match = _DTYPE.fullmatch(descr)
    if match is None:
        raise malformed(".npy file", f"its numbers are of dtype {descr[:40]!r}")
    order, letter, digits = match.groups()
    if letter == "O":
        raise pickled(f"`{name}`")
    width = int(digits or 1) * (4 if letter == "U" else 1)
    if count * width > len(body):
        what = f"{count:,} values of {width} bytes do not fit into {len(body):,} bytes"
        raise malformed(".npy file", what)
    body = body[: count * width]
    swapped = order == (">" if sys.byteorder == "little" else "<")
    if letter in "US":
        return "str", _texts(body, letter, width, count, big=order == ">")
    if letter == "?" or descr in ("|b1", "b1"):
        return "bool", [byte != 0 for byte in bytes(body)]
    return _numbers(body, f"{letter}{digits}", swapped=swapped)


def _numbers(body: memoryview, dtype: str, *, swapped: bool) -> tuple[str, Sequence[Any]]:
    code = _INTEGERS.get(dtype) or _FLOATS.get(dtype)
    kind = "float" if dtype[0] == "f" else "int"
    if dtype == "f2":
        native = "<" if (sys.byteorder == "little") != swapped else ">"
        return kind, struct.unpack(f"{native}{len(body) // 2}e", body)
    if code is None:
        raise malformed(".npy file", f"its numbers are of dtype {dtype!r}")
    numbers = array(code)
    numbers.frombytes(body)
    if swapped:
        numbers.byteswap()
    return kind, numbers


def _texts(body: memoryview, letter: str, width: int, count: int, *, big: bool) -> list[str]:
    encoding = ("utf-32-be" if big else "utf-32-le") if letter == "U" else "latin-1"
    try:
        cells = [bytes(body[i * width : (i + 1) * width]).decode(encoding) for i in range(count)]
    except UnicodeDecodeError:
        raise malformed(".npy file", "its text is not Unicode") from None
    return [cell.rstrip("\0") for cell in cells]


def _row_major(cells: Sequence[Any], shape: tuple[int, ...]) -> list[Any]:
    """Cells that were stored with the first index varying fastest."""
    places = [0]
    stride = prod(shape)
    # From the last axis to the first: the stride of an axis is the product of those before it.
    strides = []
    for length in reversed(shape):
        stride //= max(1, length)
        strides.append((length, stride))
    for length, step in reversed(strides):
        places = [place + i * step for place in places for i in range(length)]
    return [cells[place] for place in places]
