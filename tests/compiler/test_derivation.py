"""An environment is derived once for everything that asks for it."""

from gflowspec.compiler.derive import pipeline
from gflowspec.compiler.front import check_spec
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load

TEXT = """gfs 1.0

environment Line(n: int[1..9] = {n}) {{
  state {{ x: int[0..n] = 0 }}
  action step() {{ x += 1 }}
  stop
}}
reward Far() for Line {{ R = 1 + x }}
experiment one {{ environment = Line()  reward = Far()  objective = tb }}
experiment two {{ environment = Line()  reward = Far()  objective = db }}
experiment other {{ environment = Line(n = 2)  reward = Far()  objective = tb }}
"""


def test_experiments_at_the_defaults_share_a_derivation(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    seen = []
    derive = pipeline.derive

    def counted(environment):
        seen.append(dict(environment.parameters))
        return derive(environment)

    monkeypatch.setattr(pipeline, "derive", counted)
    path = tmp_path / "line.gfs"
    for n in (4, 5):
        path.write_text(TEXT.format(n=n))
        spec, _ = load(str(path), (), vocabulary())
        checked, found = check_spec(spec)
        assert not [item for item in found if item.is_error]
        line, one, two, other = checked
        assert line.derived is one.derived
        assert one.derived is two.derived
        assert one.derived is not other.derived
        assert other.derived.sizes.states_upper == 3
        assert one.derived.sizes.states_upper == n + 1
    # The place is that of the file: an edit that changes a default derives again.
    assert sorted(item["n"] for item in seen) == [2, 2, 4, 5]
