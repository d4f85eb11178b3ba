"""``docs``: pages on disk."""

from .conftest import GRID


def test_pages_are_written(project, run, run_json):
    said = run_json("docs", "grid.gfs", "-o", "pages").json
    assert said == {
        "ok": True,
        "files": ["pages/index.html", "pages/grid.Grid.html"],
        "environments": ["Grid"],
    }
    text = (project / "pages/grid.Grid.html").read_text()
    assert "<code>x[i] &lt; 3</code>" in text
    assert run("docs", "grid.gfs").out == "wrote gfs-docs/index.html and 1 page\n"
    assert (project / "gfs-docs/grid.Grid.html").read_text() == text


def test_a_directory_gives_all_its_files(project, run_json):
    (project / "below").mkdir()
    (project / "below/two.gfs").write_text(GRID.replace("Grid", "Two"))
    said = run_json("docs", ".", "-o", "pages").json
    assert sorted(said["environments"]) == ["Grid", "Two"]


def test_files_with_errors_are_reported_and_the_others_written(project, run_json):
    (project / "bad.gfs").write_text("gfs 1.0\n\nconst a = b\n")
    (project / "worse.gfs").write_text(GRID.replace("{ x[i] += 1 }", "{ x[i] = 1 }"))
    said = run_json("docs", ".", "-o", "pages")
    assert said.code == 1
    assert sorted(said.codes) == ["GFS101", "GFS302"]
    assert said.json["environments"] == ["Grid"]
    assert (project / "pages/grid.Grid.html").is_file()


def test_usage(project, run_json):
    assert run_json("docs", "nothing.gfs").codes == ["GFS601"]
    assert run_json("docs", "grid.gfs", "-o", "grid.gfs").codes == ["GFS601"]
    assert run_json("docs").code == 2
