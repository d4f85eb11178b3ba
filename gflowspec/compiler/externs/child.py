"""The worker: a process of its own that imports one function and calls it.

It is started by its path and knows nothing of GFlowSpec. It reads one JSON object a line from
standard input and answers with one a line. The function's own prints go nowhere.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import math
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    setup = json.loads(sys.stdin.readline())
    try:
        limit_memory(setup["memory"])
        function = load(setup)
    except BaseException as error:
        say(answers, {"error": described(error)})
        return
    say(answers, {"ready": True})
    readers = [reader(form) for form in setup["forms"]]
    shared = {int(at): readers[int(at)](value) for at, value in setup["shared"].items()}
    for line in sys.stdin:
        request = json.loads(line)
        rows = [arguments(row, readers, shared) for row in request["rows"]]
        for part in [rows] if setup["batched"] else [[row] for row in rows]:
            watch(request["seconds"])
            say(answers, answer(function, part, setup))
            watch(0)


def say(answers: Any, value: Any) -> None:
    """Write one line."""
    answers.write(json.dumps(value) + "\n")
    answers.flush()


def watch(seconds: float) -> None:
    """End this process if a call never returns and nobody is left to end it."""
    if hasattr(signal, "alarm"):
        signal.alarm(math.ceil(seconds) + 10 if seconds else 0)


def limit_memory(size: int) -> None:
    """Refuse to have more memory than ``size`` bytes; 0 is no limit."""
    if size:
        import resource  # noqa: PLC0415 - not on every platform

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def load(setup: dict[str, Any]) -> Any:
    """The function; the file of its module must be the one that was trusted."""
    sys.path[:] = setup["path"]
    source = Path(setup["file"]).read_bytes()
    if hashlib.sha256(source).hexdigest() != setup["sha256"]:
        message = f"{setup['file']} was changed"
        raise ImportError(message)
    module = loose(setup, source) if setup["loose"] else importlib.import_module(setup["module"])
    return getattr(module, setup["function"])


def loose(setup: dict[str, Any], source: bytes) -> Any:
    """A module beside the specification, from the bytes that were compared.

    Byte code that lies beside it is never used: it could be that of another text.
    """
    spec = importlib.util.spec_from_loader(setup["module"], loader=None, origin=setup["file"])
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = setup["file"]
    sys.modules[setup["module"]] = module
    exec(compile(source, setup["file"], "exec"), module.__dict__)
    return module


def reader(form: Any) -> Any:
    """What turns a value of the wire into one for the function."""
    if form == "plain":
        return lambda value: value
    if form == "real":
        return float
    word, *rest = form
    if word == "enum":
        members = rest[0]
        return lambda value: members[value]
    if word == "array":
        shape, element = rest[0], reader(rest[1])
        return lambda value: nested([element(item) for item in value], shape)
    if word == "graph":
        label = None if rest[1] is None else reader(rest[1])
        return lambda value: edges(value, rest[0], label)
    if word == "tuple":
        parts = [reader(item) for item in rest[0]]
        return lambda value: tuple(part(item) for part, item in zip(parts, value, strict=True))
    element = reader(rest[0])
    if word == "slot":
        return lambda value: None if value is None else element(value)
    made = set if word == "set" else list
    return lambda value: made(element(item) for item in value)


def nested(cells: list[Any], shape: list[int]) -> list[Any]:
    """Row-major cells as nested lists."""
    for length in reversed(shape[1:]):
        cells = [cells[i : i + length] for i in range(0, len(cells), length)]
    return cells


def edges(cells: list[Any], nodes: int, label: Any) -> list[tuple[Any, ...]]:
    """The edges of a graph, (u, v) or (u, v, label), from its row-major matrix."""
    if label is None:
        return [divmod(place, nodes) for place, cell in enumerate(cells) if cell]
    return [
        (*divmod(place, nodes), label(cell)) for place, cell in enumerate(cells) if cell is not None
    ]


def arguments(row: list[Any], readers: list[Any], shared: dict[int, Any]) -> list[Any]:
    """The arguments of one call; those that all calls share are not sent again."""
    given = iter(row)
    return [shared[at] if at in shared else read(next(given)) for at, read in enumerate(readers)]


def answer(function: Any, rows: list[list[Any]], setup: dict[str, Any]) -> dict[str, Any]:
    """The results of a batch, or of one call, or what went wrong."""
    keywords = setup["keywords"]
    try:
        if not setup["batched"]:
            return {"results": [plain(function(*rows[0], **keywords))]}
        columns = [list(column) for column in zip(*rows, strict=True)]
        results = plain(function(*columns, **keywords))
        if not isinstance(results, list) or len(results) != len(rows):
            got = f"{len(results)}" if isinstance(results, list) else type(results).__name__
            return {"error": f"a batch of {len(rows)} needs a list of as many results, not {got}"}
        return {"results": results}
    except MemoryError:
        return {"error": "MemoryError: it needs more memory than it may have"}
    except Exception as error:
        return {"error": described(error)}


def plain(value: Any) -> Any:
    """Results of numpy and torch as Python has them; what JSON lacks as text."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return repr(value)[:200]


def described(error: BaseException) -> str:
    """An exception and the last place of it, in one line."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    frames = traceback.extract_tb(error.__traceback__)
    here = [frame for frame in frames if frame.filename != __file__]
    if here:
        text += f" ({Path(here[-1].filename).name}, line {here[-1].lineno})"
    return text[:500]


if __name__ == "__main__":
    main()
