"""Documentation is complete, fresh, and what it shows runs."""

import re
import runpy
import shlex
from pathlib import Path

import pytest

import gflowspec as gfs
from gflowspec.cli.main import main
from gflowspec.cli.run import table
from gflowspec.cli.verbs import all_commands
from gflowspec.components.discover import vocabulary
from gflowspec.core.codes import CODES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_generated_pages_are_fresh():
    generate = runpy.run_path(str(ROOT / "docs/generate.py"))
    stale = [
        path.name
        for path, text in generate["pages"]().items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run: python docs/generate.py"


def test_every_component_is_documented():
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    missing = [
        f"{kind} {name}"
        for kind, classes in vocabulary().components.items()
        for name in classes
        if f"## {kind} `{name}`" not in text
    ]
    assert not missing


def test_every_code_is_documented():
    text = (ROOT / "docs/codes.md").read_text(encoding="utf-8")
    assert not [code for code in CODES if code not in text]


def test_every_flag_is_documented():
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    missing = [
        f"{name} {flag}"
        for name, command in all_commands().items()
        for parameter in command.params
        for flag in parameter.opts
        if flag.startswith("-") and flag not in text
    ]
    assert not missing


def test_every_verb_has_its_json_documented():
    above = (ROOT / "docs/cli.md").read_text(encoding="utf-8").partition("<!--")[0]
    missing = [name for name in all_commands() if not re.search(rf"`{name}\b", above)]
    assert not missing


def test_links_lead_somewhere():
    broken = [
        f"{page.name} -> {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken


@pytest.mark.parametrize("page", ["README.md", "docs/language.md"])
def test_complete_specifications_check_cleanly(page, tmp_path, capsys):
    found = blocks(page, "gfs")
    assert found
    for number, text in enumerate(found):
        path = tmp_path / f"block_{number}.gfs"
        path.write_text(text)
        assert main(["check", str(path), "--deny", "warnings"]) == 0, capsys.readouterr().err


def test_the_example_of_the_readme_is_the_example_file():
    assert (ROOT / "examples/rucksack.gfs").read_text() in blocks("README.md", "gfs")


def test_commands_that_are_shown_exist():
    shown = [
        line.removeprefix("$ ").partition("#")[0]
        for page in PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.match(r"(\$ )?gflowspec \w", line)
    ]
    assert len(shown) > 8
    for line in shown:
        words = shlex.split(line)
        command = all_commands().get(words[1])
        assert command is not None, line
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert not [word for word in words[2:] if word.startswith("--") and word not in flags], line


def transcript():
    """What the README shows of the end of ``make run``: texts by their names."""
    [text] = re.findall(r"^(outcome .*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    return rows(text)


def rows(text):
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in text.splitlines())


@pytest.mark.slow
def test_the_readme_shows_how_the_quickstart_ends(monkeypatch, tmp_path):
    (tmp_path / ".gflowspec").mkdir()
    monkeypatch.chdir(tmp_path)
    experiment = gfs.compile(gfs.load(ROOT / "specs/quickstart.gfs"))
    shown, found = transcript(), rows(table(gfs.run(experiment, tracker=gfs.NullTracker())))
    assert [name for name in found if name in shown] == [name for name in shown if name in found]
    assert set(shown) - set(found) == {"open it"}  # the README's run has a store
    for name in ("outcome", "exact log Z", "floor", "iterations", "trajectories"):
        assert shown[name] == found[name]
    # The last digits depend on the processor.
    for name in ("exact TV", "exact KL"):
        assert 1 / 4 < float(found[name]) / float(shown[name]) < 4
    assert float(found["log Z error"]) == pytest.approx(float(shown["log Z error"]), abs=1e-4)
    # The end of the name is a hash of all settings, so that it changes with each new one.
    assert found["run"].startswith(shown["run"].removesuffix("..."))


def test_python_of_the_readme_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(ROOT)
    [text] = blocks("README.md", "python")
    exec(compile(text, "README.md", "exec"), {})
    assert "finished" in capsys.readouterr().out


def test_the_component_of_the_extending_page_works():
    import torch

    [text] = blocks("docs/extending.md", "python")
    names: dict[str, object] = {"__name__": "extending"}
    exec(compile(text, "extending.md", "exec"), names)
    rho = names["LogCosh"]().rho(torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert rho.tolist() == pytest.approx([0.0, 0.4337808304830271])
