"""``gflowspec compare`` on run directories that were written by hand."""

import pytest

from gflowspec.runs.comparison import differing
from gflowspec.tracking.base import RunRecord, Status
from gflowspec.tracking.location import StoreLocation
from gflowspec.tracking.project import Project
from gflowspec.tracking.rundir import RunInfo
from gflowspec.tracking.tracker import MlflowTracker

SETTINGS = {
    "objective": "tb",
    "objective.lr_z": 0.1,
    "policy.backward": "uniform",
    "train.batch": 10,
    "train.seed": 0,
}


@pytest.fixture
def kept(project):
    """Make a run directory: settings, final exact TV, and its curve by iteration."""
    made = []

    def make(tv, curve=(), *, task="task:1/aa", status=Status.FINISHED, **settings):
        changed = {name.replace("__", "."): value for name, value in settings.items()}
        values = SETTINGS | changed
        if values["objective"] != "tb":
            values.pop("objective.lr_z")
        made.append(None)
        info = RunInfo(
            run_id=f"20260131-1422{len(made):02}-abcdef-k7q{len(made)}",
            name=f"grid-{values['objective']}-s{values['train.seed']}",
            experiment="grid",
            hashes={"task": task, "run": f"run:1/{len(made):064}"},
            created=float(len(made)),
            settings={path: {"value": value, "source": "x"} for path, value in values.items()},
            status=status,
            outcome="finished" if status is Status.FINISHED else "interrupted",
            exact={"tv": tv, "kl": 2 * tv},
            log_z_error=tv / 10,
            floor=0.01,
            floor_samples=10_000,
        )
        run = Project.find().create_run(info)
        if curve:
            tracker = MlflowTracker(StoreLocation(f"sqlite:///{project}/x.db"), offline=True)
            tracker.start(
                RunRecord(
                    run_id=info.run_id, name=info.name, experiment="grid",
                    directory=run.directory, created=1.0,
                )
            )  # fmt: skip
            for step, value in curve:
                tracker.record(step, {"eval/tv_exact": value})
            tracker.finish(Status.FINISHED, "")
        return run

    return make


def test_groups_by_what_differs_besides_the_seed(kept, run_json):
    for seed in range(5):
        kept(0.1 + seed / 100, train__seed=seed)
        kept(0.2 + seed / 100, train__seed=seed, objective="db")
    answer = run_json("compare", "grid").json
    first, second = answer["groups"]
    assert (first["by"], second["by"]) == ({"objective": "tb"}, {"objective": "db"})
    assert (first["runs"], first["seeds"]) == (5, [0, 1, 2, 3, 4])
    tv = first["metrics"]["tv_exact"]
    assert tv["mean"] == pytest.approx(0.12)
    assert tv["n"] == 5
    assert tv["low"] < 0.12 < tv["high"]
    (difference,) = [x for x in answer["differences"] if x["metric"] == "tv_exact"]
    assert difference["difference"]["mean"] == pytest.approx(0.1)
    assert difference["p"] == pytest.approx(1 / 16)
    assert difference["verdict"] == "no difference found"
    assert answer["task"] == "task:1/aa"
    assert answer["diagnostics"] == []


def test_more_seeds_find_the_difference_and_it_is_corrected(kept, run_json):
    for seed in range(8):
        kept(0.3 + seed / 100, train__seed=seed)
        kept(0.1 + seed / 90, train__seed=seed, objective="db")
        kept(0.3 + (-1) ** seed / 100 + seed / 100, train__seed=seed, objective="subtb")
    found = run_json("compare", "grid", "--metric", "tv_exact").json["differences"]
    assert [x["by"]["objective"] for x in found] == ["db", "subtb"]
    assert found[0]["p"] == pytest.approx(2 / 256)
    assert found[0]["p_holm"] == pytest.approx(4 / 256)
    assert [x["verdict"] for x in found] == ["lower", "no difference found"]


def test_curves_give_areas_and_arrivals(kept, run_json, project):
    curve = [(10, 0.5), (100, 0.04), (1000, 0.03)]
    kept(0.03, curve)
    kept(0.06, [(10, 0.5), (100, 0.06), (1000, 0.06)], train__seed=1)
    answer = run_json("compare", "grid", "-o", "curves.svg").json
    (group,) = answer["groups"]
    areas = [(0.5 + 2 * b + c) / 4 for b, c in ((0.04, 0.03), (0.06, 0.06))]
    assert group["metrics"]["auc_tv"]["mean"] == pytest.approx(sum(areas) / 2)
    assert group["reached"] == {"threshold": 0.05, "runs": 1, "trajectories": [1000.0]}
    assert (project / "curves.svg").read_text().startswith("<?xml")
    again = run_json("compare", "grid", "--threshold", "0.06").json["groups"][0]
    assert again["reached"]["trajectories"] == [1000.0, 1000.0]


def test_what_cannot_be_compared_is_said(kept, run_json):
    kept(0.1)
    kept(0.2, task="task:1/bb", train__seed=1)
    assert run_json("compare", "grid").codes == ["GFS606"]
    forced = run_json("compare", "grid", "--force").json
    assert forced["task"] is None
    assert forced["groups"][0]["runs"] == 2
    assert run_json("compare", "grid", "--task", "bb").json["groups"][0]["runs"] == 1
    assert run_json("compare", "grid", "--task", "bb", "--metric", "tv").codes == ["GFS607"]
    assert run_json("compare", "--sweep", "rates").codes == ["GFS602"]
    assert run_json("compare", "nothing").codes == ["GFS602"]
    assert run_json("compare").codes == ["GFS600"]
    assert run_json("compare", "grid", "--task", "bb", "-o", "x.png").codes == ["GFS607"]


def warnings(said):
    return [item["message"] for item in said.json["diagnostics"]]


def test_unfinished_runs_and_missing_seeds_are_warned_about(kept, run_json):
    for seed in range(5):
        kept(0.1, train__seed=seed)
        status = Status.KILLED if seed == 3 else Status.FINISHED
        kept(0.2, train__seed=seed, objective="db", status=status)
    said = run_json("compare", "grid")
    assert said.code == 0
    left_out, missing = warnings(said)
    assert "is left out: interrupted" in left_out
    assert missing == "db has no finished run with seed 3; pairs are formed without it"
    (pairs,) = {x["difference"]["n"] for x in said.json["differences"]}
    assert pairs == 4


def test_a_repeated_run_counts_once(kept, run_json):
    kept(0.9)
    kept(0.1)
    said = run_json("compare", "grid", "--metric", "tv_exact")
    assert said.json["groups"][0]["metrics"]["tv_exact"]["mean"] == 0.1
    assert "1 run is left out: a newer one has the same seed" in warnings(said)[0]


def test_few_seeds_are_remarked_on(kept, run_json):
    kept(0.1)
    assert "1 seed: an interval of fewer than 5 says little" in warnings(
        run_json("compare", "grid")
    )


def test_arguments_count_where_the_constructor_is_the_same():
    def settings(**values):
        return {path.replace("__", "."): {"value": value} for path, value in values.items()}

    found = differing(
        [
            settings(objective="tb", objective__lr_z=0.1, train__seed=0, train__batch=8),
            settings(objective="db", train__seed=1, train__batch=8),
            settings(objective="subtb", objective__lambda=0.9, train__seed=0, train__batch=8),
            settings(objective="subtb", objective__lambda=1.0, train__seed=0, train__batch=8),
        ]
    )
    assert found == ("objective", "objective.lambda")


def test_the_text_shows_intervals(kept, run):
    for seed in range(5):
        kept(0.1 + seed / 100, train__seed=seed)
        kept(0.2, train__seed=seed, objective="db")
    said = run("compare", "grid", "--metric", "tv_exact")
    assert "0.12 [0.1" in said.out
    assert "no difference found" in said.out
