"""Data in expressions: constants, look-ups, hashes, what is missing, and the tensor program."""

import json
import time
from fractions import Fraction

import numpy as np
import pytest
import torch

from gflowspec.api import check, environment
from gflowspec.cli.main import main
from gflowspec.core.canonical import digest
from gflowspec.core.errors import SpecInvalid
from gflowspec.ir.hashes import environment_form, reward_form

from .test_formats import npy, npz
from .writing import HEAD, data, elaborated, problem, write

LETTERS = """gfs 1.0
enum Base { A, C, G, T }
environment Letters(n: int[1..4] = 3) {
  state { w: array[n] of Base? }
  action write(p in index(w), b in Base) { w[p] := b }
  terminal when filled(w)
}
"""


def test_statistics(tmp_path):
    numbers = np.random.default_rng(1).normal(size=101)
    write(tmp_path, {"a.npy": npy(numbers)})
    declaration = 'data d: array[101] of real = file("a.npy")'
    assert data(tmp_path, declaration, "quantile(d, 0.3)") == pytest.approx(
        np.quantile(numbers, 0.3)
    )
    assert data(tmp_path, declaration, "mean(d)") == pytest.approx(numbers.mean())
    assert data(tmp_path, declaration, "max(v for v in d)") == numbers.max()
    assert data(tmp_path, declaration, "min(d)") == numbers.min()
    assert data(tmp_path, declaration, "sum(v for v in d if v > 0)") == pytest.approx(
        numbers[numbers > 0].sum()
    )
    assert data(tmp_path, declaration, "len(d)") == 101
    assert data(tmp_path, declaration, "d[7]") == numbers[7]


def test_rows_of_a_matrix(tmp_path):
    write(tmp_path, {"a.npy": npy(np.arange(6).reshape(2, 3))})
    declaration = 'data d: array[2, 3] of int = file("a.npy")'
    assert data(tmp_path, declaration, "d[1]") == (3, 4, 5)
    assert data(tmp_path, declaration, "[sum(v for v in r) for r in d]") == (3, 12)


def test_integers_are_exact_and_reals_are_not(tmp_path):
    write(tmp_path, {"a.json": [1, 2, 3]})
    assert data(tmp_path, 'data d: array[3] of int = file("a.json")', "d[0] / d[2]") == Fraction(
        1, 3
    )
    found = data(tmp_path, 'data d: array[3] of real = file("a.json")', "d[0] / d[2]")
    assert isinstance(found, float)


def test_an_index_is_checked(tmp_path):
    write(tmp_path, {"a.json": [1, 2]})
    code, _ = problem(
        tmp_path, 'data d: array[2] of int = file("a.json")\nreward R() for E { R = 1 + d[a] }'
    )
    assert code == "GFS123"


def test_the_key_of_a_map_is_checked(tmp_path):
    write(tmp_path, {"m.json": {"1": 1, "2": 2, "3": 3}})
    code, _ = problem(
        tmp_path, 'data m: map[int[1..3]] of int = file("m.json")\nreward R() for E { R = m[a] }'
    )
    assert code == "GFS121"


def _terminal(env, depth):
    states = env.source(1)
    for _ in range(depth):
        mask = env.forward_mask(states)
        rows, actions = mask.nonzero(as_tuple=True)
        states, _ = env.step(states[rows], actions)
        states = states[torch.unique(env.state_index(states), return_inverse=True)[1].unique()]
    return states


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        (
            'data d: array[64] of real = file("a.npy")',
            "d[number([number_of(b) - 1 for b in w], 4)]",
        ),
        ('data d: map[array[3] of Base] of real = file("m.csv", key = "k", value = "v")', "d[w]"),
        (
            'data d: map[(Base, Base, Base)] of real = file("m.csv", key = "k", value = "v")',
            "d[w[0], w[1], w[2]]",
        ),
        (
            'data d: array[4, 4, 4] of real = file("c.npy")',
            "d[number_of(w[0]) - 1, number_of(w[1]) - 1, number_of(w[2]) - 1]",
        ),
    ],
)
def test_look_ups_in_the_tensor_program(tmp_path, declaration, value):
    numbers = np.random.default_rng(2).uniform(0.1, 1, 64)
    keys = [f"{a}{b}{c}" for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    rows = "".join(f"{k},{v!r}\n" for k, v in zip(keys, numbers.tolist(), strict=True))
    files = {"a.npy": npy(numbers), "c.npy": npy(numbers.reshape(4, 4, 4)), "m.csv": "k,v\n" + rows}
    write(tmp_path, files)
    path = tmp_path / "spec.gfs"
    path.write_text(f"{LETTERS}{declaration}\nreward Q() for Letters {{ R = {value} }}\n")
    env = environment(path, "Letters", reward="Q")
    states = _terminal(env, 3)
    expected = [numbers[(s[0][0] * 4 + s[0][1]) * 4 + s[0][2]] for s in env.decode(states)]
    assert env.log_reward(states).exp().tolist() == pytest.approx(expected)


def test_a_long_table_is_read_and_compiled_quickly(tmp_path):
    write(tmp_path, {"a.npy": npy(np.random.default_rng(3).uniform(size=11**5))})
    path = tmp_path / "spec.gfs"
    path.write_text(
        "gfs 1.0\n"
        'data d: array[161_051] of real[0..1] = file("a.npy")\n'
        "environment S() { state { s: array[5] of int[0..10]? }\n"
        "  action put(p in index(s), v in 0..10) { s[p] := v }  terminal when filled(s) }\n"
        "reward Q() for S { R = d[number(s, 11)] / max(v for v in d) + quantile(d, 0.9) }\n"
    )
    report = check(path)
    assert report.ok
    assert not [item for item in report.diagnostics if item.code != "GFS202"]
    assert (
        environment(path, "S", reward="Q")
        .log_reward(torch.ones((2, 5), dtype=torch.int64))
        .isfinite()
        .all()
    )


def test_hashes_cover_values_and_not_their_format(tmp_path):
    write(
        tmp_path,
        {"a.json": [1.5, 2.5, 0.5], "a.npy": npy([1.5, 2.5, 0.5]), "b.json": [1.5, 2.5, 0.25]},
    )
    found = {}
    for name in ("a.json", "a.npy", "b.json"):
        text = f'data d: array[3] of real = file("{name}")\nreward R() for E {{ R = d[a] }}\n'
        [instance], _ = elaborated(tmp_path, text)
        forms = (environment_form(instance.environment), reward_form(instance.rewards[0]))
        found[name] = tuple(map(digest, forms))
    assert found["a.json"] == found["a.npy"]
    assert found["a.json"][0] == found["b.json"][0]
    assert found["a.json"][1] != found["b.json"][1]


MISSING = (
    HEAD.replace("enum Base { A, C, G }\n", "")
    + """
data d: array[3] of real(0..) = file("gfs:data/none.npy", sha256 = "{hash}")
reward R() for E {{ R = d[a] / max(v for v in d) }}
reward Flat() for E {{ R = 1 + a }}
experiment x {{ environment = E()  reward = R()  objective = tb() }}
""".replace("{hash}", "0" * 64)
    .replace("{{", "{")
    .replace("}}", "}")
)


def test_a_missing_file_with_a_hash_is_unknown(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GFLOWSPEC_DATA", str(tmp_path / "nowhere"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spec.gfs"
    path.write_text(MISSING)
    report = check(path)
    said = [(item.code, item.severity.value) for item in report.diagnostics]
    assert said == [("GFS201", "warning")]
    assert report.obligations["E()"]["O8"]["strength"] == "unknown"
    assert "`d`" in report.obligations["E()"]["O8"]["detail"]
    assert main(["plan", str(path), "--format", "json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["hashes"]["task"] == "task:1/unknown"
    assert planned["hashes"]["env"].startswith("env:1/")
    assert main(["compile", str(path), "--format", "json"]) == 1
    failed = json.loads(capsys.readouterr().out)
    assert [(d["code"], d["severity"]) for d in failed["diagnostics"]] == [("GFS201", "error")]
    with pytest.raises(SpecInvalid, match="GFS201"):
        environment(path, "E", reward="R")
    assert environment(path, "E", reward="Flat") is not None


def test_a_missing_file_without_a_hash_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("GFLOWSPEC_DATA", str(tmp_path / "nowhere"))
    path = tmp_path / "spec.gfs"
    path.write_text(MISSING.replace(f', sha256 = "{"0" * 64}"', ""))
    errors = [item for item in check(path).diagnostics if item.is_error]
    assert [item.code for item in errors] == ["GFS201"]
    assert "gflowspec data add" in errors[0].helps[0]


def test_an_environment_without_its_data_is_not_checked(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GFLOWSPEC_DATA", str(tmp_path / "nowhere"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spec.gfs"
    path.write_text(MISSING.replace("action up()", "action up() when d[0] > 1"))
    report = check(path)
    assert report.ok
    assert not report.instances
    assert main(["plan", str(path), "--format", "json"]) == 1
    assert "GFS201" in capsys.readouterr().out


def test_a_hash_that_is_not_written_down_has_a_fix(tmp_path):
    write(tmp_path, {"a.json": [1.5, 2.5, 0.5]})
    write(tmp_path, {"o.json": {"x": [1.5, 2.5, 0.5]}})
    for arguments in ('file("a.json")', 'file("o.json", array = "x",\n)'):
        text = f"data d: array[3] of real = {arguments}\n"
        _, found = elaborated(tmp_path, text)
        [note] = found
        assert (note.code, note.severity.value) == ("GFS202", "note")
        [edit] = note.fixes[0].edits
        whole = (tmp_path / "spec.gfs").read_text()
        (tmp_path / "spec.gfs").write_text(
            whole[: edit.span.start] + edit.text + whole[edit.span.end :]
        )
        assert not check(tmp_path / "spec.gfs").diagnostics


def test_a_wrong_hash_has_a_fix(tmp_path):
    write(tmp_path, {"a.json": [1.5, 2.5, 0.5]})
    _, [found] = elaborated(
        tmp_path, f'data d: array[3] of real = file("a.json", sha256 = "{"1" * 64}")\n'
    )
    assert found.code == "GFS202"
    [edit] = found.fixes[0].edits
    whole = (tmp_path / "spec.gfs").read_text()
    (tmp_path / "spec.gfs").write_text(
        whole[: edit.span.start] + edit.text + whole[edit.span.end :]
    )
    assert not check(tmp_path / "spec.gfs").diagnostics


def test_a_file_that_is_written_again_is_read_again(tmp_path):
    write(tmp_path, {"a.json": [1, 2]})
    declaration = 'data d: array[2] of int = file("a.json")'
    assert data(tmp_path, declaration, "d[1]") == 2
    time.sleep(0.01)
    write(tmp_path, {"a.json": [1, 3]})
    assert data(tmp_path, declaration, "d[1]") == 3


def test_archives(tmp_path):
    write(tmp_path, {"m.npz": npz(k=np.array(["G", "A", "C"]), v=np.array([3, 1, 2]))})
    declaration = 'data m: map[Base] of int = file("m.npz", key = "k", value = "v")'
    assert data(tmp_path, declaration, "m[C]") == 2


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ('file("m.csv", key = "k", value = "v")', ["GFS212"]),
        (f'file("gfs:data/none.csv", key = "k", value = "v", sha256 = "{"0" * 64}")', ["GFS201"]),
    ],
)
def test_a_map_that_is_not_there_is_said_once(tmp_path, monkeypatch, file, expected):
    monkeypatch.setenv("GFLOWSPEC_DATA", str(tmp_path / "nowhere"))
    write(tmp_path, {"m.csv": "k,v\nA,1\n"})
    text = f"data m: map[Base] of real = {file}\nreward R() for E {{ R = 1 + m[C] + m[G] ^ 2 }}\n"
    _, found = elaborated(tmp_path, text)
    assert [item.code for item in found if item.severity.value != "note"] == expected
