"""``check --watch``: an answer now and after every change."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gflowspec.cli import watch
from gflowspec.lang.syntax.reuse import ParsedItems

from .conftest import GRID


@pytest.fixture
def script(monkeypatch):
    """Let the pauses between two looks at the files do something, and then end the command."""

    def use(*steps):
        waiting = list(steps)

        def pause(seconds):
            if seconds < watch.PAUSE:
                return  # between two steps of an editor
            if not waiting:
                raise KeyboardInterrupt
            waiting.pop(0)()

        monkeypatch.setattr("gflowspec.cli.watch.time.sleep", pause)

    return use


def write(path, text):
    """Write a file that looks newer than before, whatever the clock of the disk."""

    def step():
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text(text)
        os.utime(path, ns=(before + 10**9, before + 10**9))

    return step


def test_every_change_is_checked(project, run_json, script):
    grid = project / "grid.gfs"
    script(write(grid, GRID.replace("+= 1", "= 1")), lambda: None, write(grid, GRID))
    said = run_json("check", "grid.gfs", "--watch")
    assert said.code == 0
    answers = said.out.splitlines()
    assert [('"ok": true' in answer, "GFS302" in answer) for answer in answers] == [
        (True, False),
        (False, True),
        (True, False),
    ]


def test_the_last_answer_gives_the_exit_code(project, run, script):
    script(write(project / "grid.gfs", GRID.replace("+= 1", "= 1")))
    said = run("check", "grid.gfs", "--watch")
    assert said.code == 1
    assert said.out == "grid.gfs: ok\n" + said.out.partition("\n")[2]
    assert said.out.endswith("grid.gfs: 1 error\n")
    assert said.err.count("watching 1 file; Ctrl-C ends") == 2


def test_imports_and_files_that_come_and_go_are_seen(project, run, script):
    """What is imported, a file that is missing, and a new file in the folder."""
    (project / "part.gfs").write_text("gfs 1.0\n\nconst a = 1\n")
    (project / "whole.gfs").write_text(
        'gfs 1.0\n\nimport "part.gfs" { a }\n\nimport "late.gfs" { b }\n\nconst c = a + b\n'
    )
    script(
        write(project / "part.gfs", "gfs 1.0\n\nconst z = 1\n"),
        write(project / "late.gfs", "gfs 1.0\n\nconst b = 1\n"),
        (project / "part.gfs").unlink,
    )
    said = run("check", "whole.gfs", "--watch")
    lines = [line for line in said.out.splitlines() if line.startswith("whole.gfs:")]
    assert lines == [
        "whole.gfs: 1 error",  # late.gfs is missing
        "whole.gfs: 2 errors",  # and `a` is
        "whole.gfs: 1 error",
        "whole.gfs: 1 error",  # part.gfs is missing
    ]


def test_a_folder_is_watched_for_new_files(project, run, script):
    new = project / "specs/new.gfs"
    new.parent.mkdir()
    (new.parent / "old.gfs").write_text("gfs 1.0\n\nconst a = 1\n")
    script(write(new, "gfs 1.0\n\nconst a = b\n"), new.unlink, (new.parent / "old.gfs").unlink)
    said = run("check", "specs", "--watch")
    assert [line.partition("/")[2] for line in said.out.splitlines()] == [
        "old.gfs: ok",
        "new.gfs: 1 error",
        "old.gfs: ok",
        "old.gfs: ok",
    ]
    assert said.code == 2  # the folder is empty at the end
    assert "no such file" in said.err


def test_usage_errors_end_it_at_once(project, run_json, script):
    script()
    assert run_json("check", "nothing.gfs", "--watch").code == 2
    assert run_json("check", "grid.gfs", "--watch", "-s", "a==").codes == ["GFS603"]


def test_items_that_did_not_change_are_not_parsed_again(project, run, script, monkeypatch):
    made = []

    class Counted(ParsedItems):
        def __init__(self):
            super().__init__()
            made.append(self)

    counts = []
    monkeypatch.setattr("gflowspec.lang.syntax.reuse.ParsedItems", Counted)
    text = GRID.replace("x[0] * x[1]", "x[0] + x[1]")
    script(lambda: (counts.append(made[0].parsed), write(project / "grid.gfs", text)()))
    assert run("check", "grid.gfs", "--watch").code == 0
    assert counts == [3]
    assert made[0].parsed == 4


def test_a_terminal_ends_it_with_ctrl_c(project):
    process = subprocess.Popen(
        [sys.executable, "-m", "gflowspec", "check", "grid.gfs", "--watch"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell without job control starts tests in the background with SIGINT ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout.readline() == "grid.gfs: ok\n"
    assert "watching 1 file" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Traceback" not in err
