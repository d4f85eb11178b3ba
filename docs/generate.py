"""Writes the generated parts of the reference pages; ``--check`` only says whether they are fresh.

A page keeps what stands above its marker line and gets everything below it from here.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path

import click

from gflowspec.cli.main import main
from gflowspec.cli.settings_text import default_text, summary, type_text
from gflowspec.cli.verbs import all_commands
from gflowspec.components.discover import vocabulary
from gflowspec.core.codes import CODES
from gflowspec.core.schema import Parameter, parameters

DOCS = Path(__file__).parent
MARKER = "<!-- below this line: python docs/generate.py -->"


def cli() -> Iterator[str]:
    """Help of every verb."""
    for name, command in sorted(all_commands().items()):
        yield from _help(name)
        if isinstance(command, click.Group):
            for inner in sorted(command.commands):
                yield from _help(f"{name} {inner}")


def _help(verb: str) -> Iterator[str]:
    text = io.StringIO()
    with redirect_stdout(text):
        main([*verb.split(), "--help"])
    yield f"## {verb}\n\n```\n{text.getvalue().rstrip()}\n```\n"


def settings() -> Iterator[str]:
    """Sections and components with their settings."""
    words = vocabulary()
    for path, section in words.sections.items():
        rows = list(_rows(parameters(section)))
        if rows:
            yield f"## {_section_title(path)}\n\n{_TABLE}" + "\n".join(rows) + "\n"
    for kind, classes in words.components.items():
        for name, cls in sorted(classes.items()):
            rows = list(_rows(parameters(cls)))
            table = f"\n{_TABLE}" + "\n".join(rows) + "\n" if rows else ""
            yield f"## {kind} `{name}`\n\n{summary(cls)}\n{table}"


_TABLE = "| setting | type | default | meaning |\n|---|---|---|---|\n"


def _section_title(path: str) -> str:
    if path == "":
        return "experiment"
    return "`evaluate { every N { ... } }`" if path == "evaluate.every" else f"`{path}`"


def _rows(found: tuple[Parameter, ...]) -> Iterator[str]:
    for item in found:
        kind = type_text(item).replace("|", "\\|")
        yield f"| `{item.key}` | {kind} | `{default_text(item)}` | {item.doc} |"


def codes() -> Iterator[str]:
    """Every diagnostic."""
    yield "| code | severity | title |\n|---|---|---|\n" + "\n".join(
        f"| {code} | {entry.severity.value} | {entry.title} |" for code, entry in CODES.items()
    )


PAGES = {"cli.md": cli, "settings.md": settings, "codes.md": codes}


def pages() -> Mapping[Path, str]:
    """What each generated page should hold."""
    os.environ["COLUMNS"] = "100"
    result = {}
    for name, write in PAGES.items():
        path = DOCS / name
        above = path.read_text(encoding="utf-8").partition(MARKER)[0]
        result[path] = f"{above}{MARKER}\n\n" + "\n".join(write()).rstrip() + "\n"
    return result


def run(check: bool) -> int:
    """Write the pages, or name those that are not fresh; 1 if there are any."""
    stale = [path for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"not fresh: {path}; run: python docs/generate.py")
        else:
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(run("--check" in sys.argv[1:]))
