"""A few random specifications, and whether the fuzzer would notice that something is wrong."""

import os
import time
from random import Random

import pytest

from fuzz import campaign, environments, executions, mutations, sentences, shrink, workers
from fuzz.tokens import tokens
from fuzz.trial import Outcome, trial
from gflowspec.compiler import tensor_environment
from gflowspec.core.source import SourceFile
from gflowspec.lang import formatter
from gflowspec.lang.syntax.parser import parse

GRID = """gfs 1.0

environment E() {
  state { x: array[2] of int[0..2] = 0 }
  action step(i in index(x)) { x[i] += 1 }
  stop
}

reward G() for E { R = 1 + x[0] * x[1]  mode when x[0] == 2 }
"""


@pytest.mark.parametrize("number", range(36))
def test_a_random_text_does_no_harm(number):
    source, text = campaign.text_of(7, number)
    outcome = trial(text)
    assert not outcome.failure, f"{source}:\n{text}\n{outcome.detail}"


@pytest.mark.slow
def test_more_random_texts_do_no_harm(tmp_path):
    found = campaign.campaign(11, range(1_500), jobs=2, folder=tmp_path)
    assert found["failures"] == {}
    assert found["trials"] == 1_500
    assert found["executed"] > 150


def test_environments_are_well_typed_and_most_are_sound():
    found = [trial(environments.environment(Random(f"sound {n}"))) for n in range(12)]
    assert sum(item.category == "executed" for item in found) >= 4
    assert {item.category for item in found} <= {"executed", "refused"}


def test_sentences_and_mutations_parse():
    for number in range(10):
        sentence = sentences.sentence(Random(number))
        _, found = parse(SourceFile("s.gfs", sentence))
        # A keyword as a name, and an expression that is too deep, are no matter of the grammar.
        assert {item.code for item in found} <= {"GFS004", "GFS009", "GFS010"}, sentence
    texts = [mutations.mutated(Random(number)) for number in range(12)]
    broken = sum(bool(parse(SourceFile("m.gfs", text))[1]) for text in texts)
    assert len(set(texts)) == len(texts)
    assert broken < 9


def test_trials_are_reproducible():
    assert campaign.text_of(3, 5) == campaign.text_of(3, 5)
    assert campaign.text_of(3, 5) != campaign.text_of(4, 5)


def test_tokens_are_the_text():
    assert "".join(tokens(GRID)) + "\n" == GRID


# ---- it notices ---------------------------------------------------------------------------------


def test_an_exception_is_a_failure(monkeypatch):
    monkeypatch.setattr(formatter, "_verify", lambda *_: 1 / 0)
    outcome = trial(GRID)
    assert outcome.failure == "ZeroDivisionError in lang/formatter.py:format_source"
    assert outcome.category == "accepted"


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("forward_mask", lambda mask: mask.flip(1)),
        ("backward_mask", lambda mask: ~mask),
        ("is_terminal", lambda ends: ~ends),
        ("step", lambda pair: (pair[0] * 0, pair[1])),
        ("log_reward", lambda values: values + 1e-5),
        ("is_mode", lambda modes: ~modes),
        ("backward_step", lambda states: states + 1),
    ],
)
def test_a_wrong_tensor_program_is_a_failure(monkeypatch, method, change):
    real = getattr(tensor_environment.TensorEnvironment, method)
    monkeypatch.setattr(
        tensor_environment.TensorEnvironment,
        method,
        lambda self, *arguments: change(real(self, *arguments)),
    )
    assert trial(GRID).failure.startswith("disagreement: ")


def test_a_wrong_count_is_a_failure(monkeypatch):
    real = executions.explore

    def fewer(derived, limit):
        found = real(derived, limit)
        return type("Fewer", (), {"states": found.states[1:], "edges": found.edges})

    monkeypatch.setattr(executions, "explore", fewer)
    assert trial(GRID).failure == "disagreement: states"


def test_failures_are_made_small():
    small = shrink.shrunk(
        GRID, lambda text: "x[i] += 1" in text and not parse(SourceFile("s", text))[1], 300
    )
    assert tokens(small) == tokens("gfs 1.0\n\nenvironment E() {\n  action step() { x[i] += 1 }\n}")


def _worst(text: str) -> Outcome:
    if text == "die":
        os._exit(3)
    if text == "grow":
        hoard = bytearray(8 * 10**8)
        time.sleep(60)
        del hoard
    while text == "spin":
        pass
    return Outcome("accepted")


@pytest.mark.slow
def test_what_ends_a_process_is_a_failure_and_the_rest_goes_on():
    texts = [*enumerate(("fine", "die", "grow", "spin", "fine", "fine"))]
    limits = workers.Limits(slow=0.2, hanging=2.0, stuck=60, memory=900_000_000)
    found = {key: outcome for key, _, outcome in workers.run(texts, 2, _worst, limits)}
    assert [found[key].failure for key in range(6)] == ["", "died", "memory", "hang", "", ""]


def test_a_campaign_goes_on_where_it_was(tmp_path, monkeypatch):
    done = []

    def pretend(texts, jobs):
        for number, text in texts:
            done.append(number)
            yield number, text, Outcome("syntax")

    monkeypatch.setattr(campaign, "run", pretend)
    monkeypatch.setattr(campaign, "CHUNK", 2)
    first = campaign.campaign(5, range(4), jobs=1, folder=tmp_path)
    (tmp_path / "chunk-5-0000000.json").unlink()
    again = campaign.campaign(5, range(6), jobs=1, folder=tmp_path)
    assert (first["trials"], again["trials"], again["syntax"]) == (4, 6, 6)
    assert done == [0, 1, 2, 3, 0, 1, 4, 5]
