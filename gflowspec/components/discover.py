"""Collects components: those of this package and those that other packages announce.

A module in one of the folders below that declares a component needs no further registration.
Another package announces component classes, one each, under the entry-point group
``gflowspec.components``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from gflowspec.components.announced import GROUP, is_extended
from gflowspec.components.sections import SECTIONS
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import UsageError
from gflowspec.core.schema import KINDS, Vocabulary

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: Folders of this package that hold components.
FOLDERS = (
    "backward",
    "devices",
    "encoders",
    "exploration",
    "forward",
    "heads",
    "metrics",
    "objectives",
    "optimizers",
    "replay",
    "residuals",
    "schedules",
    "test_sets",
    "trackers",
)


@cache
def vocabulary() -> Vocabulary:
    """Every component and section that ``.gfs`` files can name; neither imports torch.

    Raises:
        UsageError: What another package announces cannot be imported, or is no component.
        ValueError: Two components of one kind have the same name.
    """
    return Vocabulary.of((*built_in(), *_announced()), SECTIONS)


def _announced() -> tuple[type, ...]:
    """Components of other packages; without any, the metadata of all packages stays unread."""
    if not is_extended():
        return ()
    from importlib.metadata import entry_points

    return tuple(_load(entry) for entry in entry_points(group=GROUP))


def _load(entry: EntryPoint) -> type:
    try:
        found = entry.load()
    except Exception as error:  # whatever the code of another package raises
        raise _refused(entry, f"cannot be imported: {error}") from error
    if getattr(found, "component_kind", None) not in KINDS:
        raise _refused(entry, "is not a component")
    return found


def _refused(entry: EntryPoint, why: str) -> UsageError:
    return UsageError(
        Diagnostic(
            code="GFS214",
            severity=Severity.ERROR,
            message=f"`{entry.value}`, announced as `{entry.name}` under `{GROUP}`, {why}",
            helps=("repair or uninstall the package that announces it",),
        )
    )


def built_in() -> Iterator[type]:
    """Components of this package, in the order of folder, module and declaration."""
    for folder in FOLDERS:
        package = import_module(f"gflowspec.components.{folder}")
        for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
            module = import_module(f"{package.__name__}.{name}")
            for value in vars(module).values():
                if getattr(value, "component_kind", None) and value.__module__ == module.__name__:
                    yield value
