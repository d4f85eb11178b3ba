"""What ``check`` said about a file, kept as long as nothing it depends on has changed.

Only a file without errors has a verdict: everything it asks for was found then, so the verdict
depends on the texts that were read, the overrides, and the state of GFlowSpec. All of them are
compared before a verdict is used. Nothing here loads the parser or the compiler.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from gflowspec.components.announced import is_extended
from gflowspec.core import resources
from gflowspec.core.canonical import canonical_json
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.entries import read_entry, write_entry
from gflowspec.core.frozen import Frozen
from gflowspec.core.resources import STANDARD
from gflowspec.core.source import SourceFile, Span
from gflowspec.core.stored import from_stored, to_stored
from gflowspec.core.tool import tool_digest

if TYPE_CHECKING:
    from gflowspec.lang.spec import Spec

FOLDER = "verdicts"
#: Verdicts that are kept; the oldest ones go first.
KEPT = 400

#: For each instance ``O1`` .. ``O9`` with ``strength`` and ``detail``.
Obligations = Mapping[str, Mapping[str, Mapping[str, str]]]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Question(Frozen):
    """What is asked of ``check``: a file, overrides, parameters of the scope, and style too."""

    path: str
    overrides: tuple[str, ...] = ()
    scope: Mapping[str, int] = attrs.field(factory=dict)
    style: bool = False

    @property
    def key(self) -> str:
        """What a verdict is found by: all that it depends on but the texts."""
        asked = [self.path, os.path.realpath(self.path), self.overrides, self.scope, self.style]
        return hashlib.sha256(canonical_json([asked, tool_digest()]).encode()).hexdigest()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Verdict(Frozen):
    """What was found out about a file."""

    path: str
    diagnostics: tuple[Diagnostic, ...]
    obligations: Obligations = attrs.field(factory=dict)


def recall(question: Question) -> Verdict | None:
    """The verdict on a file that has not changed; None if it has to be checked."""
    if is_extended():  # by code that may change without notice
        return None
    key = question.key
    stored = read_entry(FOLDER, key)
    if stored is None:
        return None
    try:
        if stored["key"] != key:
            return None
        texts = [_unchanged(item) for item in stored["texts"]]
        if None in texts:
            return None

        def span(at: Sequence[int]) -> Span:
            number, start, end = at
            source = texts[number]
            assert source is not None
            return Span(source, start, end)

        diagnostics = tuple(from_stored(item, span) for item in stored["diagnostics"])
        obligations = {
            title: {name: _result(item) for name, item in results.items()}
            for title, results in stored["obligations"].items()
        }
        return Verdict(path=question.path, diagnostics=diagnostics, obligations=obligations)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None


def _result(stored: Mapping[str, str]) -> dict[str, str]:
    return {"strength": stored["strength"], "detail": stored["detail"]}


def keep(question: Question, verdict: Verdict, spec: Spec) -> None:
    """Keep the verdict on a file that was just read, unless it has errors or reads other data."""
    if any(item.is_error for item in verdict.diagnostics) or is_extended():
        return
    texts = _texts(spec)
    if texts is None:
        return
    names = {text["name"]: number for number, text in enumerate(texts)}
    if len(names) < len(texts):
        return  # a place could not be told from another
    key = question.key
    try:
        value = {
            "key": key,
            "texts": texts,
            "diagnostics": [
                to_stored(item, lambda span: [names[span.file.name], span.start, span.end])
                for item in verdict.diagnostics
            ],
            "obligations": verdict.obligations,
        }
        write_entry(FOLDER, key, value, kept=KEPT)
    except (KeyError, TypeError, ValueError):
        return  # it speaks of a place, or holds a value, that cannot be stored


def _texts(spec: Spec) -> list[dict[str, Any]] | None:
    """The files of a program with their digests, and where their imports lead.

    None if a file that is no ``.gfs`` has a part in it.
    """
    from gflowspec.lang import ast

    found = []
    for key, module in spec.program.modules.items():
        if any(isinstance(item, ast.Data | ast.Extern) for item in module.tree.items):
            return None
        source = module.tree.span.file
        links = [] if key.startswith(STANDARD) else sorted(module.imports.items())
        found.append(
            {
                "key": key,
                "name": source.name,
                "digest": hashlib.sha256(source.text.encode("utf-8")).hexdigest(),
                "links": [[path, to] for path, to in links if not path.startswith(STANDARD)],
            }
        )
    return found


def _unchanged(stored: Mapping[str, Any]) -> SourceFile | None:
    """A file as it was; None if its text, or what one of its imports means, is another now."""
    key = stored["key"]
    if key.startswith(STANDARD):
        place = resources.std_directory() / f"{key.removeprefix(STANDARD)}.gfs"
    else:
        place = Path(key)
        for path, to in stored["links"]:
            if os.path.realpath(place.parent / path) != to:
                return None
    try:
        data = place.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != stored["digest"]:
        return None
    return SourceFile(stored["name"], data.decode("utf-8"))
