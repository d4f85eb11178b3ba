"""The files that a specification is read from."""

from __future__ import annotations

from pathlib import Path

from gflowspec.core.resources import STANDARD
from gflowspec.lang import ast
from gflowspec.lang.file_refs import file_refs
from gflowspec.lang.spec import Spec


def files_of(spec: Spec) -> tuple[Path, ...]:
    """The file, what it imports, and the tables it reads, existing or not.

    The standard library and the data directory are left out.
    """
    found: dict[Path, None] = {}
    for key, module in spec.program.modules.items():
        if key.startswith(STANDARD):
            continue
        found[Path(key)] = None
        imported = [
            item.path.value
            for item in module.tree.items
            if isinstance(item, ast.ImportModule | ast.ImportNames)
        ]
        for written in (*imported, *(ref.path.value for ref in file_refs(module.tree))):
            if not written.startswith("gfs:") and "\0" not in written:
                found[Path(key).parent / written] = None
    return tuple(found)
