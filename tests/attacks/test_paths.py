"""No text reads a file outside its folder tree and the data directory."""

import os

import pytest

from gflowspec.api import check

SECRET = "k,v\nA,1\nC,2\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder with a specification, a secret beside it, and a data directory elsewhere."""
    (tmp_path / "secret.csv").write_text(SECRET)
    (tmp_path / "secret.gfs").write_text("gfs 1.0\nconst A = 1\n")
    inside = tmp_path / "project" / "specs"
    (inside / "sub").mkdir(parents=True)
    (inside / "ok.csv").write_text(SECRET)
    shared = tmp_path / "shared"
    (shared / "sub").mkdir(parents=True)
    (shared / "ok.csv").write_text(SECRET)
    (shared / "sub" / "ok.csv").write_text(SECRET)
    monkeypatch.setenv("GFLOWSPEC_DATA", str(shared))
    monkeypatch.setenv("HOME", str(tmp_path))
    return inside


def errors(folder, text):
    path = folder / "spec.gfs"
    path.write_text("gfs 1.0\n" + text, encoding="utf-8", errors="surrogatepass")
    return [item.code for item in check(path).diagnostics if item.is_error]


def reads(folder, path):
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return errors(folder, f'data d: array[2] of real = file("{escaped}", column = "v")\n')


def imports(folder, path):
    return errors(folder, f'import "{path}" as m\nconst B = m.A\n')


@pytest.mark.parametrize(
    "path", ["ok.csv", "./sub/../ok.csv", "gfs:data/ok.csv", "gfs:data/sub/ok.csv"]
)
def test_what_may_be_read(tree, path):
    assert reads(tree, path) == []


@pytest.mark.parametrize(
    "path",
    [
        "../../secret.csv",
        "sub/../../../secret.csv",
        "gfs:data/../secret.csv",
        "gfs:data/sub/../../secret.csv",
        "gfs:data//etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/environ",
        "..",
        "/",
    ],
)
def test_paths_that_lead_out(tree, path):
    assert reads(tree, path) == ["GFS204"]


@pytest.mark.parametrize(
    "path",
    [
        "~/secret.csv",
        "~root/.profile",
        "$HOME/secret.csv",
        "${HOME}/secret.csv",
        "%HOME%/secret.csv",
        "..\\secret.csv",
        "file:///etc/passwd",
        "http://localhost/x.csv",
        "GFS:DATA/ok.csv",
        "gfs:std/hypergrid",
        "ok.csv\\u{0}.png",
        "ok.csv\\u{1b}[2J",
        "x" * 300 + ".csv",
        "a/" * 3000 + "x.csv",
        "",
        ".",
        "sub",
    ],
)
def test_names_mean_what_they_say(tree, path):
    found = errors(
        tree,
        f'data d: array[2] of real = file("{path}", column = "v")\n'.replace("..\\s", "..\\\\s"),
    )
    assert found == ["GFS201"]


def test_messages_hold_nothing_that_a_terminal_obeys(tree):
    path = tree / "spec.gfs"
    path.write_text('gfs 1.0\ndata d: array[2] of real = file("\\u{1b}[2J\\u{202e}x.csv")\n')
    [found] = check(path).diagnostics
    assert found.message.isprintable()


def test_links_are_followed_before_they_are_judged(tree):
    (tree / "link.csv").symlink_to(tree.parents[1] / "secret.csv")
    (tree / "up").symlink_to(tree.parents[1])
    (tree / "link.gfs").symlink_to(tree.parents[1] / "secret.gfs")
    (tree.parents[1] / "shared" / "link.csv").symlink_to(tree.parents[1] / "secret.csv")
    (tree / "shared.csv").symlink_to(tree.parents[1] / "shared" / "ok.csv")
    (tree / "hop").symlink_to("sub/../ok.csv")
    assert reads(tree, "link.csv") == ["GFS204"]
    assert reads(tree, "up/secret.csv") == ["GFS204"]
    assert reads(tree, "gfs:data/link.csv") == ["GFS204"]
    assert imports(tree, "link.gfs") == ["GFS204"]
    assert imports(tree, "up/secret.gfs") == ["GFS204"]
    assert reads(tree, "shared.csv") == []  # a link into the data directory


def test_links_in_a_circle(tree):
    (tree / "a.csv").symlink_to("b.csv")
    (tree / "b.csv").symlink_to("a.csv")
    (tree / "a.gfs").symlink_to("a.gfs")
    assert reads(tree, "a.csv") == ["GFS201"]
    assert imports(tree, "a.gfs") == ["GFS106"]


def test_pipes_devices_and_folders_are_no_files(tree):
    os.mkfifo(tree / "pipe.csv")
    os.mkfifo(tree / "pipe.gfs")
    (tree / "zero.csv").symlink_to("/dev/zero")
    assert reads(tree, "pipe.csv") == ["GFS201"]
    assert imports(tree, "pipe.gfs") == ["GFS106"]
    assert reads(tree, "zero.csv") == ["GFS204"]
    assert imports(tree, "sub") == ["GFS106"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../../secret.gfs", "GFS204"),
        ("/etc/passwd", "GFS204"),
        ("/dev/zero", "GFS204"),
        ("gfs:std/../../../etc/passwd", "GFS106"),
        ("gfs:data/ok.csv", "GFS106"),
        ("~/secret.gfs", "GFS106"),
        ("$HOME/secret.gfs", "GFS106"),
        ("spec.gfs\\u{0}", "GFS106"),
        ("x" * 5000, "GFS106"),
        ("", "GFS106"),
    ],
)
def test_imports_that_lead_nowhere(tree, path, code):
    assert imports(tree, path) == [code]


def test_an_imported_file_may_not_leave_the_tree_either(tree):
    (tree / "sub" / "in.gfs").write_text(
        "gfs 1.0\nconst A = 1\n"
        'data d: array[2] of real = file("../../../secret.csv", column = "v")\n'
    )
    (tree / "sub" / "ok.gfs").write_text(
        'gfs 1.0\ndata d: array[2] of real = file("../ok.csv", column = "v")\nconst A = d[0]\n'
    )
    assert imports(tree, "sub/ok.gfs") == []
    assert errors(tree, 'import "sub/in.gfs" as m\nconst B = m.d[0]\n') == ["GFS204"]


def test_a_setting_of_the_command_line_reads_no_file(tree):
    path = tree / "spec.gfs"
    path.write_text("gfs 1.0\nparam p: real = 1\nconst Q = p\n")
    found = check(path, overrides=['p=file("../../secret.csv")']).diagnostics
    assert [item.code for item in found if item.is_error] == ["GFS120"]


def test_a_file_that_may_not_be_opened(tree, monkeypatch):
    def refuse(*_args, **_named):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gflowspec.core.places.os.open", refuse)
    assert reads(tree, "ok.csv") == ["GFS203"]
