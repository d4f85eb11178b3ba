"""The specs that ship: free of findings, in canonical layout, and of the size they say."""

from pathlib import Path

import pytest
from texts import words

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import elaborate_experiment
from gflowspec.core.resources import std_directory
from gflowspec.core.source import SourceFile
from gflowspec.lang.formatter import format_source
from gflowspec.lang.spec import load

SPECS = Path(__file__).parents[2] / "specs"
FILES = sorted((*SPECS.glob("*.gfs"), *std_directory().glob("*.gfs")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_layout_is_canonical(path):
    text = path.read_text(encoding="utf-8")
    assert format_source(SourceFile(path.name, text)) == (text, ())


@pytest.mark.parametrize(
    ("name", "states", "actions"),
    [
        ("quickstart", 8**2, 3),
        ("hypergrid_standard", 20**4, 5),
        ("hypergrid_hard", 20**4, 5),
        ("bits_small", 17**4, 64),
        ("strings", (4**7 - 1) // 3, 8),
        ("tfbind8", (4**9 - 1) // 3, 8),
        ("qm9_small", (11**6 - 1) // 10, 22),
        ("ising", 3**9, 18),
        ("bayesnet", 2**20, 26),
    ],
)
def test_specs_resolve(name, states, actions, monkeypatch, tmp_path):
    monkeypatch.setenv("GFLOWSPEC_DATA", str(tmp_path))
    spec, found = load(str(SPECS / f"{name}.gfs"), (), words())
    assert not found
    assert spec.experiments == (name,)
    (instance, config), found = elaborate_experiment(spec, name)
    # A table that is not there is a warning.
    assert {item.code for item in found} <= {"GFS201"}
    assert bool(found) == (name in ("tfbind8", "qm9_small"))
    derived, _ = derive(instance.environment)
    assert derived.sizes.states_upper == states
    assert derived.sizes.forward_actions == actions
    assert config.policy["backward"].name == "tlm"
