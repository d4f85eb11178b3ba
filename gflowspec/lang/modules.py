"""Files and their imports: from the checked file to every module it reaches."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from gflowspec.core import places, resources
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import SourceFile
from gflowspec.lang import ast
from gflowspec.lang.messages import hashes
from gflowspec.lang.messages import names as messages
from gflowspec.lang.messages.settings import unknown_setting
from gflowspec.lang.syntax.parser import parse, read_source
from gflowspec.lang.syntax.reuse import ParsedItems

#: The beginning of an item that declares a name; used on files with syntax errors only.
_HEADER = re.compile(
    r"^\s*(?:const|param|enum|type|(?:extern\s+)?fn|data|environment|reward|experiment|sweep)"
    r"\s+(\w+)",
    re.MULTILINE,
)


@attrs.frozen(eq=False, repr=False)
class LoadedModule(Frozen):
    """A parsed file.

    Attributes:
        key: What identifies it: its resolved path, or ``gfs:std/name``.
        tree: The items that could be parsed.
        imports: Key of the module that each import path of this file leads to; imports that
            could not be followed are missing.
        broken: Names of items that could not be parsed.
    """

    key: str
    tree: ast.Module
    imports: Mapping[str, str]
    broken: frozenset[str] = frozenset()

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.tree.span.file.text.encode("utf-8")).hexdigest()


@attrs.frozen(eq=False, repr=False)
class Program(Frozen):
    """The checked file and everything it imports, by key; imported files come first."""

    root: str
    modules: Mapping[str, LoadedModule]


def load_program(
    path: str,
    known: ParsedItems | None = None,
    texts: Mapping[str, str] | None = None,
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """Read ``path`` and all files it imports.

    Args:
        path: The file.
        known: Items of earlier texts, which are not parsed again.
        texts: What some files hold instead of what is on the disk, by resolved path.

    Returns:
        The program, None if the file itself could not be read, and what was found; never raises
        on what a file contains.
    """
    given = texts.get(os.path.realpath(path)) if texts else None
    source, found = read_source(path) if given is None else (SourceFile(path, given), ())
    if source is None:
        return None, tuple(found)
    location = Path(path).resolve()
    loader = _Loader(tree_root=location.parent, known=known, texts=texts or {})
    loader.bag.extend(found)
    root = loader.load(str(location), source, location.parent)
    return Program(root.key, dict(loader.modules)), loader.bag.sorted()


@attrs.define
class _Loader:
    tree_root: Path
    known: ParsedItems | None = None
    texts: Mapping[str, str] = attrs.field(factory=dict)
    bag: DiagnosticBag = attrs.field(factory=DiagnosticBag)
    modules: dict[str, LoadedModule] = attrs.field(factory=dict)
    #: Keys and display names of the files between the root and the one that is being read.
    stack: list[tuple[str, str]] = attrs.field(factory=list)

    def read(self, name: str, key: str) -> tuple[SourceFile | None, tuple[Diagnostic, ...]]:
        """A file under the name that messages mention, or what stands for it."""
        if key in self.texts:
            return SourceFile(name, self.texts[key]), ()
        return read_source(name if Path(name).is_file() else key)

    def load(self, key: str, source: SourceFile, folder: Path | None) -> LoadedModule:
        """Parse one file and follow its imports; ``folder`` is None for the standard library."""
        tree, found = parse(source, self.known)
        self.bag.extend(found)
        self.stack.append((key, source.name))
        imports: dict[str, str] = {}
        for item in tree.items:
            if isinstance(item, ast.ImportModule | ast.ImportNames):
                target = self.follow(item.path, folder)
                if target is not None:
                    imports[item.path.value] = target
                    self.compare(item.pin, self.modules[target])
        self.stack.pop()
        failed = any(item.is_error for item in found)
        broken = frozenset(_HEADER.findall(source.text)) if failed else frozenset()
        self.modules[key] = LoadedModule(key, tree, imports, broken)
        return self.modules[key]

    def follow(self, path: ast.String, folder: Path | None) -> str | None:
        """The key of the imported module, loaded; None if that was impossible."""
        if path.value.startswith(resources.STANDARD):
            return self.follow_standard(path)
        if folder is None:
            self.bag.add(messages.import_not_found(path.span, path.value))
            return None
        location = self.locate(path, folder)
        if location is None:
            return None
        key = str(location)
        if self.closes_cycle(key, path):
            return None
        if key not in self.modules:
            name = str(Path(self.stack[-1][1]).parent / path.value)
            source, found = self.read(name, key)
            self.bag.extend(found)
            if source is None:
                return None
            self.load(key, source, location.parent)
        return key

    def follow_standard(self, path: ast.String) -> str | None:
        name = path.value.removeprefix(resources.STANDARD).removesuffix(".gfs")
        folder = resources.std_directory()
        known = sorted(item.stem for item in folder.glob("*.gfs"))
        if name not in known:
            candidates = [resources.STANDARD + item for item in known]
            self.bag.add(messages.import_not_found(path.span, path.value, candidates))
            return None
        key = resources.STANDARD + name
        if self.closes_cycle(key, path):
            return None
        if key not in self.modules:
            text = (folder / f"{name}.gfs").read_text(encoding="utf-8")
            self.load(key, SourceFile(key, text), None)
        return key

    def locate(self, path: ast.String, folder: Path) -> Path | None:
        """The file that a relative path means, inside the folder tree of the checked file."""
        written = path.value
        location = None if "\0" in written else places.real_path(folder / written)
        if location is not None and not places.within(location, [self.tree_root]):
            self.bag.add(messages.path_leaves_tree(path.span, places.shown(written)))
            return None
        if location is None or not places.is_file(location):
            known = _neighbours(folder)
            self.bag.add(messages.import_not_found(path.span, places.shown(written), known))
            return None
        return location

    def compare(self, pin: ast.Pin | None, module: LoadedModule) -> None:
        """Report a pin that is none (GFS111, GFS202), or that means another file (GFS202)."""
        if pin is None:
            return
        if pin.name.text != "sha256":
            name = pin.name
            what = "an import"
            self.bag.add(unknown_setting(name.span, name.text, what, ("sha256",), noun="argument"))
        elif not hashes.is_hash(pin.value.value):
            self.bag.add(hashes.no_hash(pin.value.span))
        elif pin.value.value.lower() != module.sha256:
            written = pin.value.value.lower()
            self.bag.add(hashes.other_hash(pin.value.span, written, module.sha256))

    def closes_cycle(self, key: str, path: ast.String) -> bool:
        """Whether ``key`` is being loaded already; reported if so."""
        keys = [item[0] for item in self.stack]
        if key not in keys:
            return False
        names = [item[1] for item in self.stack[keys.index(key) :]]
        self.bag.add(messages.import_cycle(path.span, names))
        return True


def _neighbours(folder: Path) -> tuple[str, ...]:
    """Names of the ``.gfs`` files in a folder, for suggestions."""
    try:
        return tuple(sorted(item.name for item in folder.glob("*.gfs")))
    except OSError:
        return ()
