"""The functions in Python that a specification and its imports declare."""

from __future__ import annotations

from gflowspec.compiler.elaborate.begin import begin
from gflowspec.compiler.elaborate.externs import extern_of
from gflowspec.compiler.elaborate.session import Context
from gflowspec.compiler.externs.door import ExternDoor
from gflowspec.compiler.externs.locate import Located
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.lang.spec import Spec
from gflowspec.lang.symbols import Kind


def declared_functions(spec: Spec) -> tuple[tuple[Located, ...], tuple[Diagnostic, ...]]:
    """Each function once, in the order of declaration, and what was found on the way."""
    session = begin(spec)
    found: dict[str, Located] = {}
    for module in spec.program.modules:
        for symbol in spec.tables.of(module).symbols.values():
            if symbol.kind is not Kind.EXTERN:
                continue
            extern = extern_of(symbol, Context(session, symbol.module))
            door = None if extern is None else extern.door
            if isinstance(door, ExternDoor) and door.located is not None:
                found.setdefault(f"{door.located.file}:{door.located.target}", door.located)
    return tuple(found.values()), session.bag.sorted()
