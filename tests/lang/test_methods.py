"""Methods of other languages are answered with functions that exist."""

import re

from gflowspec.lang.builtins import FUNCTIONS
from gflowspec.lang.messages.methods import instead

AGGREGATIONS = {"all", "any", "count", "max", "min", "sum"}
HABITS = "all any count edges has_edge has_path is_dag length max mean number_of_nodes parents size"


def test_what_is_written_instead_exists():
    for habit in HABITS.split():
        (help_,) = instead(habit, "x")
        called = set(re.findall(r"(\w+)\(", help_))
        assert called, habit
        assert called <= AGGREGATIONS | set(FUNCTIONS), habit


def test_effects_stand_in_actions():
    assert instead("append", "s") == (
        "`append` is an effect: it stands between the braces of an action",
    )


def test_nothing_is_invented():
    assert instead("frobnicate", "x") == ()
