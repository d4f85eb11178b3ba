"""A loaded specification: files, names, overrides; what every later pass reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.recursion import room_to_recurse
from gflowspec.core.schema import Vocabulary
from gflowspec.lang import ast
from gflowspec.lang.modules import Program, load_program
from gflowspec.lang.resolve import resolve
from gflowspec.lang.structure import check_structure
from gflowspec.lang.symbols import Kind, SymbolTable, Tables
from gflowspec.lang.syntax.parser import parse_override
from gflowspec.lang.syntax.reuse import ParsedItems


@attrs.frozen(eq=False, repr=False)
class Spec(Frozen):
    """A file with everything it imports, and the overrides of the command line.

    A spec may come from a file with errors: it then holds what could be read.

    Attributes:
        program: All files.
        tables: What the names of each file stand for.
        overrides: ``-s`` settings, in the order given.
        vocabulary: Components and sections that experiments can name.
    """

    program: Program
    tables: Tables
    overrides: tuple[ast.Override, ...]
    vocabulary: Vocabulary

    @property
    def module(self) -> str:
        """Key of the checked file."""
        return self.program.root

    @property
    def root(self) -> ast.Module:
        """The syntax tree of the checked file."""
        return self.program.modules[self.program.root].tree

    @property
    def names(self) -> SymbolTable:
        """Top-level names of the checked file."""
        return self.tables.of(self.module)

    @property
    def experiments(self) -> tuple[str, ...]:
        """Experiments that the checked file declares."""
        return self._declared(Kind.EXPERIMENT)

    @property
    def environments(self) -> tuple[str, ...]:
        """Environments that the checked file declares, aliases included."""
        return self._declared(Kind.ENVIRONMENT)

    @property
    def rewards(self) -> tuple[str, ...]:
        """Rewards that the checked file declares, aliases included."""
        return self._declared(Kind.REWARD)

    @property
    def sweeps(self) -> tuple[str, ...]:
        """Sweeps that the checked file declares."""
        return self._declared(Kind.SWEEP)

    def _declared(self, kind: Kind) -> tuple[str, ...]:
        table = self.names
        return tuple(n for n in table.names(kind) if table.symbols[n].module == self.module)


def load(
    path: str,
    overrides: Sequence[str],
    vocabulary: Vocabulary,
    known: ParsedItems | None = None,
    texts: Mapping[str, str] | None = None,
) -> tuple[Spec | None, tuple[Diagnostic, ...]]:
    """Read a file, follow its imports and resolve its names.

    Args:
        path: The ``.gfs`` file.
        overrides: Texts of the form ``path=value``, later ones win.
        vocabulary: Components and sections that experiments can name.
        known: Items of earlier texts, which are not parsed again.
        texts: What some files hold instead of what is on the disk, by resolved path.

    Returns:
        The spec, and all findings in display order. The spec is None if the file cannot be read
        or an override does not parse.
    """
    bag = DiagnosticBag()
    parsed: list[ast.Override] = []
    for text in overrides:
        override, found = parse_override(text)
        bag.extend(found)
        if override is not None:
            parsed.append(override)
    if bag.has_errors:
        return None, bag.sorted()
    with room_to_recurse():
        program, found = load_program(path, known, texts)
        bag.extend(found)
        if program is None:
            return None, bag.sorted()
        tables, found = resolve(program)
    bag.extend(found)
    for module in program.modules.values():
        bag.extend(check_structure(module.tree))
    return Spec(program, tables, tuple(parsed), vocabulary), bag.sorted()
