"""The picture of a state graph says what the graph holds."""

import re
from xml.etree import ElementTree as ET

import pytest

from gflowspec.pages.state_graph import LARGEST_DRAWN, Edge, Node, state_graph_svg
from pages.test_layers import grid

SVG = "{http://www.w3.org/2000/svg}"


def picture(side):
    boxes, edges = grid(side)
    nodes = [
        Node(lines=(f"s{i}",), rank=box.rank, terminating=i > 0, words=f"state {i}")
        for i, box in enumerate(boxes)
    ]
    made = [Edge(parent=a, child=b, action=f"step(i={b - a})") for a, b in edges]
    return state_graph_svg(nodes, made, "Grid(side=3)")


def texts(svg, name="text"):
    return ["".join(item.itertext()) for item in ET.fromstring(svg).iter(f"{SVG}{name}")]


def test_states_actions_and_counts_are_shown():
    svg = picture(3)
    found = texts(svg)
    assert found[:2] == ["Grid(side=3)", "9 states, 12 edges, 8 terminating"]
    assert {f"s{i}" for i in range(9)} <= set(found)
    assert {"step(i=2)", "step(i=3)", "a trajectory may end here"} <= set(found)
    assert "state 4" in texts(svg, "title")
    drawn = [item for item in ET.fromstring(svg).iter(f"{SVG}path") if "C" in item.get("d")]
    assert len(drawn) == 12


def test_everything_is_within_the_picture():
    root = ET.fromstring(picture(4))
    width, height = (float(root.get(key)) for key in ("width", "height"))
    group = next(item for item in root.iter(f"{SVG}g") if item.get("transform"))
    left, top = (float(part) for part in re.findall(r"[\d.]+", group.get("transform")))
    for rect in group.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        assert 0 <= left + x <= left + x + w <= width
        assert 0 <= top + y <= top + y + h <= height


def test_parallel_edges_are_drawn_apart():
    nodes = [Node(lines=("a",), rank=0, terminating=False),
             Node(lines=("b",), rank=1, terminating=True)]  # fmt: skip
    edges = [Edge(parent=0, child=1, action=name) for name in ("left()", "right()")]
    root = ET.fromstring(state_graph_svg(nodes, edges, "E()"))
    curves = [item.get("d") for item in root.iter(f"{SVG}path") if "C" in item.get("d")]
    assert len(set(curves)) == 2


def test_flows_are_broad_and_have_numbers():
    ends = [Node(lines=("b",), rank=1, terminating=True, weight=w) for w in (0.9, 0.1)]
    nodes = [Node(lines=("a",), rank=0, terminating=False, weight=1.0), *ends]
    edges = [
        Edge(parent=0, child=i, action="go()", weight=w, ends=(f"{w}", "1.00"))
        for i, w in ((1, 0.9), (2, 0.1))
    ]
    root = ET.fromstring(state_graph_svg(nodes, edges, "E()"))
    broad = [float(item.get("stroke-width")) for item in root.iter(f"{SVG}path")
             if "C" in item.get("d")]  # fmt: skip
    assert broad[0] > 4 * broad[1]
    found = texts(ET.tostring(root))
    assert {"0.9", "0.1", "1.00", "P_F where an edge begins, P_B where it ends"} <= set(found)


def test_words_of_the_specification_cannot_break_the_picture():
    nodes = [Node(lines=('<script>"&',), rank=0, terminating=True, words="a < b & c")]
    svg = state_graph_svg(nodes, [], 'E(name="<x>")')
    assert '<script>"&' in texts(svg)
    assert "a < b & c" in texts(svg, "title")
    assert "<script" not in svg


def test_many_actions_are_told_apart_by_name_only():
    nodes = [Node(lines=("s",), rank=0, terminating=False),
             *(Node(lines=(str(i),), rank=1, terminating=True) for i in range(20))]  # fmt: skip
    edges = [Edge(parent=0, child=i + 1, action=f"set(v={i})") for i in range(20)]
    found = texts(state_graph_svg(nodes, edges, "E()"))
    assert "set" in found
    assert "set(v=0)" not in found


def test_a_large_graph_is_summed_up():
    svg = picture(18)
    assert LARGEST_DRAWN < 18 * 18
    found = texts(svg)
    assert found[1] == "324 states, 612 edges, 323 terminating"
    assert "terminating states" in found
    assert "rank 17: 18 states, 18 terminating, 34 edges leave it" in texts(svg, "title")
    assert "rank 0: 1 states, 0 terminating, 2 edges leave it" in texts(svg, "title")


def test_a_graph_has_at_least_its_source():
    assert "1 states, 0 edges" in state_graph_svg(
        [Node(lines=("s",), rank=0, terminating=True)], [], "E()"
    )
    with pytest.raises(ValueError, match="source"):
        state_graph_svg([], [], "E()")
