"""HTML as text: escaping, documentation comments, source with colours, and the shell of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from gflowspec.lang.syntax.context import RESERVED
from gflowspec.lang.syntax.items import ITEM_KEYWORDS
from gflowspec.lang.syntax.scan import Kind, scan

#: Words that begin a member, or stand in one, besides those of items and expressions.
_MEMBERS = frozenset(
    ["action", "as", "assert", "assume", "because", "beta", "floor", "for", "invariant", "let",
     "logR", "measure", "mode", "object", "R", "scope", "state", "stop", "symmetry", "terminal",
     "when", "gfs", "of"]
)  # fmt: skip
_TYPES = frozenset(["array", "bool", "digraph", "int", "map", "real", "seq", "set", "string"])
_KEYWORDS = RESERVED | ITEM_KEYWORDS | _MEMBERS | _TYPES

STYLE = """
:root { --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --pale: #f6f8fa; --blue: #0969da; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 .2rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .7rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; } h3 code { background: none; padding: 0; }
a { color: var(--blue); text-decoration: none; } a:hover { text-decoration: underline; }
nav, footer { color: var(--faint); font-size: .85rem; } nav { margin-bottom: 1.6rem; }
footer { margin-top: 3.5rem; border-top: 1px solid var(--line); padding-top: .8rem;
  overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { font-size: .86em; background: var(--pale); padding: .1em .32em; border-radius: 4px; }
pre { font-size: .82rem; line-height: 1.5; background: var(--pale); border-radius: 6px;
  padding: .8rem 1rem; overflow-x: auto; margin: .6rem 0; }
pre code { padding: 0; font-size: inherit; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .6rem 0; }
th { text-align: left; font-weight: 600; color: var(--faint); font-size: .8rem; }
th, td { padding: .38rem .8rem .38rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
th.number { text-align: right; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.1rem; margin: .7rem 0;
  font-size: .9rem; }
dt { color: var(--faint); } dd { margin: 0; min-width: 0; }
dd code { white-space: pre-wrap; overflow-wrap: anywhere; background: none; padding: 0; }
.lead { color: var(--faint); margin: .1rem 0 1rem; }
.badge { display: inline-block; padding: .05em .55em; border-radius: 1em; font-size: .8rem;
  font-weight: 600; white-space: nowrap; }
.proved { background: #dafbe1; color: #116329; } .enumerated { background: #ddf4ff;
  color: #0a3069; } .scope { background: #ddf4ff; color: #0a3069; }
.sampled, .assumed { background: #fff8c5; color: #7d4e00; }
.unknown, .failed { background: #ffebe9; color: #a40e26; }
figure { margin: .8rem 0; max-height: 46rem; overflow: auto;
  border: 1px solid var(--line); border-radius: 6px; }
figure svg { display: block; }
.k { color: #8250df; } .c { color: #59636e; font-style: italic; } .n { color: #0550ae; }
.s { color: #0a3069; }
@media print { body { max-width: none; padding: 0; }
  figure { max-height: none; overflow: visible; } }
"""


def page(title: str, parts: Iterable[str], *, back: str = "") -> str:
    """A whole page; everything it needs is in it.

    Args:
        title: Title of the window.
        parts: The HTML of its body.
        back: File name of the page above this one.
    """
    way = f'<nav><a href="{escape(back)}">all environments</a></nav>' if back else ""
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{way}\n{body}\n</body>\n</html>\n"
    )


def prose(doc: str) -> str:
    """Documentation as paragraphs; what stands between back quotes is code."""
    paragraphs = [part.strip() for part in doc.split("\n\n") if part.strip()]
    return "\n".join(f"<p>{inline(part)}</p>" for part in paragraphs)


def inline(words: str) -> str:
    """One run of text with code between back quotes."""
    pieces = words.split("`")
    if len(pieces) % 2 == 0:  # a back quote without its partner is itself
        return escape(words)
    return "".join(
        code(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )


def code(words: str) -> str:
    """An expression within a line."""
    return f"<code>{escape(words)}</code>"


def source(text: str) -> str:
    """A piece of a specification, with colours."""
    return f"<pre><code>{''.join(_coloured(text))}</code></pre>"


def _coloured(text: str) -> Iterable[str]:
    kinds = {Kind.COMMENT: "c", Kind.NUMBER: "n", Kind.STRING: "s"}
    for item in scan(text):
        word = text[item.start : item.end]
        mark = "k" if item.kind is Kind.WORD and word in _KEYWORDS else kinds.get(item.kind)
        yield escape(word) if mark is None else f'<span class="{mark}">{escape(word)}</span>'


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; columns of ``numbers`` are aligned to the right."""

    def row(cells: Sequence[str], tag: str) -> str:
        shown = (
            f"<{tag}{' class=number' if place in numbers else ''}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(shown)}</tr>"

    body = "\n".join(row(cells, "td") for cells in rows)
    return f"<table>\n{row([escape(name) for name in header], 'th')}\n{body}\n</table>"


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of terms and what is said of them, HTML already."""
    return f"<dl>\n{''.join(f'<dt>{term}</dt><dd>{said}</dd>' for term, said in pairs)}\n</dl>"
