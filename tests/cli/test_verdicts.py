"""A verdict is served again only if everything it depends on is as it was."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gflowspec.compiler import front, verdicts
from gflowspec.components import announced
from gflowspec.core import entries, resources, tool
from gflowspec.lang.syntax.table import load_parser

ROOT = Path(__file__).parents[2]

#: Warns, and has an import of its own.
MAIN = """gfs 1.0

import "parts/lights.gfs" { Lights, Bright }

environment Bag(kinds: int[1..3] = 2, size: int[1..9] = 3) {
  state { c: array[kinds] of int[0..2] = 0 }
  action add(i in index(c)) when sum(v for v in c) < size { c[i] += 1 }
  stop
  invariant sum(v for v in c) <= size
  scope { kinds = 1  size = 9 }
}

experiment few {
  environment = Lights(n = 3)
  reward      = Bright()
  objective   = tb()
}
"""
GRID = """gfs 1.0

import "gfs:std/hypergrid" { Hypergrid }

reward Flat() for Hypergrid { R = 1 }

experiment flat {
  environment = Hypergrid(dim = 1, side = 4)
  reward      = Flat()
  objective   = tb()
}
"""
LIGHTS = """gfs 1.0

import "sizes.gfs" { most }

environment Lights(n: int[1..most] = 4) {
  state { on: array[n] of bool = false }
  action light(i in index(on)) { on[i] = true }
  stop
}

reward Bright() for Lights { R = 1 + count(on[i] for i in index(on)) }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, project):
    """A file with imports, and a cache folder of its own, with the parse table in it."""
    (project / "parts").mkdir()
    (project / "main.gfs").write_text(MAIN)
    (project / "parts/lights.gfs").write_text(LIGHTS)
    (project / "parts/sizes.gfs").write_text("gfs 1.0\n\nconst most = 9\n")
    load_parser()
    (tmp_path / "cache/gflowspec").mkdir(parents=True)
    for table in resources.cache_directory().glob("grammar-*.json"):
        shutil.copy(table, tmp_path / "cache/gflowspec")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return project


@pytest.fixture
def checked(monkeypatch):
    """Counts how often a file was really checked."""
    done = []
    real = front.check_spec

    def counted(*arguments, **named):
        done.append(arguments)
        return real(*arguments, **named)

    monkeypatch.setattr(front, "check_spec", counted)
    return done


@pytest.fixture
def both(run_json, monkeypatch):
    """What ``check`` says; asserted to be what it says without verdicts."""

    def call(*argv):
        said = run_json("check", *argv)
        with monkeypatch.context() as patched:
            patched.setattr(verdicts, "read_entry", lambda folder, key: None)
            patched.setattr(verdicts, "write_entry", lambda *entry, kept: None)
            assert run_json("check", *argv) == said
        return said

    return call


def entry_of(folder: Path) -> Path:
    (entry,) = (folder / "cache/gflowspec/verdicts").glob("*.json")
    return entry


def test_an_unchanged_file_is_not_checked_again(folder, run, checked):
    first = [run("check", "main.gfs", *more) for more in (["-v"], ["--format", "json"])]
    assert len(checked) == 1
    warned = [item["code"] for item in first[1].json["diagnostics"]]
    assert "GFS315" in warned
    assert [run("check", "main.gfs", *more) for more in (["-v"], ["--format", "json"])] == first
    assert len(checked) == 1
    assert run("check", "main.gfs", "--deny", "warnings").code == 1
    assert len(checked) == 1


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("main.gfs", "size = 9", "size = 2"),
        ("main.gfs", "  stop\n  inv", "  inv"),
        ("parts/lights.gfs", "R = 1 +", "R = "),
        ("parts/sizes.gfs", "= 9", "= 2"),
        ("parts/sizes.gfs", "const most", "const least"),
    ],
)
def test_an_edit_of_any_file_is_seen(folder, checked, both, file, before, after):
    both("main.gfs")
    count = len(checked)
    path = folder / file
    status = path.stat()
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # times are not what counts
    both("main.gfs")
    assert len(checked) == count + 2
    path.write_text(text)
    both("main.gfs")


def test_a_file_that_vanishes_or_becomes_unreadable_text_is_seen(folder, both):
    both("main.gfs")
    (folder / "parts/sizes.gfs").write_bytes(b"gfs 1.0\n\xff")
    assert "GFS005" in both("main.gfs").codes
    (folder / "parts/sizes.gfs").unlink()
    assert "GFS106" in both("main.gfs").codes


def test_errors_are_not_kept(folder, run, checked):
    (folder / "main.gfs").write_text(MAIN.replace("parts/lights", "parts/nights"))
    assert run("check", "main.gfs").code == run("check", "main.gfs").code == 1
    assert len(checked) == 2
    (folder / "parts/nights.gfs").write_text(LIGHTS)
    assert run("check", "main.gfs").code == 0


def test_the_standard_library_counts(folder, both, checked, monkeypatch, tmp_path):
    copy = tmp_path / "std"
    copy.mkdir()
    for file in resources.std_directory().glob("*.gfs"):
        (copy / file.name).write_text(file.read_text())
    (folder / "grid.gfs").write_text(GRID)
    monkeypatch.setattr(resources, "std_directory", lambda: copy)
    both("grid.gfs")
    count = len(checked)
    file = copy / "hypergrid.gfs"
    file.write_text(file.read_text().replace("int[2..256] = 20", "int[5..256] = 20"))
    assert "GFS121" in both("grid.gfs").codes  # side = 4
    assert len(checked) == count + 2


def test_an_import_that_leads_elsewhere_is_seen(folder, both):
    link = folder / "parts/lights.gfs"
    link.rename(folder / "parts/one.gfs")
    (folder / "parts/two.gfs").write_text(LIGHTS.replace("R = 1 +", "R ="))
    link.symlink_to("one.gfs")
    both("main.gfs")
    link.unlink()
    link.symlink_to("two.gfs")
    assert "GFS330" in both("main.gfs").codes


@pytest.mark.parametrize(
    "argv",
    [
        ["main.gfs", "-s", "train.batch=0"],
        ["main.gfs", "-s", "train.batch=4"],
        ["main.gfs", "--scope", "size=2"],
        ["./main.gfs"],
        ["main.gfs", "-s", "train.batch"],
        ["main.gfs", "grid.gfs"],
    ],
)
def test_what_was_asked_counts(folder, both, argv):
    both("main.gfs")
    both(*argv)
    both(*argv)
    both("main.gfs")


def test_another_folder_is_another_file(folder, both):
    other = folder / "other"
    (other / "parts").mkdir(parents=True)
    (other / "main.gfs").write_text(MAIN.replace("size = 9", "size = 2"))
    (other / "parts/lights.gfs").write_text(LIGHTS)
    (other / "parts/sizes.gfs").write_text("gfs 1.0\n\nconst most = 9\n")
    here, there = both("main.gfs"), both("main.gfs", "--cwd", "other")
    assert here != there
    assert both("main.gfs") == here


def test_another_state_of_the_tool_counts(folder, run, checked, monkeypatch):
    run("check", "main.gfs")
    monkeypatch.setattr(verdicts, "tool_digest", lambda: "another")
    run("check", "main.gfs")
    assert len(checked) == 2


@pytest.mark.parametrize("change", ["text", "time", "new", "gone", "library", "grammar"])
def test_any_change_of_the_tool_is_another_state(tmp_path, monkeypatch, change):
    package = tmp_path / "package"
    (package / "std").mkdir(parents=True)
    files = [package / "a.py", package / "std/grid.gfs", tmp_path / "g.lark", tmp_path / "lib.py"]
    for file in files:
        file.write_text("one")
    monkeypatch.setattr(tool, "package_directory", lambda: package)
    monkeypatch.setattr(tool, "grammar_file", lambda: files[2])
    monkeypatch.setattr(tool, "LIBRARIES", ("lib",))
    monkeypatch.syspath_prepend(str(tmp_path))
    before = tool.tool_digest.__wrapped__()
    assert tool.tool_digest.__wrapped__() == before
    later = {"text": files[0], "time": files[1], "library": files[3], "grammar": files[2]}
    if change in later:
        file = later[change]
        stamp = file.stat().st_mtime_ns
        file.write_text("one" if change == "time" else "longer")
        os.utime(file, ns=(stamp, stamp + (change == "time")))
    elif change == "new":
        (package / "b.py").write_text("")
    else:
        files[0].unlink()
    assert tool.tool_digest.__wrapped__() != before


def test_components_of_other_packages_may_change_without_notice(
    folder, run, checked, monkeypatch, tmp_path
):
    run("check", "main.gfs")
    info = tmp_path / "site/extra-1.0.dist-info"
    info.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(info.parent))
    assert not announced.is_extended()
    (info / "entry_points.txt").write_text("[gflowspec.components]\nx = json:JSONDecoder\n")
    assert announced.is_extended()
    for turn in (2, 3):
        run("check", "main.gfs")
        assert len(checked) == turn


def damage(entry: Path) -> dict[str, bytes]:
    """Bytes that a crash, a bad disk or a person may leave."""
    whole = entry.read_bytes()
    body = whole.partition(b"\n")[2]
    value = json.loads(body)
    worse = {**value, "diagnostics": []}
    odd = [{**value, "texts": None}, {**value, "obligations": None}, {**value, "key": "x"}, [], 3]
    foreign = {f"odd {n}": entries_bytes(item) for n, item in enumerate(odd)}
    middle = len(whole) // 2
    return {
        "empty": b"",
        "cut": whole[:middle],
        "tail lost": whole[:-1],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "zeros": b"\0" * len(whole),
        "no checksum": body,
        "edited": whole.partition(b"\n")[0] + b"\n" + json.dumps(worse).encode(),
        **foreign,
    }


def entries_bytes(value: object) -> bytes:
    import hashlib

    body = json.dumps(value).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def test_a_damaged_entry_is_no_entry(folder, run, checked):
    first = run("check", "main.gfs", "-v")
    entry = entry_of(folder)
    for name, data in damage(entry).items():
        entry.write_bytes(data)
        count = len(checked)
        assert run("check", "main.gfs", "-v") == first, name
        assert len(checked) == count + 1, name
        assert run("check", "main.gfs", "-v") == first, name
        assert len(checked) == count + 1, name


def test_an_entry_under_another_name_is_no_entry(folder, run, checked):
    run("check", "main.gfs")
    entry = entry_of(folder)
    run("check", "grid.gfs")
    (other,) = set(entry.parent.glob("*.json")) - {entry}
    entry.write_bytes(other.read_bytes())
    said = run("check", "main.gfs")
    assert "Bag" in said.out
    assert len(checked) == 3


def _write(folder: str, number: int) -> None:
    os.environ["XDG_CACHE_HOME"] = folder
    for turn in range(60):
        entries.write_entry("some", "key", [number] * (1 + 997 * (turn % 3)), kept=8)
        found = entries.read_entry("some", "key")
        if found is not None and (len(set(found)) != 1 or len(found) % 997 != 1):
            raise SystemExit(1)


def test_writers_do_not_disturb_each_other(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(str(tmp_path), n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert [path.name for path in (tmp_path / "gflowspec/some").iterdir()] == ["key.json"]


def test_the_folder_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for number in range(20):
        entries.write_entry("some", str(number), number, kept=8)
    kept = list((tmp_path / "gflowspec/some").iterdir())
    assert len(kept) <= 8
    assert entries.read_entry("some", "19") == 19


@pytest.mark.parametrize(
    "item",
    ['data table: map[int] of real = file("t.csv", key = "k", value = "v")'],
)
def test_a_file_that_reads_data_has_no_verdict(folder, run, item):
    (folder / "main.gfs").write_text(f"{MAIN}\n{item}\n")
    run("check", "main.gfs")
    assert not (folder / "cache/gflowspec/verdicts").exists()


OPENED = """
import sys
found = []
sys.addaudithook(lambda event, about: found.append(about[0]) if event == "open" else None)
from gflowspec.cli.main import main
code = main(["check", "main.gfs"])
print(code, *(name for name in found if isinstance(name, str)), sep="\\n")
"""


def test_a_check_opens_what_its_verdict_names_and_nothing_else(folder):
    done = subprocess.run(
        [sys.executable, "-c", OPENED],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    opened = {os.path.realpath(folder / name) for name in lines[lines.index("0") + 1 :]}
    # What tool_digest and is_extended look at, and what Python reads on its own.
    code = (".py", ".pyc", ".so", ".lark", ".txt", ".zip", ".pth", ".cfg")
    cache = str(folder / "cache")
    rest = {name for name in opened if not name.endswith(code) and not name.startswith(cache)}
    texts = json.loads(entry_of(folder).read_bytes().partition(b"\n")[2])["texts"]
    named = {text["key"].replace("gfs:std", str(resources.std_directory())) for text in texts}
    assert {name.removesuffix(".gfs") for name in rest} == {
        name.removesuffix(".gfs") for name in named
    }
