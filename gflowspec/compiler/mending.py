"""Mends files by the fixes of their diagnostics, over and over until none is left to make."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

import attrs

from gflowspec.compiler.front import check_spec
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag, Fix
from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import Vocabulary
from gflowspec.core.source import SourceFile
from gflowspec.lang.edits import apply_fixes
from gflowspec.lang.spec import load
from gflowspec.lang.style import check_style
from gflowspec.lang.syntax.parser import parse, read_source

#: A fix can make others possible; longer chains than this are two fixes that undo each other.
MAX_ROUNDS = 30


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Mended(Frozen):
    """Files before and after.

    Attributes:
        before: The texts as they were, by path.
        after: The texts as they would be.
        fixes: What was done, in order.
        diagnostics: What is left to say.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    fixes: tuple[Fix, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """The files that differ."""
        return tuple(path for path, text in self.before.items() if text != self.after[path])


def mend(
    paths: Sequence[str], vocabulary: Vocabulary, *, unsafe: bool = False, style: bool = False
) -> Mended:
    """Make all fixes in some files; nothing is written.

    Args:
        paths: The files that may be changed.
        vocabulary: Components and sections that experiments can name.
        unsafe: Whether to make fixes that may change what was meant.
        style: Whether to look at names and documentation too.
    """
    before, unreadable = _read(paths)
    texts = dict(before)
    done: list[Fix] = []
    for _ in range(MAX_ROUNDS):
        found = _check(texts, vocabulary, style=style)
        sources = _sources(found, texts)
        applied = apply_fixes(sources, _wanted(found, unsafe=unsafe))
        step = {os.path.realpath(name): text for name, text in applied.texts.items()}
        better = {path: step.get(os.path.realpath(path), text) for path, text in texts.items()}
        if better == texts or not all(_parses(path, texts, better) for path in texts):
            break
        texts = better
        done.extend(applied.fixes)
    return Mended(
        before=before,
        after=texts,
        fixes=tuple(done),
        diagnostics=(*unreadable, *_check(texts, vocabulary, style=style)),
    )


def _read(paths: Sequence[str]) -> tuple[dict[str, str], list[Diagnostic]]:
    texts: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for path in paths:
        source, found = read_source(path)
        problems.extend(found)
        if source is not None:
            texts[path] = source.text
    return texts, problems


def _check(
    texts: Mapping[str, str], vocabulary: Vocabulary, *, style: bool
) -> tuple[Diagnostic, ...]:
    """What ``check`` says about all files, each finding once."""
    bag = DiagnosticBag()
    overlay = {os.path.realpath(path): text for path, text in texts.items()}
    for path in texts:
        spec, loaded = load(path, (), vocabulary, texts=overlay)
        bag.extend(loaded)
        if spec is None:
            continue
        if style:
            bag.extend(check_style(spec.root))
        bag.extend(check_spec(spec, known=loaded)[1])
    return bag.sorted()


def _wanted(found: Iterable[Diagnostic], *, unsafe: bool) -> list[Fix]:
    """One fix of each finding: the first that is safe, else the first if all are allowed."""
    wanted = []
    for item in found:
        allowed = [fix for fix in item.fixes if fix.safe] or (list(item.fixes) if unsafe else [])
        wanted.extend(allowed[:1])
    return wanted


def _sources(found: Iterable[Diagnostic], texts: Mapping[str, str]) -> dict[str, SourceFile]:
    """The files that fixes speak of, by the names they use, as far as they may be changed."""
    allowed = {os.path.realpath(path) for path in texts}
    files = (edit.span.file for item in found for fix in item.fixes for edit in fix.edits)
    return {file.name: file for file in files if os.path.realpath(file.name) in allowed}


def _parses(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a text has no more syntax errors than before."""
    if before[path] == after[path]:
        return True
    counts = [len(parse(SourceFile(path, texts[path]))[1]) for texts in (after, before)]
    return counts[0] <= counts[1]
