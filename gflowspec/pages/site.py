"""All pages of some files: one for each environment, and an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

import attrs

from gflowspec.compiler.front import Checked
from gflowspec.lang import ast
from gflowspec.lang.scopes import environment_node
from gflowspec.lang.spec import Spec
from gflowspec.pages import html
from gflowspec.pages.environment import Subject, environment_page, place_of, summary_of

INDEX = "index.html"


@attrs.frozen(kw_only=True)
class Entry:
    """A page with the name of its file."""

    file: str
    subject: Subject
    source: str


def subjects(spec: Spec, checked: Sequence[Checked]) -> Iterator[Subject]:
    """What the pages of a file are about: every environment that it declares.

    Args:
        spec: The loaded file.
        checked: Its environments at their defaults, from ``check_library``.
    """
    rewards = [item for item in spec.root.items if isinstance(item, ast.Reward)]
    done: set[str] = set()
    for item in checked:
        symbol = spec.names.get(item.instance.environment.name)
        if symbol is None or symbol.module != spec.module or symbol.name in done:
            continue
        node = environment_node(symbol, spec.tables)
        if node is not None and node is symbol.node:
            done.add(symbol.name)
            yield Subject(
                node=node,
                checked=item,
                rewards=tuple(reward for reward in rewards if _is_for(reward, node, spec)),
                experiments=tuple(_experiments(spec, node)),
            )


def pages(found: Iterable[tuple[str, Subject]]) -> dict[str, str]:
    """File names and texts of all pages, the index among them.

    Args:
        found: Subjects, each with the file that declares it.
    """
    entries: list[Entry] = []
    taken: set[str] = {INDEX}
    for path, subject in found:
        name = _free(f"{Path(path).stem}.{subject.node.name.text}", taken)
        entries.append(Entry(file=name, subject=subject, source=path))
    texts = {item.file: environment_page(item.subject, back=INDEX) for item in entries}
    return {INDEX: _index(entries), **texts}


def _free(stem: str, taken: set[str]) -> str:
    """A file name that no other page has."""
    number, name = 1, f"{stem}.html"
    while name in taken:
        number += 1
        name = f"{stem}-{number}.html"
    taken.add(name)
    return name


def _is_for(reward: ast.Reward, node: ast.Environment, spec: Spec) -> bool:
    for name in reward.environments:
        symbol = spec.tables.find(spec.module, tuple(part.text for part in name.parts))
        if symbol is not None and environment_node(symbol, spec.tables) is node:
            return True
    return False


def _experiments(spec: Spec, node: ast.Environment) -> Iterator[str]:
    """Experiments of the file whose ``environment`` is a call of this one, or of an alias of it."""
    for item in spec.root.items:
        if not isinstance(item, ast.Experiment):
            continue
        for entry in item.entries:
            if isinstance(entry, ast.Set) and entry.path.text == "environment":
                called = entry.value.function if isinstance(entry.value, ast.Apply) else entry.value
                symbol = spec.tables.find(spec.module, tuple(called.span.text.split(".")))
                if symbol is not None and environment_node(symbol, spec.tables) is node:
                    yield item.name.text


def _index(entries: Sequence[Entry]) -> str:
    rows = []
    for item in entries:
        name = item.subject.node.name.text
        strengths = sorted(
            {result.strength for result in item.subject.checked.report.results.values()},
            key=lambda strength: strength.order,
        )
        badges = " ".join(
            f'<span class="badge {strength.value}">{strength.value}</span>'
            for strength in strengths
        )
        link = f'<a href="{escape(item.file)}">{escape(name)}</a>'
        rows.append([link, summary_of(item.subject), badges, html.code(place_of(item.source))])
    body = [
        "<h1>Environments</h1>",
        html.table(["", "", "obligations", "declared in"], rows)
        if rows
        else "<p>No environment is declared here.</p>",
    ]
    return html.page("Environments", body)
