"""Every failed obligation: its code, its smallest witness, its shortest trace, its place."""

import pytest

from compiler.proofs import worlds
from gflowspec.compiler.report import Strength, below
from gflowspec.core.diagnostics import Severity


def env(body, reward=""):
    return f"gfs 1.0\nenvironment E() {{\n{body}\n}}\n{reward}\n"


def place(item):
    return item.primary.span.text


def test_invariant_that_an_action_breaks():
    text = env("state { x: int[0..4] = 0 } action step() { x += 1 } stop invariant x <= 2")
    item = worlds.finding(text, "GFS300")
    assert worlds.walk(item) == [0, "step()", 1, "step()", 2, "step()", 3]
    assert (place(item), item.primary.text) == ("step", "leads out of the invariant")
    assert [(of.span.text, of.text) for of in item.related] == [("x <= 2", "false for x = 3")]
    assert item.helps == ("give `step` a guard that keeps `x <= 2` true",)
    assert (item.obligation, item.strength) == ("O1", "failed")


def test_invariant_that_is_false_at_the_source():
    text = env("state { x: int[0..4] = 3 } action step() { x += 1 } stop invariant x <= 2")
    item = worlds.finding(text, "GFS300")
    assert worlds.walk(item) == [3]
    assert place(item) == "x <= 2"
    assert "initial state" in item.message


def test_an_invariant_never_narrows_the_forward_mask():
    """It is a claim, not a guard: the report fails instead of the mask getting smaller."""
    text = env("state { x: int[0..4] = 0 } action step() { x += 1 } stop invariant x <= 2")
    report, _ = worlds.proved(text)
    assert report.counts.states == 5
    assert report.strength("O1") is Strength.FAILED


def test_cycle_with_certificate():
    text = env(
        "state { x: int[0..2] = 0  y: int[0..1] = 0 }\n"
        "action up() { x += 1 }\naction twice() { x += -2 }\naction once() { y += 1 }\nstop"
    )
    item = worlds.finding(text, "GFS301")
    assert worlds.walk(item)[1::2] == ["up()", "up()", "twice()"]
    assert item.notes[0] == "2 x `up` + 1 x `twice` returns every measure to where it was"
    assert place(item) == "up"
    assert [of.span.text for of in item.related] == ["twice"]


def test_no_second_complaint_about_the_source_of_a_cycle():
    text = env("state { x: int[0..2] = 1 } action a() { x += 1 } action b() { x += -1 } stop")
    codes = [item.code for item in worlds.proved(text)[1] if item.is_error]
    assert codes == ["GFS301"]


def test_a_guard_can_make_actions_that_cancel_out_acyclic():
    text = env(
        "state { x: int[0..2] = 0  up: bool }\n"
        "action rise() when not up { x += 1 }\naction turn() { up = true }\n"
        "action fall() when up and x > 0 { x += -1 }\nstop"
    )
    report, found = worlds.proved(text)
    assert report.strength("O2") is Strength.ENUMERATED
    (note,) = [item for item in found if item.code == "GFS301"]
    assert note.severity is Severity.NOTE
    assert note.notes == ("1 x `rise` + 1 x `fall` returns every measure to where it was",)
    assert worlds.derived(text).sizes.horizon is None
    assert report.counts.horizon == 5


def test_a_declared_measure_is_proved():
    text = env(
        "state { x: int[0..2] = 0  up: bool }\n"
        "action rise() when not up { x += 1 }\naction turn() { up = true }\n"
        "action fall() when up and x > 0 { x += -1 }\nstop\n"
        "measure (5 - x if up else x) + indicator(up)"
    )
    report, found = worlds.proved(text)
    assert report.strength("O2") is Strength.PROVED
    assert worlds.derived(text).sizes.horizon is not None
    assert not [item for item in found if item.code == "GFS301"]


def test_a_declared_measure_that_an_action_does_not_raise():
    text = env("state { x: int[0..3] = 0 } action a() { x += 1 } stop measure x // 2")
    item = worlds.finding(text, "GFS301")
    assert item.is_error
    assert (place(item), item.primary.text) == ("x // 2", "0 before and 0 after `a()`")
    assert worlds.walk(item) == [0, "a()", 1]


@pytest.mark.parametrize(
    ("body", "notes", "helps"),
    [
        (
            "state { w: array[2] of int[0..1] = 0 }\n"
            "action set(p in 0..1, v in 0..1) { w[p] = v } stop",
            ("`set(p=0, v=0)` leads from both w = [0, 0] and w = [1, 0] to w = [0, 0]",),
            "make it a slot (`T?`) and fill it with `w[p] := ...`",
        ),
        (
            "state { b: bool = true } action off() { b = false } stop",
            ("`off()` leads from both b = true and b = false to b = false",),
            "pin the old value in the guard, for example `when b == 0`",
        ),
    ],
)
def test_an_assignment_that_forgets(body, notes, helps):
    item = worlds.finding(env(body), "GFS302")
    assert item.notes == notes
    assert item.helps[0] == helps
    assert "is lost" in item.message


@pytest.mark.parametrize(
    ("binders", "guard", "disjoint"),
    [
        ("i in 0..2, j in 0..2", "", False),
        ("i in 0..2, j in 0..2", "when i != j", True),
        ("i in 0..2, j in 0..2", "when i < j", True),
        ("i in 0..1, j in 2..2", "", True),
        ("i in 0..1, j in [i + 1]", "", True),
        ("i in 0..2, j in 0..2", "when (i + j) % 2 == 1", True),
        ("i in 0..2, j in 0..2", "when (i + j) % 2 == 0", False),
    ],
)
def test_two_effects_on_one_array(binders, guard, disjoint):
    if "[i + 1]" in binders:
        binders, target = "i in 0..1", "i + 1"
    else:
        target = "j"
    body = (
        f"state {{ x: array[3] of int[0..2] = 0 }} "
        f"action a({binders}) {guard} {{ x[i] += 1  x[{target}] += 1 }} stop"
    )
    made, found = worlds.derive(worlds.instance(env(body)).environment)
    assert (made is not None) == disjoint
    if not disjoint:
        (item,) = found
        assert item.code == "GFS303"
        assert item.helps == ("separate them in the guard: `i != j`",)
        assert [of.span.text for of in item.related] == ["x[i] += 1"]


@pytest.mark.parametrize(
    ("action", "label"),
    [
        ("a() { x += 0 }", "adds nothing"),
        ("a(c in 0..2) { x += c }", "adds 0 for c = 0"),
        ("a(c in 0..2) when c > 0 { x += c }", None),
        ("a(c in 0..2, d in 0..2) when d != c { x += c - d }", None),
        ("a(c in 0..2, d in 0..2) { x += c - d }", "adds 0 for c = 0, d = 0"),
        ("a() { x += y }", "`y` may be 0"),
        ("a() when y != 0 { x += y }", None),
    ],
)
def test_amounts_that_may_be_zero(action, label):
    body = f"state {{ x: int[0..4] = 2  y: int[0..1] = 1 }} action {action} stop"
    made, found = worlds.derive(worlds.instance(env(body)).environment)
    assert (made is None) == (label is not None)
    assert [(item.code, item.primary.text) for item in found] == (
        [] if label is None else [("GFS304", label)]
    )


def test_effects_that_recover_each_other():
    body = "state { x: array[2] of int[0..1] = 0 } action a() { x[x[0]] += 1 } stop"
    item = worlds.finding(env(body), "GFS306")
    assert item.message == "undoing action `a` needs the old value of `x` to find it"
    body = (
        "state { a: int[0..1] = 0  b: int[0..1] = 0  x: array[2] of int[0..1] = 0"
        "  y: array[2] of int[0..1] = 0 }\n"
        "action swap() { x[y[0]] += 1  y[x[0]] += 1 } stop"
    )
    item = worlds.finding(env(body), "GFS306")
    assert "`x` and `y` of each other" in item.message
    assert [of.span.text for of in item.related] == ["y[x[0]] += 1"]


def test_phantom_parent_with_the_orphan():
    item = worlds.finding(worlds.PREFIX, "GFS310")
    assert item.message == "undoing `add` leads to 6 states that cannot be reached"
    assert worlds.walk(item) == [[0, 0, 0, 0], "add(v=0)", [1, 0, 0, 0], "add(v=1)", [1, 1, 0, 0]]
    assert item.primary.text == "its guard holds for taken = [0, 1, 0, 0]"
    assert item.notes[0] == (
        "undoing `add(v=0)` in taken = [1, 1, 0, 0] leads to taken = [0, 1, 0, 0], "
        "which no trajectory visits"
    )
    assert not [d for d in worlds.proved(worlds.PREFIX_WHOLE)[1] if d.is_error]


def test_source_with_a_parent():
    text = env("state { x: int[0..4] = 2 } action step() { x += 1 } stop")
    item = worlds.finding(text, "GFS312")
    assert item.primary.text == "undoing `step()` there leads to x = 1"
    assert worlds.walk(item) == [2]


def test_notes_on_masks_and_invariants():
    found = {item.code: item for item in worlds.proved(worlds.PERMUTATION_FREE)[1]}
    assert {item.severity for item in found.values()} == {Severity.NOTE}
    wide = found["GFS314"]
    assert wide.message == "types and invariants allow 64 states, 34 of them can be reached"
    assert wide.notes[0] == "for example, nothing leads to w = [empty, 0, 0]"
    assert "guard `v not in w`" in found["GFS313"].notes[0]
    assert not worlds.proved(worlds.PERMUTATION)[1]


def test_dead_ends_with_every_place_that_matters():
    text = env(
        "state { taken: array[4] of int[0..1] = 0 }\n"
        "action add(v in 0..3) when all(abs(u - v) != 1 or taken[u] == 0 for u in index(taken))"
        " { taken[v] += 1 }\n"
        "terminal when sum(t for t in taken) == 3"
    )
    item = worlds.finding(text, "GFS320")
    assert item.message == "the policy can get stuck: 3 states have no action and are not terminal"
    assert worlds.walk(item) == [[0, 0, 0, 0], "add(v=0)", [1, 0, 0, 0], "add(v=2)", [1, 0, 1, 0]]
    assert (place(item), item.primary.text) == (
        "add",
        "the only action, disabled in taken = [1, 0, 1, 0]",
    )
    assert item.related[0].text == "not satisfied: taken = [1, 0, 1, 0]"
    assert "replace `terminal when sum(t for t in taken) == 3` by `stop`" in item.helps[0]


def test_idle_action_and_unreachable_end():
    text = env(
        "state { x: int[0..4] = 0 } action step() { x += 1 }\n"
        "action jump() when x > 4 { x += 2 } stop"
    )
    item = worlds.finding(text, "GFS321")
    assert (item.severity, place(item)) == (Severity.WARNING, "jump")
    text = env(
        "state { x: int[0..4] = 0 } action step() when x < 2 { x += 1 } terminal when x == 4"
    )
    item = worlds.finding(text, "GFS322")
    assert place(item) == "x == 4"


def test_stop_in_a_terminal_state():
    text = env(
        "state { x: int[0..2] = 0 } action step() { x += 1 } terminal when x == 2 stop when x > 0"
    )
    item = worlds.finding(text, "GFS324")
    assert worlds.walk(item) == [0, "step()", 1, "step()", 2]
    plain = text.replace("stop when x > 0", "stop")
    assert not [d for d in worlds.proved(plain)[1] if d.code == "GFS324"]


STEPS = "state { x: int[0..4] = 0 } action step() { x += 1 } stop"


@pytest.mark.parametrize(
    ("formula", "code", "message", "label"),
    [
        ("R = x", "GFS330", "reward `G` is 0 for some object", "0 for x = 0"),
        ("R = 3 - x", "GFS330", "reward `G` is 0 for some object", "0 for x = 3"),
        ("R = 1 / 2 - x", "GFS330", "reward `G` is negative for some object", "-1/2 for x = 1"),
        ("logR = log(x)", "GFS330", "reward `G` is 0 for some object", "0 for x = 0"),
        (
            "R = exp(400 * x)",
            "GFS332",
            "reward `G` is infinite for some object",
            "infinite for x = 2",
        ),
        ("R = 1 + log(x - 1)", "GFS332", "reward `G` is not a number for some object", "x = 0"),
    ],
)
def test_rewards_that_are_not_positive_and_finite(formula, code, message, label):
    item = worlds.finding(env(STEPS, f"reward G() for E {{ {formula} }}"), code)
    assert item.message == message
    assert label in item.primary.text
    assert place(item) == formula.partition(" = ")[2]
    assert item.trace[-1].state["x"] == int(item.primary.text[-1])


@pytest.mark.parametrize(
    ("formula", "witness"),
    [("R = 1 + x  beta = 10 ^ 400", "x = 0"), ("logR = -10 ^ (40 * x)", "x = 1")],
)
def test_log_targets_that_no_float_can_hold(formula, witness):
    item = worlds.finding(env(STEPS, f"reward G() for E {{ {formula} }}"), "GFS332")
    assert item.message == "the log target of reward `G` is beyond 1e15 for some object"
    assert item.primary.text == f"for {witness}"


def test_a_reward_may_be_smaller_than_any_float():
    text = env(STEPS, "reward G() for E { R = 1 / 10 ^ 400 + x  beta = 2 }")
    report, _ = worlds.proved(text)
    assert report.strength("O8") is Strength.PROVED


@pytest.mark.parametrize("formula", ["R = x  floor = 1e-3", "R = 1 - x  floor = 1", "R = x + 1"])
def test_rewards_with_a_floor_or_a_bound(formula):
    report, found = worlds.proved(env(STEPS, f"reward G() for E {{ {formula} }}"))
    assert report.strength("O8") is Strength.PROVED
    assert not [item for item in found if item.is_error]


def test_a_reward_that_only_a_scan_shows_positive():
    text = env(STEPS, "reward G() for E { R = (x - 1) ^ 2 + (x - 3) ^ 2 - 1 }")
    report, _ = worlds.proved(text)
    assert report.strength("O8") is Strength.ENUMERATED


def test_constant_rewards_and_missing_modes():
    text = env(STEPS, "reward G() for E { R = 2  mode when x > 7 - x * 0 }")
    assert worlds.finding(text, "GFS333").message == "reward `G` is R = 2 for every object"
    assert place(worlds.finding(text, "GFS337")) == "x > 7 - x * 0"


def test_shared_objects_and_parallel_edges():
    text = env(
        "state { x: array[2] of int[0..1] = 0 } action a(i in 0..1) { x[i] += 1 }\n"
        "stop object x[0] + x[1]"
    )
    item = worlds.finding(text, "GFS340")
    assert item.primary.text == "1 for both x = [1, 0] and x = [0, 1]"
    assert worlds.proved(text)[0].counts.objects == 3
    text = env("state { x: int[0..2] = 0 } action a() { x += 1 } action b() { x += 1 } stop")
    item = worlds.finding(text, "GFS341")
    assert item.message.startswith("2 edges are parallel")
    assert "`a()` and `b()` lead from x = 0 to x = 1" in item.notes[0]
    assert worlds.proved(text)[0].counts.parallel_edges == 2


def test_asserts_about_counts():
    wrong = worlds.HYPERGRID.replace("side ^ dim", "side ^ dim + 1")
    item = worlds.finding(wrong, "GFS130")
    assert item.message == "assert failed: all cells are reachable"
    assert item.primary.text == "count(states) is 25"
    text = worlds.PERMUTATION.replace("invariant", "assert count(states) == 34 invariant")
    assert not [d for d in worlds.proved(text)[1] if d.code == "GFS130"]
    asserted = "  assert count(objects) == 6\n  terminal"
    unknown = worlds.PERMUTATION_FREE.replace("  terminal", asserted)
    item = worlds.finding(unknown, "GFS130", limit=9)
    assert item.severity is Severity.NOTE


def test_limits_of_enumeration():
    text = worlds.PERMUTATION_FREE
    report, found = worlds.proved(text, limit=9)
    assert report.strength("O4") is Strength.SAMPLED
    (item,) = [item for item in found if item.code == "GFS352"]
    assert item.severity is Severity.WARNING
    assert "up to 64 states" in item.message
    with_scope = text.replace("  terminal", "  scope { n = 2 }\n  terminal")
    report, found = worlds.proved(with_scope, limit=9)
    assert report.results["O5"].detail == "n=2, 7 states"
    assert report.scope == {"n": 2}
    assert not [item for item in found if item.code in ("GFS351", "GFS352")]
    report, found = worlds.proved(with_scope, limit=5)
    assert "GFS351" in {item.code for item in found}
    assert report.strength("O5") is Strength.SAMPLED


def test_what_a_run_demands():
    report, _ = worlds.proved(worlds.PERMUTATION_FREE, limit=9)
    missing = below(report, None)
    assert [item.obligation for item in missing] == ["O4", "O5", "O7"]
    assert {item.code for item in missing} == {"GFS350"}
    assert below(report, None, Strength.SAMPLED) == ()
    assumed = worlds.PERMUTATION_FREE.replace(
        "  terminal", '  assume O5 because "there is always a value left"\n  terminal'
    )
    report, _ = worlds.proved(assumed, limit=9)
    assert report.results["O5"].strength is Strength.ASSUMED
    assert report.results["O5"].detail == "there is always a value left"
    assert [item.obligation for item in below(report, None)] == ["O4", "O7"]


def test_a_scope_whose_limit_never_binds():
    text = worlds.BAG.replace("invariant", "scope { kinds = 2  size = 4  cap = 2 }\n  invariant")
    item = worlds.finding(text, "GFS315", limit=50)
    assert item.message.startswith("`sum(v for v in c) <= size` is always true at the scope")
    binding = text.replace("size = 4", "size = 3")
    assert not [d for d in worlds.proved(binding)[1] if d.code == "GFS315"]


def test_sampled_walks_find_orphans_too():
    text = worlds.PREFIX.replace("array[4]", "array[9]").replace("0..3", "0..8")
    item = worlds.finding(text, "GFS310", limit=4)
    assert "random walks" in item.notes[-1]
