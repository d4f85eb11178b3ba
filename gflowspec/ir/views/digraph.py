"""Directed graphs over labelled nodes, held as their adjacency matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from gflowspec.core import values
from gflowspec.core.types import ArrayType, DigraphType, SlotType, cardinality
from gflowspec.core.values import Unreadable
from gflowspec.ir.views.base import View


@attrs.frozen(eq=False, repr=False)
class DigraphView(View):
    """``digraph { nodes[d..d] edges [of L] }`` as ``array[d, d] of bool``, or of ``L?``.

    Place (u, v) holds the edge u -> v: true, or its label. Places (v, v) hold nothing. Shown as
    ``{0 -> 1, 2 -> 1}`` or ``{0 -> 1: red}``; in JSON a sorted list of ``[u, v]`` or
    ``[u, v, label]``.
    """

    declared: DigraphType

    @property
    def lowered(self) -> ArrayType:
        """See `View.lowered`."""
        return self.declared.matrix

    @property
    def count(self) -> int | None:
        """See `View.count`: every place off the diagonal is free."""
        size = cardinality(self.lowered.element)
        nodes = self.declared.nodes
        return None if size is None else size ** (nodes * (nodes - 1))

    def size_at(self, place: int) -> int | None:
        """See `View.size_at`."""
        nodes = self.declared.nodes
        return 1 if place // nodes == place % nodes else cardinality(self.lowered.element)

    def plain(self, value: Any) -> Any:
        """See `View.plain`."""
        label = self.declared.edge
        return [
            [tail, head] if label is None else [tail, head, values.plain(place, label)]
            for tail, head, place in self._edges(value)
        ]

    def text(self, value: Any) -> str:
        """See `View.text`."""
        label = self.declared.edge
        shown = (
            f"{tail} -> {head}"
            if label is None
            else f"{tail} -> {head}: {values.text(place, label)}"
            for tail, head, place in self._edges(value)
        )
        return f"{{{', '.join(shown)}}}"

    def read(self, given: Any) -> tuple[Any, ...]:
        """See `View.read`."""
        nodes, slots = self.declared.nodes, isinstance(self.lowered.element, SlotType)
        shape = "[u, v, label]" if slots else "[u, v]"
        if not isinstance(given, list) or not all(isinstance(edge, list) for edge in given):
            message = f"a list of edges {shape} is needed, not {values.plain_text(given)}"
            raise Unreadable(message)
        found: dict[int, Any] = {}
        for edge in given:
            place, content = self._read_edge(edge, shape)
            if place in found:
                message = f"the edge {edge[0]} -> {edge[1]} stands twice"
                raise Unreadable(message)
            found[place] = content
        nothing = None if slots else False
        return tuple(found.get(place, nothing) for place in range(nodes * nodes))

    def _read_edge(self, edge: list[Any], shape: str) -> tuple[int, Any]:
        nodes, label = self.declared.nodes, self.declared.edge
        ends = edge[:2]
        are_nodes = all(type(end) is int and 0 <= end < nodes for end in ends)
        if len(edge) != (2 if label is None else 3) or not are_nodes or ends[0] == ends[1]:
            message = (
                f"{values.plain_text(edge)} is no edge {shape} between two of the nodes "
                f"0..{nodes - 1}"
            )
            raise Unreadable(message)
        content = True if label is None else values.read(edge[2], label)
        return ends[0] * nodes + ends[1], content

    def _edges(self, value: Any) -> Iterator[tuple[int, int, Any]]:
        """The edges of a held value, by tail and head, with what their places hold."""
        nodes, nothing = self.declared.nodes, None if self.declared.edge is not None else False
        for place, content in enumerate(value):
            if content is not nothing:
                yield place // nodes, place % nodes, content
