"""SVG as text: elements, and the few shapes that the pictures are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

#: Width of a character of the monospaced font, relative to its size.
CHARACTER = 0.602
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"

INK = "#22272e"
FAINT = "#c9d1d9"
PALE = "#f6f8fa"
GREEN = "#2da44e"
BLUE = "#0072b2"
ORANGE = "#d55e00"
#: Okabe and Ito's palette, told apart with any colour vision.
PALETTE = (
    BLUE, ORANGE, "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#8c6d31", "#6e7781",
)  # fmt: skip

Attributes = Mapping[str, str | float | int]


def element(name: str, attributes: Attributes, *inside: str) -> str:
    """One element; texts among ``inside`` are to be escaped before."""
    shown = "".join(f' {key}="{escape(_number(value))}"' for key, value in attributes.items())
    body = "".join(inside)
    return f"<{name}{shown}>{body}</{name}>" if body else f"<{name}{shown}/>"


def document(width: float, height: float, parts: Iterable[str], *, label: str) -> str:
    """A picture of a size in pixels; ``label`` says what it shows to those who cannot see it."""
    attributes: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": round(width),
        "height": round(height),
        "viewBox": f"0 0 {round(width)} {round(height)}",
        "font-family": FONT,
        "role": "img",
    }
    background = element("rect", {"width": "100%", "height": "100%", "fill": "white"})
    return element("svg", attributes, title(label), background, *parts) + "\n"


def title(words: str) -> str:
    """What is shown when the pointer rests on an element."""
    return f"<title>{escape(words)}</title>"


def text(x: float, y: float, words: str, size: float, more: Attributes | None = None) -> str:
    """A line of text with its baseline at y."""
    attributes = {"x": x, "y": y, "font-size": size, "fill": INK, **(more or {})}
    return element("text", attributes, escape(words))


def text_width(words: str, size: float) -> float:
    """How much room a line takes."""
    return len(words) * size * CHARACTER


def _number(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
