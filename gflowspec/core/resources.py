"""Finds what ships beside the code: the grammar and the standard library."""

from __future__ import annotations

import os
from pathlib import Path

from gflowspec.core.errors import InternalError

#: How imports of the standard library begin.
STANDARD = "gfs:std/"

_PACKAGE = Path(__file__).resolve().parent.parent
_GRAMMAR = "gflowspec.lark"


def grammar_file() -> Path:
    """The grammar: inside the package in a wheel, else in the checkout around it.

    Raises:
        InternalError: The installation is incomplete.
    """
    for folder in (_PACKAGE / "_grammar", _PACKAGE.parent / "grammar"):
        if (folder / _GRAMMAR).is_file():
            return folder / _GRAMMAR
    message = f"the grammar is missing from the installation in {_PACKAGE}"
    raise InternalError(message)


def package_directory() -> Path:
    """The folder of this package."""
    return _PACKAGE


def std_directory() -> Path:
    """The folder of the standard library, ``gfs:std``."""
    return _PACKAGE / "std"


def cache_directory() -> Path:
    """The user's cache folder (it may not exist yet, and may not be writable)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path(os.path.expanduser("~"), ".cache")  # noqa: PTH111 - unlike Path.home() it does not raise without a home
    return root / "gflowspec"


def data_directory() -> Path:
    """The folder of tables and weights that specifications share, ``gfs:data`` (it may not exist).

    ``$GFLOWSPEC_DATA``, else ``data`` in the user's cache folder.
    """
    given = os.environ.get("GFLOWSPEC_DATA", "")
    return Path(given).absolute() if given else cache_directory() / "data"


def config_directory() -> Path:
    """The user's folder of decisions that outlive a cache (it may not exist yet)."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path(os.path.expanduser("~"), ".config")  # noqa: PTH111 - as above
    return root / "gflowspec"
