"""``graph``: formats, scope and full instance, and the flows of a run."""

import json
import re
from collections import defaultdict
from xml.etree import ElementTree as ET

import pytest

from gflowspec.cli.main import main

from .conftest import GRID

STATES, EDGES = 16, 24


def test_graph_as_json(run_json):
    said = run_json("graph", "grid.gfs", "--as", "json").json
    assert said.keys() == {"ok", "nodes", "edges", "file", "graph"}
    assert (said["nodes"], said["edges"], said["file"]) == (STATES, EDGES, None)
    assert said["graph"]["nodes"][0] == {
        "id": 0,
        "state": {"x": [0, 0]},
        "terminal": True,
        "rank": 0,
    }
    assert {"source": 0, "target": 1, "action": "step", "arguments": {"i": 0}} in (
        said["graph"]["edges"]
    )


@pytest.mark.parametrize(
    ("as_", "marker"), [("dot", "digraph"), ("graphml", "<graphml"), ("svg", "<svg")]
)
def test_graph_as_text(as_, marker, project, run):
    assert marker in run("graph", "grid.gfs", "--as", as_).out
    assert run("graph", "grid.gfs", "--as", as_, "-o", "out").code == 0
    assert marker in (project / "out").read_text()


@pytest.mark.parametrize("kind", ["dot", "svg", "graphml", "json"])
def test_the_name_of_the_file_says_the_format(kind, project, run):
    said = run("graph", "grid.gfs", "-o", f"states.{kind}")
    assert said.out == f"wrote states.{kind}: 16 states, 24 edges\n"
    text = (project / f"states.{kind}").read_text()
    if kind == "json":
        assert len(json.loads(text)["edges"]) == EDGES
    elif kind == "dot":
        assert text.startswith('digraph "Grid"')
    else:
        assert ET.fromstring(text).tag.endswith(kind)
    assert run("graph", "grid.gfs", "-o", "states.txt").code == 0
    assert (project / "states.txt").read_text().startswith("digraph")


def test_the_picture_has_every_state_once(run):
    texts = re.findall(r">([^<>]+)</text>", run("graph", "grid.gfs", "--as", "svg").out)
    shown = [text for text in texts if re.fullmatch(r"\d \d", text)]
    assert sorted(shown) == sorted(f"{x} {y}" for x in range(4) for y in range(4))


def test_graph_is_that_of_the_scope_unless_it_is_to_be_full(project, run_json):
    (project / "grid.gfs").write_text(GRID.replace("  stop\n", "  stop\n  scope { side = 2 }\n"))
    assert run_json("graph", "grid.gfs").json["nodes"] == 4
    assert run_json("graph", "grid.gfs", "--full").json["nodes"] == STATES
    assert run_json("graph", "grid.gfs:Grid", "--full").json["nodes"] == STATES


def test_what_cannot_be_shown(project, run_json, run):
    text = GRID.replace("array[2]", "array[4]").replace("int[2..64] = 4", "int[2..64] = 13")
    (project / "large.gfs").write_text(text.replace("  stop\n", "  stop\n  scope { side = 2 }\n"))
    assert run_json("graph", "large.gfs").code == 0
    assert "more than 20,000 states" in run("graph", "large.gfs", "--full").err
    assert run_json("graph").codes == ["GFS600"]
    assert run_json("graph", "grid.gfs", "--run", "nope").codes == ["GFS602"]
    assert run_json("graph", "grid.gfs", "-o", "no/such/folder.svg").codes == ["GFS601"]


def test_a_file_with_several_environments_is_told_so(project, run):
    text = GRID.partition("reward")[0]
    second = text.partition("\n\n")[2].replace("Grid", "Other")
    (project / "two.gfs").write_text(text + second)
    assert "two.gfs has 2 environments" in run("graph", "two.gfs").err


# ---- flows --------------------------------------------------------------------------------------


@pytest.fixture
def trained(project, capsys):
    """The id of a short run with P_B uniform."""
    (project / "grid.gfs").write_text(GRID.replace("tlm()", "uniform()"))
    short = ["-s", "train.trajectories=160", "--tracker", "none", "--format", "json"]
    assert main(["run", "grid.gfs", *short]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])["run_id"]


def test_flows_of_a_run(trained, project, run, run_json):
    said = run_json("graph", "--run", trained, "--as", "json").json
    nodes, edges = said["graph"]["nodes"], said["graph"]["edges"]
    assert (len(nodes), len(edges)) == (STATES, EDGES)
    out, into, degree = defaultdict(float), defaultdict(float), defaultdict(int)
    for edge in edges:
        out[edge["source"]] += edge["pf"]
        into[edge["target"]] += edge["flow"]
        degree[edge["target"]] += 1
    total = sum(0.5 + x * y for x in range(4) for y in range(4))
    for node in nodes:
        x, y = node["state"]["x"]
        assert out[node["id"]] + node["pf_stop"] == pytest.approx(1)
        visits = 1.0 if node["id"] == 0 else into[node["id"]]
        assert node["visits"] == pytest.approx(visits)
        assert node["learned"] == pytest.approx(visits * node["pf_stop"])
        assert node["target"] == pytest.approx((0.5 + x * y) / total)
    for edge in edges:
        assert edge["pb"] == pytest.approx(1 / degree[edge["target"]])
        parent = nodes[edge["source"]]
        assert edge["flow"] == pytest.approx(parent["visits"] * edge["pf"])
    assert sum(node["learned"] for node in nodes) == pytest.approx(1)
    assert len({round(edge["pf"], 6) for edge in edges}) > EDGES / 2  # it was trained
    _other_formats(trained, edges, run)
    _other_environments(trained, project, run_json)


def _other_formats(trained, edges, run):
    """The same numbers as text, as attributes, and as breadth."""
    first = edges[0]
    dot = run("graph", "--run", trained).out
    assert f"{first['pf']:.3g} | {first['pb']:.3g}" in dot
    assert f"penwidth={0.5 + 6 * first['flow']:.3g}" in dot
    graphml = run("graph", "--run", trained, "--as", "graphml").out
    assert f">{first['flow']}</data>" in graphml
    svg = run("graph", "grid.gfs", "--run", trained, "--as", "svg").out
    assert f">{first['pf']:.2f}</text>" in svg
    assert "flows of corner-tb.uniform" in svg


def _other_environments(trained, project, run_json):
    (project / "other.gfs").write_text(GRID.replace("x[i] += 1", "x[i] += 2"))
    said = run_json("graph", "other.gfs", "--run", trained)
    assert said.codes == ["GFS600"]
    assert "another environment" in said.json["diagnostics"][0]["message"]


def test_a_named_instance_has_its_own_graph(project, run_json):
    """It stands before its declaration here: both are called Grid(side=...) in what is proved."""
    named = GRID.replace(
        "environment Grid(", "environment Small = Grid(side = 3)\n\nenvironment Grid("
    )
    (project / "grid.gfs").write_text(named)
    assert run_json("graph", "grid.gfs:Small").json["nodes"] == 9
    assert run_json("graph", "grid.gfs:Grid").json["nodes"] == STATES
    stepped = run_json("step", "grid.gfs:Small", "--do", "step(i=0)", "--do", "step(i=0)").json
    assert [item["arguments"]["i"] for item in stepped["forward"]] == [1]


@pytest.mark.parametrize("verb", ["graph", "step"])
def test_no_override_of_an_environment_is_ignored(verb, run_json):
    said = run_json(verb, "grid.gfs:Grid", "-s", "environment.side=3")
    assert (said.code, said.codes) == (1, ["GFS111"])
    assert "environment Small = Grid(...)" in said.json["diagnostics"][0]["notes"][0]
    assert run_json("graph", "grid.gfs", "-s", "environment.side=3").json["nodes"] == 9
