"""The view that a declared type asks for."""

from __future__ import annotations

from gflowspec.core.types import DigraphType, SeqType, SetType, Type
from gflowspec.ir.views.base import View
from gflowspec.ir.views.digraph import DigraphView
from gflowspec.ir.views.direct import DirectView
from gflowspec.ir.views.sequence import SeqView
from gflowspec.ir.views.subset import SetView


def view_of(declared: Type) -> View:
    """How state variables of this type are held, shown and read."""
    match declared:
        case SetType():
            return SetView(declared)
        case DigraphType():
            return DigraphView(declared)
        case SeqType():
            return SeqView(declared)
        case _:
            return DirectView(declared)
