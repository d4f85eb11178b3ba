"""Findings about combinations, at the places of the file that they are about."""

from __future__ import annotations

import pytest

import gflowspec
from gflowspec.compiler.compatibility import check_combinations, facts_of
from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import elaborate_experiment
from gflowspec.compiler.report import Counts, Report
from gflowspec.components.discover import vocabulary
from gflowspec.core.diagnostics import Severity
from gflowspec.lang.spec import load

TEXT = """gfs 1.0
import "gfs:std/hypergrid" { Hypergrid, Corners }

experiment e {
  environment = Hypergrid(dim = 2, side = 8)
  reward = Corners()
  objective = tb
  train { steps = 100 }
  evaluate { every 50 { metrics = [tv_exact(), modes_found(), mass(of = band)] } }
}
"""
HUGE = ("environment.dim=8", "environment.side=100")


@pytest.fixture
def elaborated(tmp_path):
    path = tmp_path / "grid.gfs"
    path.write_text(TEXT)

    def read(*overrides):
        spec, _ = load(str(path), overrides, vocabulary())
        found, diagnostics = elaborate_experiment(spec, "e")
        assert found is not None, diagnostics
        instance, config = found
        derived, _ = derive(instance.environment)
        return config, derived, instance.rewards[0]

    return read


def findings(config, derived, reward, counts=None):
    report = Report(results={}, counts=counts or Counts())
    return check_combinations(
        config, vocabulary(), derived.environment, reward, report, lambda: derived
    )


def test_a_sound_experiment_has_none(elaborated):
    assert findings(*elaborated()) == ()


def test_facts(elaborated):
    _, derived, reward = elaborated()
    facts = facts_of(derived.environment, reward, Report(results={}), limit=64)
    assert (facts.has_stop, facts.enumerable, facts.states) == (True, True, 64)
    assert facts.has_modes
    assert {"outer", "band"} <= facts.regions
    assert facts_of(derived.environment, reward, Report(results={}), limit=63).enumerable is None
    counted = Report(results={}, counts=Counts(states=64, edges=112))
    assert facts_of(derived.environment, reward, counted, limit=63).enumerable is False


def test_a_finding_stands_where_the_setting_was_written(elaborated):
    found = findings(*elaborated(*HUGE), counts=Counts(states=100**8))
    by_name = {item.message.split("`")[1]: item for item in found}
    assert set(by_name) == {"tv_exact", "mass.band"}
    for item in found:
        assert item.code == "GFS404"
        assert item.is_error
        assert item.primary.span.text in {"tv_exact", "mass"}
        assert f"{100**8:,}" in item.message


def test_a_count_that_is_not_known_is_a_note(elaborated):
    found = findings(*elaborated(*HUGE))
    assert {item.severity for item in found} == {Severity.NOTE}


def test_a_finding_about_a_default_stands_at_a_setting_that_was_written(elaborated):
    (item,) = findings(*elaborated("policy.backward=tlm(init = random)"))
    assert item.severity is Severity.NOTE
    assert item.primary.span.file.name == "<command line>"
    (item,) = findings(*elaborated("objective=db", "policy.backward=tlm"))
    assert "`stop`" in item.message
    assert item.primary.span.text.startswith(("environment", "Hypergrid"))


@pytest.mark.parametrize(
    ("actions", "factored"),
    [
        ("action up(p in index(w)) { w[p] += 1 }", False),
        ("action set(p in index(w), v in 1..3) { w[p] := v }", True),
        ("action first(v in 1..3) { w[0] := v }", False),
    ],
)
def test_a_head_needs_places_and_words(actions, factored, tmp_path):
    path = tmp_path / "w.gfs"
    slots = "array[2] of int[1..3]? = empty" if ":=" in actions else "array[2] of int[0..3] = 0"
    path.write_text(
        f"gfs 1.0\nenvironment W() {{ state {{ w: {slots} }} {actions} stop }}\n"
        "reward One() for W { R = 1 }\n"
        "experiment e { environment = W() reward = One() objective = tb()\n"
        "policy.forward.head = additive  train.steps = 1 }\n"
    )
    report = gflowspec.check(path)
    codes = [item.code for item in report.diagnostics if item.is_error]
    assert codes == ([] if factored else ["GFS402"])
