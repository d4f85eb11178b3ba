"""No text runs Python that the user did not trust, and trust holds for what was looked at."""

import hashlib
import importlib.util
import json
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gflowspec.api import check
from gflowspec.cli.main import main
from gflowspec.compiler.externs.locate import NotFound, locate

SPEC = """gfs 1.0
extern fn f(x: int[0..2]) -> real(0..) { python = "score:f"  pure = true }
environment Line() {
  state { x: int[0..2] = 0 }
  action step() { x += 1 }
  stop
}
reward Q() for Line { R = f(x) }
experiment q {
  environment = Line()
  reward = Q()
  objective = tb()
  policy { encoder = tabular() }
  train { trajectories = 16  batch = 8 }
}
"""
TOUCHES = """
from pathlib import Path
Path(__file__).with_name("ran").touch()
def f(x):
    return 1.0 + x
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "spec.gfs").write_text(SPEC)
    (tmp_path / "score.py").write_text(TOUCHES)
    return tmp_path


def ran(folder):
    return (folder / "ran").exists()


def codes(capsys):
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    return [item["code"] for item in answer["diagnostics"] if item["severity"] == "error"]


@pytest.mark.parametrize(
    "argv",
    [
        ("check", "spec.gfs"),
        ("fmt", "spec.gfs"),
        ("plan", "spec.gfs"),
        ("graph", "spec.gfs", "--full"),
        ("step", "spec.gfs", "--do", "step()", "--do", "stop"),
        ("explain", "spec.gfs:Line.step"),
        ("trust", "spec.gfs"),
        ("trust", "spec.gfs", "--list"),
    ],
    ids=["check", "fmt", "plan", "graph", "step", "explain", "trust", "trust_list"],
)
def test_what_never_runs_python(project, argv, capsys):
    assert main(argv) == 0, capsys.readouterr().err
    assert not ran(project)


@pytest.mark.parametrize("verb", ["compile", "run"])
def test_what_asks_first(project, verb, capsys):
    assert main([verb, "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]
    assert not ran(project)


def test_trust_is_for_a_file_as_it_is(project, capsys):
    assert main(["trust", "spec.gfs"]) == 0
    assert main(["compile", "spec.gfs"]) == 0
    assert ran(project)
    (project / "ran").unlink()
    (project / "score.py").write_text(TOUCHES + "# changed\n")
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]
    assert not ran(project)


def test_trust_is_for_a_function(project, capsys):
    assert main(["trust", "spec.gfs"]) == 0
    (project / "spec.gfs").write_text(SPEC.replace("score:f", "score:g"))
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]


def test_trust_can_be_taken_back_and_given_once(project, capsys):
    digest = hashlib.sha256(TOUCHES.encode()).hexdigest()
    assert main(["compile", "spec.gfs", "--trust", f"sha256:{digest}"]) == 0
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert main(["trust", "spec.gfs"]) == 0
    assert main(["trust", "spec.gfs", "--remove"]) == 0
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]
    for text in ("sha256:12", "yes", "*", ""):
        assert main(["compile", "spec.gfs", "--trust", text]) == 2


def test_nothing_beside_a_specification_gives_trust(project, capsys):
    digest = hashlib.sha256(TOUCHES.encode()).hexdigest()
    stored = {"trusted": [{"sha256": digest, "target": "score:f"}]}
    for place in ("trust.json", ".gflowspec/trust.json", "gflowspec/trust.json"):
        path = project / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(stored))
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]


def test_a_damaged_list_trusts_nothing(project, capsys):
    assert main(["trust", "spec.gfs"]) == 0
    (project / "config" / "gflowspec" / "trust.json").write_text("{")
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("os:system", "GFS214"),
        ("subprocess:run", "GFS214"),
        ("builtins:eval", "GFS214"),
        ("posix:system", "GFS214"),
        ("importlib:import_module", "GFS214"),
        ("sys:exit", "GFS214"),
        ("no_such_module:f", "GFS214"),
        ("numpy.no_such:f", "GFS214"),
        ("numpy:load", "GFS218"),
        ("gflowspec.cli.main:main", "GFS218"),
        ("gflowspec.tracking.atomic:write", "GFS218"),
    ],
)
def test_modules_that_are_not_trusted(project, target, code, capsys):
    (project / "spec.gfs").write_text(SPEC.replace("score:f", target))
    assert main(["check", "spec.gfs"]) == 0
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == [code]


@pytest.mark.parametrize(
    "target",
    [
        "score",
        "score:",
        ":f",
        "score:f()",
        "score:f.g",
        "../score:f",
        "/somewhere/score:f",
        "score.py:f",
        "score f",
        "a-b:f",
        "",
        "score:f;import os",
        ".score:f",
        "score..x:f",
    ],
)
def test_texts_that_name_no_function(project, target):
    path = project / "spec.gfs"
    path.write_text(SPEC.replace("score:f", target))
    found = [item.code for item in check(path).diagnostics if item.is_error]
    if target == "score.py:f":
        assert found == []  # a module `py` of a package `score`, which there is not
    else:
        assert found == ["GFS214"]


def test_modules_outside_the_folder_tree(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "evil.py"
    outside.write_text(TOUCHES)
    (project / "link.py").symlink_to(outside)
    (project / "up").symlink_to(outside.parent)
    for module in ("link", "up.evil"):
        with pytest.raises(NotFound, match="leads out"):
            locate(f"{module}:f", project, project)


def test_locating_a_module_imports_nothing(project, monkeypatch):
    package = project / "installed" / "pack"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "part.py").write_text(TOUCHES)
    monkeypatch.syspath_prepend(str(project / "installed"))
    found = locate("pack.part:f", None, project)
    assert found.file == str(package / "part.py")
    assert found.sha256 == hashlib.sha256(TOUCHES.encode()).hexdigest()
    assert "pack" not in sys.modules
    assert not ran(package)


def test_byte_code_beside_a_module_is_not_run(project):
    """Byte code of another text, with the stamp of the trusted one, must not be taken for it."""
    evil = project / "evil.py"
    evil.write_text("open('hacked', 'w').close()\ndef f(x):\n    return 1.0\n")
    status = (project / "score.py").stat()
    evil.write_text(evil.read_text().ljust(status.st_size - 1, "#") + "\n")
    os.utime(evil, ns=(status.st_atime_ns, status.st_mtime_ns))
    compiled = Path(importlib.util.cache_from_source(str(project / "score.py")))
    compiled.parent.mkdir(exist_ok=True)
    shutil.copy(py_compile.compile(str(evil), doraise=True), compiled)
    assert main(["trust", "spec.gfs"]) == 0
    assert main(["compile", "spec.gfs"]) == 0
    assert ran(project)
    assert not (project / "hacked").exists()


def test_a_file_that_changes_behind_the_back(project, capsys, monkeypatch):
    """The worker compares the file again before it runs it."""
    from gflowspec.compiler.externs import worker

    assert main(["trust", "spec.gfs"]) == 0
    start = worker.search_path

    def changed():
        (project / "score.py").write_text(TOUCHES + "# another\n")
        return start()

    monkeypatch.setattr(worker, "search_path", changed)
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS214"]
    assert not ran(project)


@pytest.mark.slow
def test_modules_of_the_working_folder_do_not_stand_for_installed_ones(project):
    """The worker must not import what lies about, such as a `json.py` beside the specification."""
    (project / "json.py").write_text("open('hacked', 'w').close()\n")
    (project / "numpy.py").write_text("open('hacked', 'w').close()\n")
    (project / "score.py").write_text(f"import json\nimport numpy\n{TOUCHES}")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for verb in ("trust", "compile"):
        # As the installed command does: the working folder is not where Python looks first.
        program = "from gflowspec.cli.main import entry; entry()"
        done = subprocess.run(
            [sys.executable, "-P", "-c", program, verb, "spec.gfs"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert ran(project)
    assert not (project / "hacked").exists()


def test_a_worker_may_not_have_more_memory_than_it_was_given(project, capsys):
    (project / "score.py").write_text("def f(x):\n    return float(len(bytearray(600 * 2**20)))\n")
    (project / "spec.gfs").write_text(SPEC.replace("pure = true", "pure = true memory = 512MiB"))
    assert main(["trust", "spec.gfs"]) == 0
    capsys.readouterr()
    assert main(["compile", "spec.gfs", "--format", "json"]) == 3
    assert codes(capsys) == ["GFS215"]


@pytest.mark.parametrize("path", ["../../secret.npz", "/etc/passwd", "gfs:data/../x.npz"])
def test_weights_may_not_leave_the_tree(project, path):
    spec = project / "spec.gfs"
    spec.write_text(SPEC.replace("pure = true", f'pure = true weights = file("{path}")'))
    assert [item.code for item in check(spec).diagnostics if item.is_error] == ["GFS204"]


def test_weights_are_given_by_path_and_change_the_task(project, capsys):
    (project / "w.txt").write_text("2.5")
    (project / "score.py").write_text(
        "def f(x, *, weights):\n    return x + float(open(weights).read())\n"
    )
    spec = project / "spec.gfs"
    spec.write_text(SPEC.replace("pure = true", 'pure = true weights = file("w.txt")'))
    assert main(["trust", "spec.gfs"]) == 0
    found = []
    for text in ("2.5", "3.5"):
        (project / "w.txt").write_text(text)
        capsys.readouterr()
        assert main(["compile", "spec.gfs", "--format", "json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["hashes"])
    assert found[0]["env"] == found[1]["env"]
    assert found[0]["task"] != found[1]["task"]


def test_a_module_is_part_of_the_task(project, capsys):
    found = []
    for text in (TOUCHES, TOUCHES + "# changed\n"):
        (project / "score.py").write_text(text)
        capsys.readouterr()
        assert main(["plan", "spec.gfs", "--format", "json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["hashes"])
    assert found[0]["env"] == found[1]["env"]
    assert found[0]["task"] != found[1]["task"]


def test_only_the_functions_that_ship_need_no_trust(project, capsys):
    """A folder that is called as theirs, beside a specification, is not theirs."""
    fake = project / "gflowspec" / "contrib"
    fake.mkdir(parents=True)
    (fake / "score.py").write_text(TOUCHES)
    (project / "spec.gfs").write_text(SPEC.replace("score:f", "gflowspec.contrib.score:f"))
    assert main(["compile", "spec.gfs", "--format", "json"]) == 1
    assert codes(capsys) == ["GFS218"]
    assert not ran(fake)
