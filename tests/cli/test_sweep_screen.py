"""What is shown of a sweep while it goes on, where there is no terminal."""

from gflowspec.cli.sweep_screen import Figures, LiveBars, PlainLines
from gflowspec.runs.sweeps.ledger import Entry, State
from gflowspec.runs.sweeps.plan import PlannedCell


def cell(name):
    return PlannedCell(name=name, hash=f"run:1/{name}", task="t", env="e")


def goes_on(screen):
    """Two cells: one fails, the other is done."""
    first, second = cell("first"), cell("second")
    for item in (first, second):
        screen.cell(item, Entry())
    screen.cell(first, Entry(state=State.RUNNING))
    screen.progress(0, first, {"step": 0, "steps": 100, "values": {}})
    screen.progress(0, first, {"step": 50, "steps": None, "values": {"eval/tv_exact": 0.25}})
    screen.cell(first, Entry(state=State.FAILED, reason="the loss is not finite"))
    screen.cell(second, Entry(state=State.RUNNING))
    screen.cell(second, Entry(state=State.DONE))
    screen.close()


def test_a_line_is_printed_for_every_change_and_none_for_where_cells_stood():
    said = []
    goes_on(PlainLines(said.append))
    assert said == [
        "[0/2 done  1 running]  running  first",
        "[0/2 done  0 running  1 failed]  failed  first: the loss is not finite",
        "[0/2 done  1 running  1 failed]  running  second",
        "[1/2 done  0 running  1 failed]  done  second",
    ]


def test_bars_show_what_failed_above_them(capsys):
    goes_on(LiveBars())
    shown = capsys.readouterr().err
    assert "failed  first: the loss is not finite" in shown
    assert "1/2 done" in shown


def test_figures_of_a_worker_belong_to_its_present_cell():
    figures = Figures()
    figures.add(0, {"step": 0, "steps": 10, "values": {}})
    figures.add(0, {"step": 5, "steps": None, "values": {"eval/tv_exact": 0.5}})
    assert figures.steps[0] == (5, 10)
    assert figures.words(0) == "exact TV 0.5"
    figures.add(0, {"step": 0, "steps": 20, "values": {}})
    assert figures.steps[0] == (0, 20)
    assert figures.words(0) == ""
