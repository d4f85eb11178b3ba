"""Environments: states, actions, carriers, narrowing, asserts, scopes."""

import pytest
from texts import codes, environment, library, loaded

from gflowspec.compiler.elaborate import elaborate_experiment, elaborate_library
from gflowspec.core.types import ArrayType, BoolType, EnumType, IntType, SlotType
from gflowspec.ir.environment import EffectKind
from gflowspec.ir.expr import Call, Compare, Const, Logic

END = " action go() { x += 1 } stop "


def one(body, parameters=""):
    instances, found = library(environment(body, parameters))
    assert not codes(found), [item.message for item in found]
    return instances[0].environment


def found_in(body, parameters=""):
    return codes(library(environment(body, parameters))[1])


@pytest.mark.parametrize(
    ("declared", "of", "initial"),
    [
        ("int[2..2]", IntType(2, 2), 2),
        ("int[0..3] = 1", IntType(0, 3), 1),
        ("bool", BoolType(), False),
        ("bool = true", BoolType(), True),
        ("Colour = green", EnumType("Colour", ("red", "green")), 1),
        ("Colour?", SlotType(EnumType("Colour", ("red", "green"))), None),
        ("Colour? = red", SlotType(EnumType("Colour", ("red", "green"))), 0),
        ("int[0..n]? = empty", SlotType(IntType(0, 4)), None),
        ("array[n] of int[0..1] = 1", ArrayType((4,), IntType(0, 1)), (1, 1, 1, 1)),
        ("array[2] of int[0..9] = [3, 4]", ArrayType((2,), IntType(0, 9)), (3, 4)),
        ("array[2, 2] of bool", ArrayType((2, 2), BoolType()), (False,) * 4),
        ("array[2] of Row?", ArrayType((2,), SlotType(IntType(0, 5))), (None, None)),
        ("(int[0..1])", IntType(0, 1), None),
    ],
)
def test_state_variables(declared, of, initial):
    prelude = "enum Colour { red, green }\ntype Row = int[0..5]\n"
    body = f"state {{ x: int[0..9] = 0  s: {declared} }}" + END
    text = environment(body, "n: int[1..9] = 4").replace("gfs 1.0\n", "gfs 1.0\n" + prelude)
    instances, found = library(text)
    if declared == "(int[0..1])":
        assert codes(found) == ["GFS112"]
        assert "s: (int[0..1]) = 0" in found[0].helps[0]
        return
    assert not codes(found)
    variable = instances[0].environment.variable("s")
    assert (variable.type, variable.initial) == (of, initial)


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("int", "GFS122"),
        ("int[0..]", "GFS122"),
        ("real[0..1] = 0", "GFS122"),
        ('string = "a"', "GFS122"),
        ("int[3..1] = 0", "GFS125"),
        ("array[0] of bool", "GFS125"),
        ("array[2_000_000] of bool", "GFS131"),
        ("int[0..x] = 0", "GFS126"),
        ("int[0..s] = 0", "GFS126"),
        ("int[0..later] = 0", "GFS126"),
        ("int[0..1 / 2] = 0", "GFS120"),
        ("int[0..3] = 7", "GFS121"),
        ("int[0..3] = true", "GFS120"),
        ("array[2] of int[0..3] = [1, 2, 3]", "GFS120"),
        ("array[2] of int[0..3] = [1, 9]", "GFS121"),
        ("set[0..2] of array[2] of bool", "GFS122"),
        ("(array[2] of int[0..1])?", "GFS141"),
        ("array[2] of array[2] of bool", "GFS141"),
        ("(bool, bool)", "GFS141"),
        ("graph { nodes[0..3] edges }", "GFS140"),
        ("Colour", "GFS101"),
    ],
)
def test_states_that_are_refused(declared, code):
    body = f"state {{ x: int[0..9] = 0  s: {declared} later: bool }}" + END
    assert found_in(body) == [code]


def test_lets_may_stand_in_types():
    body = (
        "let half = n // 2 state { x: array[half] of int[0..half] = 0 }"
        " action go() { x[0] += 1 } stop"
    )
    assert one(body, "n: int[2..9] = 6").state[0].type == ArrayType((3,), IntType(0, 3))
    body = body.replace("n // 2", "n // 2 + x[0]")
    assert found_in(body, "n: int[2..9] = 6") == ["GFS120"]


def test_actions_of_the_hypergrid():
    made = one("state { x: array[2] of int[0..3] = 0 } action go(i in index(x)) { x[i] += 1 } stop")
    (action,) = made.actions
    assert [b.carrier for b in action.binders] == [(0, 1)]
    assert action.guard is None
    (effect,) = action.effects
    assert (effect.kind, effect.variable) == (EffectKind.INCREMENT, "x")
    assert effect.value.value == 1
    assert made.stop.condition is None


X = "state { x: array[3] of int[0..4] = 0  w: array[3] of int[0..4]?  m: int[0..2] = 0  b: bool } "


@pytest.mark.parametrize(
    ("domain", "carrier", "conjuncts"),
    [
        ("0..2", (0, 1, 2), 0),
        ("[5, 3, 5]", (5, 3, 5), 0),
        ("[i * i for i in 0..3 if i != 1]", (0, 4, 9), 0),
        ("Colour", (0, 1), 0),
        ("[false, true]", (False, True), 0),
        ("index(w)", (0, 1, 2), 0),
        ("0..m", (0, 1, 2), 1),
        ("m..2", (0, 1, 2), 1),
        ("m..m + 1", (0, 1, 2, 3), 2),
        ("x", (0, 1, 2, 3, 4), 1),
        ("w", (0, 1, 2, 3, 4), 1),
        ("0..j", (0, 1), 1),
    ],
)
def test_carriers(domain, carrier, conjuncts):
    body = X + f"action go(j in 0..1, i in {domain}) {{ x[0] += 1 }} stop"
    text = environment(body).replace("gfs 1.0\n", "gfs 1.0\nenum Colour { red, green }\n")
    instances, found = library(text)
    assert not codes(found)
    (action,) = instances[0].environment.actions
    assert action.binders[1].carrier == carrier
    guard = action.guard
    parts = () if guard is None else guard.operands if isinstance(guard, Logic) else (guard,)
    assert len(parts) == conjuncts


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("go(i in 0..3) { x[i] += 1 }", "GFS123"),
        ("go(i in 0..2) { x[i + 1] += 1 }", "GFS123"),
        ("go(i in 1..0) { x[i] += 1 }", "GFS125"),
        ("go(i in b) { x[0] += 1 }", "GFS307"),
        ("go(i in [v for v in x if v > 0]) { x[0] += 1 }", "GFS307"),
        ("go(i in 0..2) when x[i] { x[i] += 1 }", "GFS120"),
        ("go() { x += 1 }", "GFS120"),
        ("go() { b += 1 }", "GFS120"),
        ("go() { x[0] += 1 / 2 }", "GFS120"),
        ("go() { x[0] += true }", "GFS120"),
        ("go() { x[0] := 1 }", "GFS120"),
        ("go() { w[0] := 5 }", "GFS121"),
        ("go(v in 0..9) { w[0] := v }", "GFS121"),
        ("go() { m = 3 }", "GFS121"),
        ("go() { w[0] := empty }", "GFS334"),
        ("go() { x[0] += w[0] }", "GFS334"),
        ("go() { x.add(1) }", "GFS120"),
        ("go() { n += 1 }", "GFS104"),
        ("go() { d += 1 }", "GFS104"),
        ("go(i in 0..2) { i += 1 }", "GFS104"),
        ("go() { x[0][1] += 1 }", "GFS104"),
        ("go() { x.y += 1 }", "GFS141"),
        ("go() { }", "GFS301"),
    ],
)
def test_actions_that_are_refused(action, code):
    found = found_in(X + f"let d = m action {action} stop", "n: int[1..9] = 3")
    assert found == [code]


@pytest.mark.parametrize(
    "action",
    [
        "go(i in 0..2) when i < 2 { x[i + 1] += 1 }",
        "go(i in 0..2, j in 0..i - 1) { x[i - 1] += 1 }",
        "go(i in 0..2) when w[i] != empty { x[i] += w[i] }",
        "go(i in 0..2) when w[i] != empty and w[i] > 1 { m = 1 }",
        "go(v in 0..9) when v <= 4 { w[0] := v }",
        "go(v in w) { x[v // 3] += 1 }",
        "go() when filled(w) { x[0] += sum(w) }",
        "go() when b == false { b = true }",
        "go() when m == 0 { m = 2 }",
    ],
)
def test_guards_narrow_effects(action):
    assert found_in(X + f"action {action} stop") == []


def test_a_filled_slot_has_the_type_of_its_element():
    made = one(X + "action go() when w[1] != empty and w[1] > 2 { x[0] += 1 } stop")
    first, second = made.actions[0].guard.operands
    assert isinstance(first.left.type, SlotType)
    assert second.left.type == IntType(0, 4)
    assert second.left.base == first.left.base


def test_claims_are_kept_and_other_asserts_are_folded():
    made = one(
        X + 'action go() { m += 1 } stop assert n > 1 assert count(states) == 5 ^ n, "all of them"',
        "n: int[1..9] = 3",
    )
    (claim,) = made.claims
    assert claim.message == "all of them"
    assert isinstance(claim.condition, Compare)
    assert isinstance(claim.condition.left, Call)
    assert claim.condition.left.function == "count"
    assert claim.condition.left.arguments[0].value == "states"
    assert claim.condition.right.value == 125


def test_implications_of_claims_are_folded():
    body = X + "action go() { m += 1 } stop assert n == 4 => count(states) == 7"
    assert not one(body, "n: int[1..9] = 3").claims
    assert len(one(body, "n: int[1..9] = 4").claims) == 1


def test_failed_asserts_show_their_values():
    _, found = library(
        environment(X + 'action go() { m += 1 } stop assert n % 2 == 0, "n is even"', "n: int = 3")
    )
    assert codes(found) == ["GFS130"]
    assert found[0].message == "assert failed: n is even"
    assert found[0].notes == ("with n = 3", "`n % 2` is 1")


def test_the_scope_is_an_instance_of_its_own():
    body = "state { x: array[n] of int[0..m] = 0 } action go(i in index(x)) { x[i] += 1 } stop"
    text = environment(body + " scope { n = 2 }", "n: int[1..9] = 5, m: int[1..9] = 7")
    instances, found = library(text)
    assert not codes(found)
    (instance,) = instances
    assert instance.environment.scope == {"n": 2}
    assert instance.environment.parameters == {"n": 5, "m": 7}
    assert instance.scope.environment.parameters == {"n": 2, "m": 7}
    assert instance.scope.environment.state[0].type == ArrayType((2,), IntType(0, 7))
    assert instance.scope.scope is None
    assert instance.scope.environment.scope is None


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("k = 3", "GFS111"),
        ("n = 30", "GFS121"),
        ("n = true", "GFS120"),
        ("n = 2 n = 3", "GFS113"),
        ("n += 2", "GFS111"),
        ("a { n = 2 }", "GFS111"),
        ("n = 1", "GFS130"),
    ],
)
def test_scopes_that_are_refused(scope, code):
    body = X + f"action go() {{ m += 1 }} stop assert n > 1 scope {{ {scope} }}"
    assert found_in(body, "n: int[1..9] = 3") == [code]


def test_failed_asserts_of_a_scope_say_so():
    body = X + "action go() { m += 1 } stop assert n > 1 scope { n = 1 }"
    _, found = library(environment(body, "n: int[1..9] = 3"))
    assert "at the scope n = 1" in found[0].notes


def test_lets_are_named_values_where_a_trajectory_ends():
    body = (
        "state { w: array[2] of int[0..3]? } action put(p in index(w), v in 0..3) { w[p] := v }"
        " terminal when filled(w) let total = sum(w) let at(i) = w[i] let flag = total > 2"
    )
    made = one(body)
    assert set(made.lets) == {"total", "flag"}
    assert made.lets["total"].type == IntType(0, 6)


def test_measures_objects_and_assumptions():
    body = X + (
        'action go() { m += 1 } stop measure sum(x) object x assume O5 because "it is so" '
        "invariant m <= 2"
    )
    made = one(body)
    assert made.measure.type == IntType(0, 12)
    assert made.object.name == "x"
    assert (made.assumptions[0].obligation, made.assumptions[0].reason) == ("O5", "it is so")
    assert len(made.invariants) == 1
    assert one(X + "action go() { m += 1 } stop object state").object is None


def test_parameters_of_the_file_can_be_set():
    text = environment("state { x: int[0..side] = 0 } action go() { x += 1 } stop").replace(
        "gfs 1.0\n", "gfs 1.0\nparam side: int[1..9] = 4\n"
    )
    assert library(text)[0][0].environment.state[0].type == IntType(0, 4)
    assert library(text, "side=7")[0][0].environment.state[0].type == IntType(0, 7)
    assert codes(library(text, "side=70")[1]) == ["GFS121"]
    assert codes(library(text, "side=x")[1]) == ["GFS101"]


def test_words_of_the_command_line_fit_strings_and_enums():
    text = environment("state { x: bool = c == green } action go() { x = true } stop").replace(
        "gfs 1.0\n", "gfs 1.0\nenum Colour { red, green }\nparam c: Colour = red\nparam t: string\n"
    )
    instances, found = library(text, "c=green", "t=anything")
    assert not codes(found)
    assert instances[0].environment.state[0].initial is True


def test_environments_without_defaults_are_checked_at_some_value():
    body = "state { x: int[0..n] = 0 } action go() { x += 1 } stop"
    text = environment(body + " scope { n = 3 }", "n: int[2..9], k: bool, z: real(0..)")
    instances, found = library(text)
    assert not codes(found)
    assert instances[0].environment.parameters == {"n": 3, "k": False, "z": 1}
    assert one(body, "n: int[2..9]").parameters == {"n": 2}


def test_aliases_are_instances_too():
    text = environment("state { x: int[0..n] = 0 } action go() { x += 1 } stop", "n: int[2..9] = 4")
    text += "environment Small = E(n = 2)\nenvironment Same = Small()\n"
    instances, found = library(text)
    assert not codes(found)
    assert [i.environment.parameters["n"] for i in instances] == [4, 2, 2]
    assert codes(library(text + "environment Bad = E(n = 1)\n")[1]) == ["GFS121"]


def test_mistakes_of_a_declaration_are_reported_once_for_all_its_instances():
    text = environment("state { x: int[0..n] = 0 } action go() { x += true } stop", "n: int = 4")
    text += "environment A = E(n = 2)\nenvironment B = E(n = 2)\n"
    instances, found = library(text)
    assert instances == ()
    assert codes(found) == ["GFS120"]


@pytest.mark.parametrize(
    "text",
    [
        "const A = 1 / 0\nenvironment E() { state { x: int[0..A] } action a() { x += 1 } stop }",
        "const A = B\nenvironment E() { state { x: bool } action a() when A { x = true } stop }",
        "type T = int[2..1]\nenvironment E() { state { x: T } action a() { x += 1 } stop }",
        "environment E(n: int = B) { state { x: bool } action a() { x = true } stop }",
    ],
)
def test_what_rests_on_a_mistake_is_refused_without_another_message(text):
    head = "gfs 1.0\n" + text + "\nreward R() for E { R = 1 }\n"
    spec, found = loaded(head)
    instances, more = elaborate_library(spec)
    assert len(codes((*found, *more))) == 1
    assert instances == ()
    settings = "experiment e { environment = E() reward = R() objective = tb }"
    spec, found = loaded(head + settings)
    result, more = elaborate_experiment(spec, "e")
    assert result is None
    assert any(item.is_error for item in (*found, *more))


def test_constants_of_actions_have_exact_types():
    made = one(X + "action go(i in 1..2) { x[i] += 2 } stop")
    effect = made.actions[0].effects[0]
    assert isinstance(effect.value, Const)
    assert effect.indices[0].type == IntType(1, 2)
