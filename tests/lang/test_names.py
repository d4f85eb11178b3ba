"""Names: duplicates, undefined ones, cycles, kinds, shadows."""

import pytest
from texts import codes, environment, loaded

GRID = "state { x: int[0..3] = 0 } action a() { x += 1 } stop\n"


def found_in(text):
    return loaded(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "const A = 1\nconst A = 2",
        "enum E { a, b, a }",
        "enum E { a }\nconst a = 1",
        "environment E() { state { x: bool x: bool } action a() { x = true } stop }",
        "environment E(x: int = 1) { state { x: bool } action a() { x = true } stop }",
        f"environment E() {{ {GRID} action a() {{ x += 1 }} }}",
        f"environment E() {{ {GRID} action b(i in 0..1, i in 0..1) {{ x += 1 }} }}",
        f"environment E() {{ {GRID} let f(i, i) = i }}",
        "fn f(x: int, x: int) = x",
    ],
)
def test_duplicates(text):
    found = found_in(f"gfs 1.0\n{text}\n")
    assert codes(found) == ["GFS102"]
    assert found[0].related


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("const side = 3\nconst B = sied", "side"),
        ("const B = flor(1.5)", "floor"),
        ("enum Color { red }\ntype T = Colour", "Color"),
        (f"environment Grid() {{ {GRID} }}\nreward R() for Gird {{ R = 1 }}", "Grid"),
        (f"environment Grid() {{ {GRID} invariant xx < 3 }}", "x"),
        ("experiment base { }\nexperiment e extends bass { }", "base"),
    ],
)
def test_undefined_names_are_suggested_in_scope(text, near):
    found = [item for item in found_in(f"gfs 1.0\n{text}\n") if item.code == "GFS101"]
    assert [item.primary.text for item in found] == [f"did you mean `{near}`?"]
    assert found[0].fixes[0].edits[0].text == near
    assert found[0].fixes[0].edits[0].span == found[0].primary.span


@pytest.mark.parametrize(
    "text",
    [
        "const A = A",
        "const A = B + 1\nconst B = C\nconst C = A",
        "fn f(x: int) -> int = f(x)",
        f"environment E() {{ {GRID} let u = v let v = u }}",
        "experiment a extends b { }\nexperiment b extends a { }",
        "environment A = B()\nenvironment B = A()",
        "type T = U\ntype U = array[2] of T",
    ],
)
def test_cycles_are_reported_once(text):
    assert codes(found_in(f"gfs 1.0\n{text}\n")) == ["GFS103"]


@pytest.mark.parametrize(
    "text",
    [
        f"environment E() {{ {GRID} }}\nconst A = E",
        "const A = 1\nreward R() for A { R = 1 }",
        "const A = 1\nconst B = A(2)",
        "const A = floor",
        "const A = 1\ntype T = A",
        f"environment E() {{ {GRID} let f(i) = i let g = f }}",
        f"environment E() {{ {GRID} let f = 1 let g = f(2) }}",
        "reward R() for E { R = 1 }\nenvironment E = R()",
    ],
)
def test_wrong_kinds(text):
    assert "GFS104" in codes(found_in(f"gfs 1.0\n{text}\n"))


@pytest.mark.parametrize(
    "text",
    [
        f"const n = 1\nenvironment E(n: int = 2) {{ {GRID} }}",
        f"environment E() {{ {GRID} }}\nreward R(x: int = 1) for E {{ R = x }}",
        f"environment E() {{ {GRID} let y = sum(x for x in 0..3) }}",
        f"environment E() {{ {GRID} action b(x in 0..1) {{ }} }}",
        "fn exp(x: int) = x",
        f"environment E() {{ {GRID} let y = sum(sum(i for i in 0..1) for i in 0..3) }}",
    ],
)
def test_shadowed_names_are_warned_about(text):
    found = [item for item in found_in(f"gfs 1.0\n{text}\n") if item.code == "GFS105"]
    assert len(found) == 1
    assert not found[0].is_error


def test_a_value_may_be_called_like_a_function():
    assert not found_in("gfs 1.0\nconst values = [1, 2]\nconst floor = 1\nconst B = values[0]\n")


def test_names_are_looked_up_once_for_each_environment():
    text = f"""gfs 1.0
environment A(n: int = 1) {{ {GRID} }}
environment B() {{ {GRID} }}
reward R() for A, B {{ R = n }}
"""
    found = found_in(text)
    assert codes(found) == ["GFS101"]


def test_rewards_see_r_in_mode_only():
    head = f"gfs 1.0\nenvironment E() {{ {GRID} }}\n"
    assert not found_in(head + "reward A() for E { R = x + 1 mode when R > 2 }\n")
    found = found_in(head + "reward A() for E { let y = R R = x + 1 }\n")
    assert codes(found) == ["GFS101"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("action a() { } stop", "GFS112"),
        ("state { x: bool } action a() { x = true }", "GFS112"),
        (GRID + "terminal when x == 3 terminal when x == 2", "GFS113"),
        (GRID + "stop", "GFS113"),
        (GRID + 'assume O10 because "x"', "GFS101"),
        ("state { x: bool } action stop() { x = true } stop", "GFS102"),
    ],
)
def test_structure_of_environments(body, code):
    assert codes(found_in(environment(body))) == [code]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("beta = 1", "GFS112"),
        ("R = 1 logR = 2", "GFS113"),
        ("R = 1 R = 2", "GFS113"),
        ("R = 1 beta = 1 beta = 2", "GFS113"),
        ("R = 1 mode when true mode when false", "GFS113"),
    ],
)
def test_structure_of_rewards(body, code):
    text = f"gfs 1.0\nenvironment E() {{ {GRID} }}\nreward Q() for E {{ {body} }}\n"
    assert codes(found_in(text)) == [code]
