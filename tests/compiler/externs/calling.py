"""Specifications with functions in Python beside them, for tests."""

from texts import words

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import elaborate_library
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.externs.opening import loose_files, open_doors
from gflowspec.lang.spec import load

LETTERS = """
environment Letters(n: int[1..4] = 3) {
  state { w: array[n] of int[0..2]? }
  action write(p in index(w), b in 0..2) { w[p] := b }
  terminal when filled(w)
}
"""


def elaborated(folder, code, text):
    """The one instance of a text, and its findings; ``code`` stands beside it in ``score.py``."""
    (folder / "score.py").write_text(code)
    path = folder / "spec.gfs"
    path.write_text(f"gfs 1.0\n{text}")
    spec, found = load(str(path), (), words())
    instances, more = elaborate_library(spec)
    return instances, (*found, *more)


def instance(folder, code, text):
    """The instance of a text, whose functions may be called."""
    instances, found = elaborated(folder, code, text)
    assert not [item.message for item in found if item.severity.value != "note"]
    [made] = instances
    open_doors(made, [item.sha256 for item in loose_files(made)])
    return made


def environments(made, table_limit=65_536):
    """Tensor program and interpreter of an instance."""
    derived, _ = derive(made.environment)
    return tuple(
        Environment.of(derived, made.rewards[0], table_limit=table_limit, backend=backend)
        for backend in ("tensor", "reference")
    )
