"""Runs beside each other: which are taken, how they are grouped, and what is refused."""

import functools
import re

import pytest

from gflowspec.core.errors import SpecInvalid
from gflowspec.runs.comparison.compare import Question, compare
from gflowspec.runs.comparison.document import html, markdown
from gflowspec.runs.comparison.gather import gather, runs_of
from gflowspec.runs.comparison.groups import grouped, varied
from gflowspec.runs.comparison.pictures import draw
from gflowspec.runs.comparison.report import Origin, claims, report
from gflowspec.runs.comparison.rows import row_of
from gflowspec.tracking.base import Status
from gflowspec.tracking.project import Project

from .past import leave


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def made(project):
    """Leave the directory of a run; see ``past.leave``."""
    return functools.partial(leave, project)


def sweep(made, effect=0.1, seeds=range(1, 7)):
    """Two arms that share everything but their rule: tlm is lower by ``effect`` at each seed."""
    for seed in seeds:
        base = 0.5 + 0.01 * seed
        made(base, train__seed=seed, policy__backward="uniform")
        made(base - effect - 0.001 * seed, train__seed=seed, policy__backward="tlm",
             policy__backward__lr=0.001)  # fmt: skip


def compared(project, **question):
    rows, found = gather(runs_of(["grid"], project))
    assert not found
    return compare(rows, Question(**question))


def test_arms_are_found_grouped_and_told_apart(project, made):
    sweep(made)
    found = compared(project, against=("policy.backward", "uniform"), reach=0.44)
    assert found.by == ("policy.backward",)  # tlm.lr has one value wherever it is
    assert found.primary == "auc(tv_exact)"
    assert found.span == (10.0, 100.0)
    assert [dict(item.group.by) for item in found.groups] == [
        {"policy.backward": "uniform"}, {"policy.backward": "tlm"},
    ]  # fmt: skip
    uniform, tlm = found.groups
    assert uniform.outcomes["tv_exact"].mean.value == pytest.approx(0.5 + 0.035)
    # from 1 to its end on one straight line in log trajectories
    assert tlm.outcomes["auc(tv_exact)"].values[1] == pytest.approx((1 + 0.409) / 2)
    assert [item.censored for item in uniform.crossings] == [True] * 6
    # seeds 1, 2, 5 and 6 end at or below 0.44: after 4.09, 4.18, 4.27 and 4.36 seconds
    assert tlm.plain()["reach"] == {
        "median": 100.0, "censored": 2, "n": 6, "beyond": None, "seconds": pytest.approx(4.27),
    }  # fmt: skip
    assert uniform.plain()["reach"]["seconds"] is None
    assert {item.outcome for item in found.contrasts} == {"auc(tv_exact)", "tv_exact"}
    for item in found.contrasts:
        assert item.verdict == "better"
        assert item.adjusted_p == pytest.approx(2 / 2**6)
        assert item.difference.improved == 1.0


@pytest.mark.parametrize("zero", ["0", "0.0", "0e0"])
def test_a_baseline_is_found_however_its_number_is_written(project, made, zero):
    for seed in range(1, 7):
        for p in (0.0, 1e-3):
            made(0.5 - p * seed, train__seed=seed, policy__forward__explore__p=p)
    path = "policy.forward.explore.p"
    found = compared(project, against=(path, zero), arms=("1e-3",))
    assert {item.baseline.by[path] for item in found.contrasts} == {"0.0"}
    assert {item.group.by[path] for item in found.contrasts} == {"0.001"}
    with pytest.raises(SpecInvalid, match=r"0\.01"):
        compared(project, against=(path, "0.01"))


def test_five_pairs_cannot_decide_and_no_effect_is_not_found(project, made):
    sweep(made, seeds=range(1, 6))
    [first, _] = compared(project, against=("policy.backward", "uniform")).contrasts
    assert first.verdict == "undecided"
    assert first.difference.estimate.high < 0


def test_an_effect_that_changes_its_sign_is_not_found(project, made):
    for seed in range(1, 7):
        made(0.5, train__seed=seed, policy__backward="uniform")
        made(0.5 + (-1) ** seed * 0.01, train__seed=seed, policy__backward="tlm")
    for item in compared(project, against=("policy.backward", "uniform")).contrasts:
        assert item.verdict == "no difference found"


def test_settings_that_tell_runs_apart(made):
    rows = [row_of(made(objective=o, train__optimizer__lr=lr, train__seed=s))
            for o in ("tb", "db") for lr in (0.1, 0.2) for s in (1, 2)]  # fmt: skip
    assert varied(rows) == ("objective", "train.optimizer.lr")
    assert varied(rows[:2]) == ()  # they differ in their seed alone
    assert [len(group.rows) for group in grouped(rows, ("objective",))] == [4, 4]


def codes(found):
    return [item.code for item in found]


def test_what_cannot_be_compared_is_refused_with_its_reason(project, made):
    made(train__seed=1)
    made(train__seed=1, task="b", env="b")
    runs = runs_of(["grid"], project)
    with pytest.raises(SpecInvalid) as error:
        gather(runs)
    assert codes(error.value.diagnostics) == ["GFS420"]
    assert "environments" in error.value.diagnostics[0].message
    assert codes(gather(runs, force=True)[1]) == ["GFS420"]
    assert len(gather(runs, task="1/b")[0]) == 1
    with pytest.raises(SpecInvalid, match="GFS423"):
        gather(runs, task="1/c")


def test_unfinished_runs_missing_seeds_and_pooled_settings_are_said(project, made):
    made(train__seed=1, policy__backward="uniform")
    made(train__seed=2, policy__backward="uniform")
    made(train__seed=1, policy__backward="tlm")
    made(train__seed=2, policy__backward="tlm", status=Status.FAILED)
    rows, found = gather(runs_of(["grid"], project))
    assert codes(found) == ["GFS421"]
    assert codes(compare(rows, Question()).diagnostics) == ["GFS422", "GFS426"]
    pooled = compare(rows, Question(by=("objective",)))
    assert codes(pooled.diagnostics) == ["GFS425"]


@pytest.mark.parametrize(
    "question",
    [
        Question(metrics=("modes_found",)),
        Question(by=("policy.forward",)),
        Question(against=("policy.backward", "maxent")),
        Question(against=("objective", "db")),
    ],
)
def test_questions_about_what_is_not_there(project, made, question):
    sweep(made, seeds=[1])
    rows, _ = gather(runs_of(["grid"], project))
    with pytest.raises(SpecInvalid, match="GFS423"):
        compare(rows, question)


def test_one_run_hash_counts_once_and_the_finished_run_is_taken(project, made):
    done = made(0.3, train__seed=1)
    made(0.4, train__seed=1, status=Status.FAILED)
    newer = made(0.2, train__seed=1)
    assert [run.info.run_id for run in runs_of(["grid"], project)] == [newer.info.run_id]
    assert [run.info.run_id for run in runs_of([done.info.run_id], project)] == [done.info.run_id]


def test_pictures_are_drawn_as_png_and_svg(project, made, tmp_path):
    sweep(made, seeds=[1, 2])
    found = compared(project)
    files = draw(found, tmp_path / "out", "a sweep")
    assert sorted(path.name for path in files) == [
        "curves.png", "curves.svg", "outcomes.png", "outcomes.svg",
    ]  # fmt: skip
    assert all(path.stat().st_size > 2_000 for path in files)
    before = (tmp_path / "out" / "curves.svg").read_bytes()
    draw(found, tmp_path / "out", "a sweep")
    assert b"shown by samples" not in before  # no floor is known for these runs
    assert len(before) == len((tmp_path / "out" / "curves.svg").read_bytes())


ORIGIN = Origin(title="A claim", commands=["gflowspec sweep a.gfs:s"], made="today")


@pytest.mark.parametrize(
    ("effect", "seeds", "sign", "claim"),
    [
        (0.1, 7, "−", "supported"),
        (-0.1, 7, "+", "not supported"),
        (0.1, 4, "−", "undecided at this budget: 4 pairs cannot give p < 0.12"),
    ],
)
def test_a_report_says_what_the_differences_say_about_the_claim(
    project, made, tmp_path, effect, seeds, sign, claim
):
    sweep(made, effect, range(1, seeds + 1))
    for seed in range(1, seeds + 1):  # a third arm, which the claim is not about
        made(0.5, train__seed=seed, policy__backward="naive")
    rows, _ = gather(runs_of(["grid"], project))
    question = Question(against=("policy.backward", "uniform"), arms=("tlm",))
    found = compare(rows, question)
    [said] = claims(found)
    assert (said["sign"], said["claim"]) == (sign, claim)
    assert said["p"] == said["adjusted_p"]  # one panel is a family of one
    page = markdown(report(found, rows, ORIGIN, []), tmp_path)
    [line] = [line for line in page.splitlines() if line.startswith("| tlm against uniform")]
    assert line.endswith(f"| {claim} |")
    assert "naive against" not in page
    assert "    gflowspec sweep a.gfs:s" in page
    assert all(item.code in page for item in found.diagnostics)


def test_a_report_is_one_page_with_its_pictures_inside(project, made, tmp_path):
    sweep(made, seeds=[1, 2])
    rows, _ = gather(runs_of(["grid"], project))
    found = compare(rows, Question(against=("policy.backward", "uniform")))
    drawn = draw(found, tmp_path / "out", "a <title>")
    names = list(dict.fromkeys(path.with_suffix("") for path in drawn))
    document = report(found, rows, ORIGIN, names)
    page = html(document)
    assert page.count("<svg") == 2
    assert "<!DOCTYPE svg" not in page
    ids = re.findall(r'<g id="([^"]+)"', page)
    assert ids
    assert len(ids) == len(set(ids))
    assert "<td>tlm against uniform</td>" in page
    text = markdown(document, tmp_path)
    assert "![curves](out/curves.png)" in text


def test_an_arm_that_is_not_there_is_refused(project, made):
    sweep(made, seeds=[1])
    rows, _ = gather(runs_of(["grid"], project))
    question = Question(against=("policy.backward", "uniform"), arms=("maxent",))
    with pytest.raises(SpecInvalid, match="GFS423"):
        compare(rows, question)
