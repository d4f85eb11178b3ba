"""The matplotlib door: figures as objects, drawn by Agg or as SVG, without any global state.

``pyplot`` keeps figures in a module and is not safe in threads; ``Figure`` alone is. Matplotlib
is imported when the first figure is made.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from gflowspec.tracking import atomic

INK = "#22272e"
FAINT = "#c9d1d9"
BLUE = "#1f6feb"
ORANGE = "#d9730d"
GREEN = "#2da44e"
#: Okabe and Ito's palette, told apart with any colour vision.
PALETTE = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#6e7781",
)  # fmt: skip
_DPI = 150


def figure(width: float, height: float) -> Any:
    """An empty figure of a size in inches whose parts keep clear of each other."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=_DPI, layout="constrained", facecolor="white")


def save(made: Any, path: Path) -> None:
    """Write a figure as what the name says, ``.png`` or ``.svg``; the file is whole or absent.

    Raises:
        OSError: The place cannot be written or the disk is full.
        ValueError: The name ends otherwise.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in {"png", "svg"}:
        message = f"a picture is .png or .svg, not {path.name}"
        raise ValueError(message)
    buffer = io.BytesIO()
    # without its date the same content gives the same file
    made.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    content = buffer.getvalue()
    if kind == "svg":  # a text like others: no blanks at the ends of its lines
        content = b"\n".join(line.rstrip() for line in content.split(b"\n"))
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(path, content)


def plain_axes(axes: Any) -> None:
    """Remove what carries no information: the frame above and at the right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=8)
    axes.xaxis.label.set_size(9)
    axes.yaxis.label.set_size(9)


def title(axes: Any, words: str) -> None:
    """A title at the left, where reading begins."""
    axes.set_title(words, fontsize=10, color=INK, loc="left")
