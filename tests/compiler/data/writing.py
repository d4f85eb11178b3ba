"""Specifications with data files beside them, for tests."""

import json

from texts import codes, words

from gflowspec.api import check
from gflowspec.compiler.elaborate import elaborate_library
from gflowspec.lang.spec import load

HEAD = """gfs 1.0
enum Base { A, C, G }
environment E() {
  state { a: int[0..2] = 0  done: bool }
  action up() { a += 1 }
  action end() { done = true }
  stop
}
"""


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))


def elaborated(folder, text, head=HEAD):
    """Instances of a text and the codes of its errors and warnings."""
    path = folder / "spec.gfs"
    path.write_text(head + text)
    spec, found = load(str(path), (), words())
    instances, more = elaborate_library(spec)
    return instances, (*found, *more)


def data(folder, declaration, value, head=HEAD):
    """The constant that an expression over data is."""
    head = head.replace("  stop\n}", f"  stop\n  let it = {value}\n}}")
    instances, found = elaborated(folder, declaration, head)
    assert not [item.message for item in found if item.severity.value != "note"]
    return instances[0].environment.lets["it"].value


def problem(folder, declaration, head=HEAD):
    """The one finding about a declaration, as code and message."""
    _, found = elaborated(folder, declaration, head)
    [item] = [item for item in found if item.severity.value != "note"]
    assert item.primary is not None
    return item.code, item.message


__all__ = ["HEAD", "check", "codes", "data", "elaborated", "problem", "write"]
