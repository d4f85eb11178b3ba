"""Rewards in Python: look-ups, batches, rejected objects, wrong results; what checks know."""

import math

import pytest

from gflowspec.api import check
from gflowspec.compiler.host import log_reward_on_host
from gflowspec.core.errors import SpecInvalid
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.reward import log_reward

from .calling import LETTERS, elaborated, environments, instance

SUM = "def f(w):\n    return 1.0 + sum(w)\n"
COUNTED = """
import pathlib
def f(w):
    path = pathlib.Path(__file__).with_name("calls.txt")
    with path.open("a") as file:
        file.write(f"{len(w) if isinstance(w[0], list) else 1}\\n")
    if isinstance(w[0], list):
        return [1.0 + sum(x) for x in w]
    return 1.0 + sum(w)
"""


def declared(settings="pure = true", result="real(0..)", reward="R = f(w)", name="score:f"):
    return (
        f'extern fn f(w: array[3] of int[0..2]) -> {result} {{ python = "{name}" {settings} }}\n'
        f"{LETTERS}reward Q() for Letters {{ {reward} }}\n"
    )


def ends(environment):
    """All terminal states."""
    return environment.encode([((a, b, c),) for a in range(3) for b in range(3) for c in range(3)])


def calls(folder):
    path = folder / "calls.txt"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.mark.parametrize("limit", [65_536, 26], ids=["look_up", "calls"])
def test_tensor_program_and_interpreter_agree(tmp_path, limit):
    made = instance(tmp_path, SUM, declared())
    tensor, reference = environments(made, limit)
    states = ends(tensor)
    expected = [math.log(1 + sum(state[0])) for state in tensor.decode(states)]
    assert tensor.log_reward(states).tolist() == pytest.approx(expected)
    assert reference.log_reward(states).tolist() == pytest.approx(expected)


def test_a_function_of_few_arguments_is_called_once_for_each_before_anything_runs(tmp_path):
    made = instance(tmp_path, COUNTED, declared("pure = true batch = 10"))
    tensor, _ = environments(made)
    assert calls(tmp_path) == [10, 10, 7]
    tensor.log_reward(ends(tensor))
    tensor.log_reward(ends(tensor))
    assert calls(tmp_path) == [10, 10, 7]


def test_other_calls_are_made_in_batches_and_remembered(tmp_path):
    made = instance(tmp_path, COUNTED, declared("pure = true batch = 10"))
    tensor, _ = environments(made, table_limit=2)
    assert calls(tmp_path) == []
    states = ends(tensor)
    twice = tensor.log_reward(states[[0, 1, 0, 2, 1]])
    assert calls(tmp_path) == [3]
    assert twice[0] == twice[2]
    tensor.log_reward(states)
    assert calls(tmp_path) == [3, 10, 10, 4]
    tensor.log_reward(states)
    assert calls(tmp_path) == [3, 10, 10, 4]


def test_a_small_memory_forgets_and_ends(tmp_path):
    made = instance(tmp_path, COUNTED, declared("pure = true batch = 10 memo = 2"))
    tensor, _ = environments(made, table_limit=2)
    states = ends(tensor)
    first = tensor.log_reward(states)
    assert sum(calls(tmp_path)) == 27
    assert tensor.log_reward(states).tolist() == first.tolist()
    assert sum(calls(tmp_path)) in (27 + 25, 27 + 27)


def test_an_impure_function_is_called_each_time(tmp_path):
    made = instance(tmp_path, COUNTED, declared("batch = 10"))
    tensor, _ = environments(made)
    states = ends(tensor)[[0, 0, 1]]
    tensor.log_reward(states)
    tensor.log_reward(states)
    assert calls(tmp_path) == [1] * 6


REJECTS = "def f(w):\n    if w[0] == 1:\n        raise ValueError('no')\n    return 1.0 + sum(w)\n"


@pytest.mark.parametrize("limit", [65_536, 2], ids=["look_up", "calls"])
@pytest.mark.parametrize("batched", [False, True])
def test_a_rejected_object_is_worth_the_floor(tmp_path, limit, batched):
    code, settings = REJECTS, "pure = true on_error = reject"
    if batched:
        code += "def g(ws):\n    return [f(w) for w in ws]\n"
        settings += " batch = 5"
    text = declared(
        settings,
        reward="R = f(w) floor = 1e-3 beta = 2 mode when R > 4",
        name="score:g" if batched else "score:f",
    )
    made = instance(tmp_path, code, text)
    tensor, reference = environments(made, limit)
    states = ends(tensor)
    expected = [2 * math.log(1e-3 if w[0] == 1 else 1 + sum(w)) for (w,) in tensor.decode(states)]
    modes = [w[0] != 1 and 1 + sum(w) > 4 for (w,) in tensor.decode(states)]
    for environment in (tensor, reference):
        assert environment.log_reward(states).tolist() == pytest.approx(expected)
        assert environment.is_mode(states).tolist() == modes


@pytest.mark.parametrize("limit", [65_536, 2], ids=["look_up", "calls"])
def test_a_call_in_a_branch_that_is_not_taken_rejects_nothing(tmp_path, limit):
    text = declared(
        "pure = true on_error = reject", reward="R = f(w) if w[0] != 1 else 7 floor = 1e-3"
    )
    made = instance(tmp_path, REJECTS, text)
    tensor, reference = environments(made, limit)
    states = ends(tensor)
    expected = [math.log(7 if w[0] == 1 else 1 + sum(w)) for (w,) in tensor.decode(states)]
    assert tensor.log_reward(states).tolist() == pytest.approx(expected)
    assert reference.log_reward(states).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("body", "result", "said"),
    [
        ("return float('nan')", "real", "nan"),
        ("return float('inf')", "real", "inf"),
        ("return -1.0", "real[0..]", "-1.0"),
        ("return 0.0", "real(0..)", "0.0"),
        ("return 10", "int[0..9]", "10"),
        ("return 1.5", "int[0..9]", "1.5"),
        ("return True", "int[0..9]", "True"),
        ("return 'a'", "real", "'a'"),
        ("return None", "real", "None"),
        ("return [1]", "real", "[1]"),
        ("return 10 ** 400", "real", "1000"),
        ("return object()", "real", "object"),
        ("return 1", "bool", "1"),
        ("raise KeyError('x')", "real", "KeyError: 'x' (score.py, line 2)"),
        ("return 1 / 0", "real", "ZeroDivisionError"),
        ("import os; os._exit(3)", "real", "ended with code 3"),
        ("import os; os.abort()", "real", "ended by signal 6"),
        ("import time; time.sleep(60)", "real", "within 0.5 s"),
        ("return bytearray(10 ** 10) and 1", "real", "MemoryError"),
        ("raise SystemExit(2)", "real", "ended with code 2"),
        ("print('{\"results\": [1.0]}'); return 'b'", "real", "'b'"),
    ],
)
def test_what_is_no_result(tmp_path, body, result, said):
    code = f"def f(w):\n    {body}\n"
    text = declared(
        "pure = true timeout = 500ms",
        result,
        "R = 1 + indicator(f(w))" if result == "bool" else "R = f(w) floor = 1",
    )
    made = instance(tmp_path, code, text)
    with pytest.raises(SpecInvalid) as error:
        environments(made)
    [found] = error.value.diagnostics
    assert found.code == "GFS215"
    assert said in found.message
    assert found.notes == ("called as f([0, 0, 0])",)


def test_the_object_that_fails_in_a_batch_is_found(tmp_path):
    code = "def f(ws):\n    return [1 / (w != [2, 0, 1]) for w in ws]\n"
    made = instance(tmp_path, code, declared("pure = true batch = 27"))
    with pytest.raises(SpecInvalid) as error:
        environments(made)
    assert error.value.diagnostics[0].notes == ("called as f([2, 0, 1])",)


def test_a_batch_needs_as_many_results(tmp_path):
    made = instance(tmp_path, "def f(ws):\n    return 1.0\n", declared("pure = true batch = 4"))
    with pytest.raises(SpecInvalid, match="needs a list"):
        environments(made)


def test_results_of_numpy(tmp_path):
    code = "import numpy as np\ndef f(ws):\n    return np.float32(1) + np.asarray(ws).sum(axis=1)\n"
    made = instance(tmp_path, code, declared("pure = true batch = 27"))
    tensor, _ = environments(made)
    states = ends(tensor)
    expected = [math.log(1 + sum(w)) for (w,) in tensor.decode(states)]
    assert tensor.log_reward(states).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("parameter", "argument", "value"),
    [
        ("real", "1 / 3", 1 / 3),
        ("int[0..9]", "w[1]", 1),
        ("bool", "w[1] == 1", True),
        ("Kind", "high", "high"),
        ("Kind?", "empty", None),
        ("string", '"a\\nü"', "a\nü"),
        ("string", 'text(w, "ACG")', "ACG"),
        ("array[2, 2] of int", "draw_ints((2, 2), 3, 3, 0)", [[3, 3], [3, 3]]),
        ("set of int[0..2]", "{v for v in 0..2 if v in w}", {0, 1, 2}),
        ("set of (int[0..2], bool)", "{(v, true) for v in 0..2 if v == w[1]}", {(1, True)}),
        ("(int[0..2], string)", '(w[2], "x")', (2, "x")),
        ("array[3] of int[0..2]", "w", [0, 1, 2]),
    ],
)
def test_arguments_in_python(tmp_path, parameter, argument, value):
    code = (
        f"EXPECTED = {value!r}\n"
        "def f(x):\n    assert x == EXPECTED and type(x) is type(EXPECTED), x\n    return 1\n"
    )
    text = (
        "enum Kind { low, high }\n"
        f'extern fn f(x: {parameter}) -> int[1..1] {{ python = "score:f" pure = true }}\n'
        f"{LETTERS}reward Q() for Letters {{ R = f({argument}) }}\n"
    )
    made = instance(tmp_path, code, text)
    assert log_reward(made.rewards[0], made.environment, ((0, 1, 2),)) == 0


STATES = """
enum Kind { low, high }
extern fn f(x: PARAMETER) -> int[1..1] { python = "score:f" pure = true }
environment Shapes() {
  state {
    s: seq[0..3] of int[0..2]
    g: digraph { nodes[3..3] edges }
    h: digraph { nodes[2..2] edges of Kind }
    m: set[0..2] of int[0..4]
  }
  action grow(v in 0..2) { s.append(v) }
  action link(u in nodes(g), v in nodes(g)) { g.add_edge(u, v) }
  action mark(u in nodes(h), v in nodes(h), k in Kind) { h.add_edge(u, v, k) }
  action take(v in 0..4) { m.add(v) }
  stop
}
reward Q() for Shapes { R = f(ARGUMENT) }
"""


@pytest.mark.parametrize(
    ("parameter", "argument", "value"),
    [
        ("seq[0..3] of int[0..2]", "s", [2, 0]),
        ("seq[0..5] of int[0..9]", "s", [2, 0]),
        ("digraph { nodes[3..3] edges }", "g", [(0, 1), (2, 1)]),
        ("digraph { nodes[2..2] edges of Kind }", "h", [(1, 0, "high")]),
        ("set of int[0..4]", "m", {0, 3}),
    ],
)
def test_whole_variables_in_python(tmp_path, parameter, argument, value):
    code = (
        f"EXPECTED = {value!r}\n"
        "def f(x):\n    assert x == EXPECTED and type(x) is type(EXPECTED), x\n    return 1\n"
    )
    text = STATES.replace("PARAMETER", parameter).replace("ARGUMENT", argument)
    made = instance(tmp_path, code, text)
    sequence = (2, 0, None)
    graph = tuple((u, v) in [(0, 1), (2, 1)] for u in range(3) for v in range(3))
    labels = tuple(1 if (u, v) == (1, 0) else None for u in range(2) for v in range(2))
    members = tuple(v in (0, 3) for v in range(5))
    state = (sequence, graph, labels, members)
    assert log_reward(made.rewards[0], made.environment, state) == 0


@pytest.mark.parametrize(
    ("parameter", "argument", "code"),
    [
        ("digraph { nodes[2..2] edges }", "g", "GFS120"),
        ("digraph { nodes[3..3] edges }", "s", "GFS120"),
        ("set of int[0..3]", "m", "GFS121"),
        ("seq[0..2] of int[0..2]", "s", "GFS120"),
    ],
)
def test_whole_variables_of_another_type(tmp_path, parameter, argument, code):
    text = STATES.replace("PARAMETER", parameter).replace("ARGUMENT", argument)
    _, found = elaborated(tmp_path, SUM, text)
    assert code in [item.code for item in found if item.is_error]


def test_an_argument_outside_its_type_is_no_call(tmp_path):
    text = declared().replace("w: array[3] of int[0..2]", "x: real[0..1]")
    text = text.replace("R = f(w)", "R = f(exp(w[0]))")
    made = instance(tmp_path, SUM, text)
    with pytest.raises(SpecInvalid, match=r"it was given 2\.7") as error:
        log_reward(made.rewards[0], made.environment, ((1, 0, 0),))
    assert error.value.diagnostics[0].code == "GFS215"


def test_objects_in_python(tmp_path):
    code = "def f(w):\n    return sum(w)\n"
    text = (
        'extern fn f(w: array[3] of int[0..2]) -> int[0..6] { python = "score:f" pure = true }\n'
        f"{LETTERS.rstrip()[:-1]}  object f(w)\n}}\nreward Q() for Letters {{ R = 1 }}\n"
    )
    made = instance(tmp_path, code, text)
    tensor, _ = environments(made)
    assert tensor.objects(ends(tensor))[:5] == [0, 1, 2, 1, 2]


def test_constants_are_sent_once(tmp_path):
    code = (
        "SEEN = []\n"
        "def f(rows, w):\n"
        "    SEEN.append(id(rows))\n"
        "    return float(len(set(SEEN)) + rows[1][0])\n"
    )
    text = (
        "extern fn f(rows: array[2, 2] of int, w: array[3] of int[0..2]) -> real(0..) {\n"
        '  python = "score:f"  pure = true\n}\n'
        f"{LETTERS}reward Q() for Letters {{ R = f(draw_ints((2, 2), 3, 3, 0), w) }}\n"
    )
    made = instance(tmp_path, code, text)
    tensor, _ = environments(made, table_limit=2)
    assert tensor.log_reward(ends(tensor)).exp().tolist() == pytest.approx([4.0] * 27)


def test_scores_of_parents_are_tabulated_over_their_arguments(tmp_path):
    """A sum over nodes of a score of (node, parents): 3 * 2^3 calls instead of one a graph."""
    code = (
        COUNTED.replace("def f(w):", "def f(node, parents):")
        .replace("1.0 + sum(w)", "1.0 + node + 2 * len(parents) + min(parents, default=0)")
        .replace("len(w) if isinstance(w[0], list) else 1", "1")
        .replace("if isinstance(w[0], list):", "if False:")
    )
    text = """
extern fn f(node: int[0..2], parents: set of int[0..2]) -> real(0..) {
  python = "score:f"  pure = true
}
environment Graphs() {
  state { e: array[3, 3] of bool = false }
  action link(u in 0..2, v in 0..2) when u < v { e[u, v] = true }
  stop
}
reward Q() for Graphs { logR = sum(f(v, {u for u in 0..2 if e[u, v]}) for v in 0..2) }
"""
    made = instance(tmp_path, code, text)
    tensor, reference = environments(made)
    assert len(calls(tmp_path)) == 24
    states = tensor.encode(
        [
            ((False, a, b, False, False, c, False, False, False),)
            for a in (False, True)
            for b in (False, True)
            for c in (False, True)
        ]
    )
    assert tensor.log_reward(states).tolist() == pytest.approx(
        reference.log_reward(states).tolist()
    )
    assert len(calls(tmp_path)) == 24


def test_a_reward_that_is_not_positive_is_said_where_it_is_computed(tmp_path):
    made = instance(tmp_path, "def f(w):\n    return w[0] - 1.0\n", declared(result="real"))
    tensor, _ = environments(made)
    with pytest.raises(SpecInvalid, match="GFS330"):
        log_reward_on_host(tensor)(ends(tensor))


@pytest.mark.parametrize(
    ("text", "strength", "codes"),
    [
        (declared(result="real[1..2]"), "proved", []),
        (declared(result="real(0..)"), "assumed", []),
        (declared(result="real", reward="R = f(w) floor = 1e-3"), "assumed", []),
        (declared(result="real", reward="logR = f(w)"), "assumed", []),
        (declared(result="real"), "unknown", ["GFS330"]),
        (declared(result="real", name="no_such_module:f"), "unknown", ["GFS214", "GFS330"]),
    ],
)
def test_what_a_check_knows(tmp_path, text, strength, codes):
    (tmp_path / "score.py").write_text(COUNTED)
    path = tmp_path / "spec.gfs"
    path.write_text(f"gfs 1.0\n{text}")
    report = check(path)
    assert report.ok
    assert (
        sorted(item.code for item in report.diagnostics if item.severity.value == "warning")
        == codes
    )
    assert report.obligations["Letters(n=3)"]["O8"]["strength"] == strength
    assert calls(tmp_path) == []


def test_a_closed_door_calls_nothing(tmp_path):
    instances, _ = elaborated(tmp_path, COUNTED, declared())
    made = instances[0]
    with pytest.raises(EvaluationError, match="not called here"):
        log_reward(made.rewards[0], made.environment, ((0, 1, 2),))
    with pytest.raises(SpecInvalid, match="GFS218"):
        environments(made)
    assert calls(tmp_path) == []
