"""``.npz`` files: a zip archive of ``.npy`` files, each unpacked within a bound."""

from __future__ import annotations

import io
import zipfile
import zlib

from gflowspec.compiler.data.limits import MAX_BYTES, MAX_DIRECTORY
from gflowspec.compiler.data.npy import read_npy
from gflowspec.compiler.data.problems import malformed, no_member, which_member
from gflowspec.compiler.data.raw import Raw

_END = b"PK\5\6"
_END_64 = b"PK\6\7"
_ENCRYPTED = 1


def read_npz(data: bytes, array: str | None, what: str = "array") -> Raw:
    """One array of an archive.

    Args:
        data: The file.
        array: Name of the array; None if there is only one.
        what: The argument that names it, for messages.

    Raises:
        DataProblem: GFS213 for object arrays, GFS203 for anything else that cannot be read.
    """
    archive = _opened(data)
    names = [name[:-4] for name in archive.namelist() if name.endswith(".npy")]
    if array is None:
        if len(names) != 1:
            raise which_member(what, names)
        array = names[0]
    if array not in names:
        raise no_member(what, array, names)
    return read_npy(_unpacked(archive, f"{array}.npy"), f"{array}.npy")


def _opened(data: bytes) -> zipfile.ZipFile:
    """The archive; its list of files is bounded before it is read."""
    end = data[-22:]
    if len(end) < 22 or end[:4] != _END or data[-42:-38] == _END_64:
        raise malformed(".npz file", "it is no zip archive as numpy writes it")
    if int.from_bytes(end[12:16], "little") > MAX_DIRECTORY:
        raise malformed(".npz file", "it lists too many arrays")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise malformed(".npz file", "its list of arrays is damaged") from None


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.getinfo(name)
    plain = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if not plain or entry.flag_bits & _ENCRYPTED:
        raise malformed(".npz file", f"`{name}` is packed in an unusual way")
    try:
        with archive.open(entry) as file:
            data = file.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, EOFError):
        raise malformed(".npz file", f"`{name}` is damaged") from None
    if len(data) > MAX_BYTES:
        raise malformed(".npz file", f"`{name}` unpacks to more than {MAX_BYTES:,} bytes")
    return data
