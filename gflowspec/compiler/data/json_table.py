"""``.json`` files: numbers in nested lists, or an object whose members are keys and values."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import attrs

from gflowspec.compiler.data.limits import MAX_AXES, MAX_JSON_BYTES, MAX_VALUES
from gflowspec.compiler.data.problems import malformed, no_member, too_many, unfit, which_member
from gflowspec.compiler.data.raw import Raw


@attrs.frozen(eq=False)
class Members:
    """A JSON object: its members in order, repeated names included."""

    pairs: list[tuple[str, Any]]

    @property
    def names(self) -> list[str]:
        """The names of the members."""
        return [name for name, _ in self.pairs]


def read_json(data: bytes) -> Any:
    """The value of a file; objects are ``Members``.

    Raises:
        DataProblem: GFS203.
    """
    if len(data) > MAX_JSON_BYTES:
        raise unfit(
            f"the file has {len(data):,} bytes of JSON; {MAX_JSON_BYTES:,} are allowed",
            "save large tables as .npy",
        )
    try:
        return json.loads(data, object_pairs_hook=Members, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise malformed(".json file", "it is not Unicode") from None
    except RecursionError:
        raise malformed(".json file", "it is nested too deeply") from None
    except ValueError as error:
        raise malformed(".json file", str(error)) from None


def _refuse(word: str) -> NoReturn:
    message = f"`{word}` is no JSON"
    raise ValueError(message)


def json_array(value: Any, array: str | None) -> Raw:
    """Nested lists as an array.

    Args:
        value: What ``read_json`` gave.
        array: The member that holds the lists; None if the file is the list.

    Raises:
        DataProblem: GFS203.
    """
    if isinstance(value, Members):
        if array is None:
            raise which_member("array", value.names)
        if array not in value.names:
            raise no_member("array", array, value.names)
        value = dict(value.pairs)[array]
    elif array is not None:
        raise unfit(f"the file is no object, so it has no member `{array}`")
    shape: list[int] = []
    level: list[Any] = [value]
    while level and isinstance(level[0], list):
        if len(shape) == MAX_AXES:
            raise malformed(".json file", "its lists are nested too deeply")
        if any(not isinstance(item, list) or len(item) != len(level[0]) for item in level):
            raise unfit("the lists of one level differ in length")
        shape.append(len(level[0]))
        if len(level) * len(level[0]) > MAX_VALUES:
            raise too_many(len(level) * len(level[0]), MAX_VALUES)
        level = [cell for item in level for cell in item]
    return Raw(tuple(shape), level, "json")
