"""Where the module of a function is, found without running any of its code."""

from __future__ import annotations

import hashlib
import importlib.machinery
import os
import re
import sys
from functools import lru_cache
from pathlib import Path

import attrs

from gflowspec.compiler.externs.worker import search_path
from gflowspec.core import places
from gflowspec.core.resources import package_directory

#: Largest file of a module.
MAX_BYTES = 16 * 2**20
_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@attrs.frozen(kw_only=True)
class Located:
    """A module that was found.

    Attributes:
        module: Its name.
        function: The function in it.
        file: Its file.
        sha256: The hash of the file.
        loose: Whether it stands beside the specification.
    """

    module: str
    function: str
    file: str
    sha256: str
    loose: bool

    @property
    def target(self) -> str:
        """``package.module:function``."""
        return f"{self.module}:{self.function}"

    @property
    def ships(self) -> bool:
        """Whether it is one of the functions that come with GFlowSpec."""
        inside = Path(self.file).is_relative_to(package_directory() / "contrib")
        return inside and not self.loose and self.module.startswith(SHIPPED)

    @property
    def distribution(self) -> str:
        """What installed it, with the version, in words."""
        if self.loose:
            return "no distribution: a file beside the specification"
        from importlib import metadata  # noqa: PLC0415 - slow, and for externs alone

        top = self.module.partition(".")[0]
        names = sorted(set(metadata.packages_distributions().get(top, [])))
        if not names:
            return "no distribution"
        return ", ".join(f"{name} {metadata.version(name)}" for name in names)


#: Modules whose functions come with GFlowSpec, and are part of what the user runs already.
SHIPPED = "gflowspec.contrib."


class NotFound(Exception):
    """There is no such module; the text says why."""


def is_target(text: str) -> bool:
    """Whether a text has the form ``package.module:function``."""
    return _TARGET.fullmatch(text) is not None


def locate(target: str, folder: Path | None, tree: Path) -> Located:
    """Find the file of a module and hash it.

    Args:
        target: ``package.module:function``.
        folder: Folder of the declaring file, where a module may stand beside it; None for the
            standard library.
        tree: The folder that such a module may not leave.

    Raises:
        NotFound: There is no such file.
    """
    module, _, function = target.partition(":")
    if module.partition(".")[0] in sys.stdlib_module_names:
        message = "it is a module of Python itself"
        raise NotFound(message)
    beside = None if folder is None else _beside(module, folder, tree)
    file = beside or _installed(module)
    try:
        data = places.read_bytes(Path(file), MAX_BYTES)
    except places.Unreadable as error:
        raise NotFound(str(error)) from None
    return Located(
        module=module,
        function=function,
        file=str(file),
        sha256=hashlib.sha256(data).hexdigest(),
        loose=beside is not None,
    )


def _beside(module: str, folder: Path, tree: Path) -> str | None:
    path = places.real_path(folder.joinpath(*module.split(".")).with_suffix(".py"))
    if path is None or not places.is_file(path):
        return None
    if not places.within(path, [tree]):
        message = f"`{path.name}` is a link that leads out of the folder of the specification"
        raise NotFound(message)
    return str(path)


def _installed(module: str) -> str:
    """The file of an installed module; packages around it are not imported."""
    path: list[str] | None = search_path()
    found = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        found = _spec(name, tuple(path) if path is not None else None, top=depth == 1)
        if found is None:
            message = f"there is no module `{name}`"
            raise NotFound(message)
        locations = found.submodule_search_locations
        path = None if locations is None else list(locations)
        if path is None and depth < len(parts):
            message = f"`{name}` is no package"
            raise NotFound(message)
    origin = None if found is None else found.origin
    if origin is None or not os.path.isfile(origin):  # noqa: PTH113 - it never raises
        message = f"`{module}` has no file"
        raise NotFound(message)
    return origin


@lru_cache(maxsize=256)
def _spec(
    name: str, path: tuple[str, ...] | None, *, top: bool
) -> importlib.machinery.ModuleSpec | None:
    found = importlib.machinery.PathFinder.find_spec(name, None if path is None else list(path))
    if found is not None or not top:
        return found
    # Editable installations add finders of their own, which know where a package is.
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is None or finder in (
            importlib.machinery.BuiltinImporter,
            importlib.machinery.FrozenImporter,
            importlib.machinery.PathFinder,
        ):
            continue
        found = find(name, None, None)
        if found is not None:
            return found  # type: ignore[no-any-return] # finders are not typed
    return None
