"""From a file to a typed table: the one place that knows the formats."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import attrs

from gflowspec.compiler.data.csv_table import read_csv
from gflowspec.compiler.data.json_table import Members, json_array, read_json
from gflowspec.compiler.data.keys import Axis, axes_of, in_order, positions
from gflowspec.compiler.data.limits import MAX_ALL_VALUES, MAX_BYTES, MAX_VALUES
from gflowspec.compiler.data.npy import read_npy
from gflowspec.compiler.data.npz import read_npz
from gflowspec.compiler.data.problems import (
    DataProblem,
    pickled,
    too_many,
    unfit,
    unreadable,
)
from gflowspec.compiler.data.raw import Raw
from gflowspec.compiler.data.typed import digest_of, typed_array, typed_cells
from gflowspec.core.places import Unreadable, read_bytes
from gflowspec.core.types import ArrayType, MapType, Type, describe

#: What a file is, by the end of its name.
FORMATS = (".csv.gz", ".csv", ".npy", ".npz", ".json")
#: Formats that hold pickles, or mostly do.
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".dill", ".p")


@attrs.frozen(kw_only=True)
class Selection:
    """What is read from a file: the arguments of ``file(...)``.

    Attributes:
        array: Name of an array of a ``.npz`` file, or of a member of a ``.json`` object.
        column: Columns of a ``.csv`` file.
        key: Columns, or the array, that hold the keys of a map.
        value: Column, or the array, that holds the values of a map.
        sha256: The hash that the file must have.
    """

    array: str | None = None
    column: tuple[str, ...] | None = None
    key: tuple[str, ...] | None = None
    value: str | None = None
    sha256: str | None = None


class OtherHash(Exception):
    """The file has another hash than the one that is asked for; its argument is the hash."""


@attrs.frozen(kw_only=True, eq=False)
class Loaded:
    """A table that was read.

    Attributes:
        sha256: Hash of the file.
        values: The elements, row-major; of a map in the order of its keys.
        type: The tightest type: an array, the element type of a single value, or a map.
        digest: Hash of the values.
    """

    sha256: str
    values: tuple[Any, ...]
    type: Type
    digest: str


def load(path: Path, name: str, declared: Type, selection: Selection) -> Loaded:
    """Read a file; the same file is read once.

    Args:
        path: Where it is.
        name: How it was written, for messages and for its format.
        declared: An array, a scalar or a map type.
        selection: What to read from it.

    Raises:
        OtherHash: The file is not the one that was meant.
        DataProblem: The file cannot be used (GFS203, GFS212, GFS213).
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - beside os.open
    except OSError as error:
        raise unreadable(name, error.strerror or str(error)) from None
    stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    key = (path, stamp, name, declared, selection)
    found = _KEPT.get(key)
    if found is None:
        try:
            found = _load(path, name, declared, selection)
        except (DataProblem, OtherHash) as problem:
            found = problem
        _KEPT.keep(key, found)
    if isinstance(found, Exception):
        raise found
    return found


@attrs.define
class _Kept:
    """What was read last, problems included; as many values as one check may read."""

    found: dict[Any, Loaded | Exception] = attrs.field(factory=dict)

    def get(self, key: Any) -> Loaded | Exception | None:
        return self.found.get(key)

    def keep(self, key: Any, found: Loaded | Exception) -> None:
        self.found[key] = found
        while len(self.found) > 1 and self._size() > MAX_ALL_VALUES:
            del self.found[next(iter(self.found))]

    def _size(self) -> int:
        problem = MAX_ALL_VALUES // 256
        return sum(
            len(item.values) if isinstance(item, Loaded) else problem
            for item in self.found.values()
        )


_KEPT = _Kept()


def _load(path: Path, name: str, declared: Type, selection: Selection) -> Loaded:
    try:
        data = read_bytes(path, MAX_BYTES)
    except Unreadable as error:
        raise unreadable(name, str(error)) from None
    sha256 = hashlib.sha256(data).hexdigest()
    if selection.sha256 not in (None, sha256):
        raise OtherHash(sha256)
    if isinstance(declared, MapType):
        values, of = _map(data, name, declared, selection)
    else:
        wanted = declared if isinstance(declared, ArrayType) else ArrayType((), declared)
        column = typed_array(_array(data, name, selection), wanted)
        values = column.values
        of = (
            ArrayType(declared.shape, column.type)
            if isinstance(declared, ArrayType)
            else column.type
        )
    return Loaded(sha256=sha256, values=values, type=of, digest=digest_of(values, of))


def _format(name: str) -> str:
    lowered = name.lower()
    for ending in FORMATS:
        if lowered.endswith(ending):
            return ending
    if lowered.endswith(_PICKLES):
        raise pickled(f"`{name}`")
    raise unfit(
        f"the format of `{name}` is not known",
        "data is read from .csv, .csv.gz, .npy, .npz and .json files",
    )


def _array(data: bytes, name: str, selection: Selection) -> Raw:
    match _format(name):
        case ".npy":
            return read_npy(data, name)
        case ".npz":
            return read_npz(data, selection.array)
        case ".json":
            return json_array(read_json(data), selection.array)
        case ending:
            chosen = selection.column
            if chosen is None and selection.value is not None:
                chosen = (selection.value,)
            return read_csv(data, chosen, packed=ending == ".csv.gz")


def _map(
    data: bytes, name: str, declared: MapType, selection: Selection
) -> tuple[tuple[Any, ...], Type]:
    axes = axes_of(declared.key)
    if axes is None:
        raise unfit(
            f"`{describe(declared.key)}` cannot be the key of a map: a key is a bounded integer, a "
            f"bool, a member of an enum, or a tuple or array of them, {MAX_VALUES:,} keys in all"
        )
    keys, values = _key_and_value(data, name, axes, selection)
    if len(values.cells) > MAX_VALUES:
        raise too_many(len(values.cells), MAX_VALUES)
    places = positions(keys, declared.key, axes)
    column = typed_cells(values, declared.value)
    return tuple(in_order(column.values, places)), MapType(declared.key, column.type)


def _key_and_value(
    data: bytes, name: str, axes: tuple[Axis, ...], selection: Selection
) -> tuple[Raw, Raw]:
    ending = _format(name)
    if ending == ".json":
        return _json_pairs(read_json(data), axes)
    if ending == ".npy":
        raise unfit(
            "a map needs keys and values, and a .npy file holds one array",
            "save both as .npz, and name them: `key = ..., value = ...`",
        )
    if selection.key is None or selection.value is None:
        what = "columns" if ending.startswith(".csv") else "arrays"
        raise unfit(
            f"a map needs keys and values, and the {what} that hold them are not named",
            'name them: `key = "...", value = "..."`',
        )
    if ending == ".npz":
        if len(selection.key) != 1:
            raise unfit("the keys of a .npz file are one array, with a column for each component")
        return read_npz(data, selection.key[0], "key"), read_npz(data, selection.value, "value")
    packed = ending == ".csv.gz"
    return (
        read_csv(data, selection.key, packed=packed),
        read_csv(data, (selection.value,), packed=packed),
    )


def _json_pairs(value: Any, axes: tuple[Axis, ...]) -> tuple[Raw, Raw]:
    """An object, or a list of [key, value] pairs."""
    if isinstance(value, Members):
        keys: list[Any] = [name for name, _ in value.pairs]
        values = [item for _, item in value.pairs]
        return Raw((len(keys),), keys, "json"), Raw((len(values),), values, "json")
    if not isinstance(value, list) or any(
        not isinstance(pair, list) or len(pair) != 2 for pair in value
    ):
        raise unfit("a map is a JSON object, or a list of [key, value] pairs")
    keys = [cell for key, _ in value for cell in (key if isinstance(key, list) else [key])]
    width = len(axes) if len(keys) == len(axes) * len(value) else 1
    if len(keys) != width * len(value):
        raise unfit(f"each key has {len(axes)} components")
    return Raw((len(value), width), keys, "json"), Raw(
        (len(value),), [item for _, item in value], "json"
    )
