"""What a run is about, before anything is built; nothing here needs torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import attrs

from gflowspec.compiler.externs.opening import loose_files
from gflowspec.compiler.front import Checked
from gflowspec.core import places
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import InternalError
from gflowspec.core.resources import STANDARD, data_directory
from gflowspec.ir.config import Config
from gflowspec.ir.hashes import hashes
from gflowspec.lang.file_refs import file_refs
from gflowspec.lang.spec import Spec
from gflowspec.tracking.naming import run_name


@attrs.frozen(kw_only=True)
class Job:
    """An experiment that was checked, with its identity.

    Attributes:
        spec: The file it comes from, with its imports.
        spec_path: That file, as it was given.
        overrides: ``path=value`` texts, in order.
        checked: Environment, reward, proofs.
        config: The resolved settings.
        hashes: ``env``, ``task``, ``run``, as printed.
        diagnostics: Warnings and notes.
    """

    spec: Spec
    spec_path: str
    overrides: tuple[str, ...]
    checked: Checked
    config: Config
    hashes: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()

    @classmethod
    def of(
        cls,
        spec: Spec,
        checked: Checked,
        *,
        spec_path: str,
        overrides: tuple[str, ...] = (),
        diagnostics: tuple[Diagnostic, ...] = (),
    ) -> Job:
        """A job from a checked experiment."""
        if checked.config is None:
            message = "a library instance is no experiment"
            raise InternalError(message)
        return cls(
            spec=spec,
            spec_path=spec_path,
            overrides=overrides,
            checked=checked,
            config=checked.config,
            hashes=hashes(checked.instance, checked.config),
            diagnostics=diagnostics,
        )

    @property
    def name(self) -> str:
        """The readable name of its runs."""
        return run_name(self.config, self.hashes["run"])

    @property
    def source(self) -> str:
        """Text of the file it comes from."""
        return self.spec.root.span.file.text

    @property
    def sources(self) -> dict[str, str]:
        """Texts of all files by their path below the folder of the first; the library left out."""
        root = Path(self.spec.module)
        texts = {root.name: self.source}
        for key, module in self.spec.program.modules.items():
            if not key.startswith(STANDARD) and key != self.spec.module:
                below = Path(key).relative_to(root.parent).as_posix()
                texts[below] = module.tree.span.file.text
        return texts

    @property
    def tables(self) -> dict[str, Path]:
        """Data files and modules beside them, likewise; what is shared or installed is left out."""
        tree = Path(self.spec.module).parent
        roots = [tree, data_directory()]
        found = {}
        for key, module in self.spec.program.modules.items():
            for ref in () if key.startswith(STANDARD) else file_refs(module.tree):
                place = Path(os.path.normpath(Path(key).parent / ref.path.value))
                real = places.real_path(place)
                inside = real is not None and places.within(real, roots)
                if inside and place.is_relative_to(tree) and places.is_file(place):
                    found[place.relative_to(tree).as_posix()] = place
        for located in loose_files(self.checked.instance):
            place = Path(located.file)
            found[place.relative_to(tree).as_posix()] = place
        return found
