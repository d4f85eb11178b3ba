"""Texts that ask for more than a machine has: `check` answers each in seconds, within 2 GB."""

import tempfile
from pathlib import Path

import pytest
from fuzz.trial import Outcome, checked
from fuzz.workers import Limits, run


def environment(body, prelude=""):
    return f"gfs 1.0\n{prelude}\nenvironment E() {{\n{body}\n}}\n"


def valued(text, prelude=""):
    """An environment with one expression, in its guard."""
    body = "state { x: int[0..3] = 0 } action up() when x < 3 and {} != 7 { x += 1 } stop"
    return environment(body.replace("{} != 7", f"({text}) != 7"), prelude)


def doubling(length):
    lines = [
        "let a0(i) = i + x",
        *(f"let a{k}(i) = a{k - 1}(i) + a{k - 1}(i + 1)" for k in range(1, length)),
    ]
    return environment(
        "state { x: int[0..3] = 0 }\n"
        + "\n".join(lines)
        + f"\naction up() when a{length - 1}(0) > -1 {{ x += 1 }}\nstop"
    )


def state(of, more="x: int[0..1] = 0"):
    return environment(f"state {{ {more} big: {of} }} action up() {{ x += 1 }} stop")


TEXTS = {
    # Numbers
    "power": valued("2 ^ 10_000_000"),
    "power of a counter": environment(
        "state { x: int[0..2 ^ 70] = 0 } action up() { x += 1 } stop"
    )
    + "reward R() for E { R = 10 ^ x }\n",
    "tower": valued("2 ^ 2 ^ 2 ^ 2 ^ 2 ^ 2"),
    "nines": valued("9 ^ 9 ^ 9 ^ 9"),
    "negative base": valued("(-3) ^ 99_999_999"),
    "power of the state": valued("(x + 2) ^ (10 ^ 8 + x)"),
    "power over an empty range": valued("count(2 ^ i > 3 for i in 2 ^ 70..3)"),
    "power over a long range": valued("count(2 ^ i > 3 for i in 0..4_000)"),
    "product": valued("prod(i for i in 1..100_000)"),
    "long number": valued("9" * 1_000_000),
    "long fraction": valued("0." + "3" * 500_000),
    "exponent": valued("1e999999999"),
    "exp": valued("exp(10 ^ 9)"),
    "denominators": valued("sum(1 / i for i in 1..30_000)"),
    # Comprehensions
    "long list": valued("len([i for i in 0..10 ^ 9])"),
    "long sum": valued("sum(i for i in 0..10 ^ 12)"),
    "square": valued("count(i < j for i in 0..10 ^ 6 for j in 0..10 ^ 6)"),
    "eight deep": valued("count(a + b + c + d + e + f + g + h == x"
                         + "".join(f" for {n} in 0..99" for n in "abcdefgh") + ")"),
    "list of lists": valued(
        "len([len([len([k for k in 0..999]) for j in 0..999]) for i in 0..999])"),
    "constant": valued("len(table)", "const table = [i * j for i in 0..9_999 for j in 0..9_999]"),
    "strings": valued('len(["a" for i in 0..9_999_999])'),
    # Names that stand for much
    "doubling": doubling(60),
    "recursion": environment("state { x: int[0..3] = 0 } let f(i) = f(i) + 1"
                             " action up() when f(0) > 0 { x += 1 } stop"),
    # Types
    "long array": state("array[10 ^ 9] of int[0..3] = 0"),
    "longer array": state("array[2 ^ 62] of bool"),
    "many axes": state("array[" + ", ".join(["9"] * 40) + "] of bool"),
    "wide integer": state("int[0..10 ^ 4_000] = 0"),
    "long sequence": state("seq[0..10 ^ 9] of int[0..3]"),
    "large set": state("set of int[0..10 ^ 9]"),
    "set of tuples": state("set of (int[0..9_999], int[0..9_999], int[0..9_999])"),
    "large graph": state("digraph { nodes[10 ^ 6..10 ^ 6] edges }"),
    "many variables": environment(
        "state { " + " ".join(f"v{k}: int[0..9] = 0" for k in range(5_000)) + " }"
        " action up() { v0 += 1 } stop"),
    # Actions
    "many actions": environment(
        "state { x: int[0..3] = 0 } action up(i in 0..10 ^ 9) when i < 1 { x += 1 } stop"),
    "many binders": environment(
        "state { x: int[0..3] = 0 } action up(" + ", ".join(f"b{k} in 0..99" for k in range(20))
        + ") { x += 1 } stop"),
    "many declarations": environment(
        "state { x: array[2_000] of bool } "
        + " ".join(f"action up{k}() {{ x[{k}] = true }}" for k in range(2_000)) + " stop"),
    "many lets": environment(
        "state { x: int[0..3] = 0 } " + " ".join(f"let b{k} = x + {k}" for k in range(3_000))
        + " action up() { x += 1 } stop"),
    "many invariants": environment(
        "state { x: int[0..3] = 0 } action up() { x += 1 } stop "
        + " ".join(f"invariant x < {k + 4}" for k in range(2_000))),
    "long conjunction": environment(
        "state { x: array[300] of int[0..3] = 0 } action up(i in index(x)) when "
        + " and ".join(f"x[{k}] + {k} != {k + 9}" for k in range(300)) + " { x[i] += 1 } stop"),
    "long disjunction": environment(
        "state { x: array[300] of int[0..3] = 0 } action up(i in index(x)) when "
        + " or ".join(f"(x[{k}] != 3 and x[{k}] != {k})" for k in range(300))
        + " { x[i] += 1 } stop"),
    "many rewards": environment("state { x: int[0..3] = 0 } action up() { x += 1 } stop") + "".join(
        f"reward R{k}() for E {{ R = 1 + x }}\n" for k in range(500)),
    "many effects": environment(
        "state { w: array[3] of bool } action up(i in index(w)) { "
        + "w[i] = true " * 5_000 + "} stop"),
    # Proofs and enumeration
    "many states": environment(
        "state { x: array[64] of int[0..9] = 0 } action up(i in index(x))"
        " when sum(x[j] * x[j] % 7 for j in index(x)) % 5 != 3 or x[i] == 0 { x[i] += 1 }"
        " stop when sum(x[j] * j for j in index(x)) % 11 != 5"),
    "nested quantifiers": environment(
        "state { w: array[12] of int[0..11]? = empty } action put(i in index(w), v in 0..11)"
        " when all(w[j] != v or any(w[k] == w[l] and k != l for l in index(w)) for j in index(w)"
        " for k in index(w)) { w[i] := v } terminal when filled(w)"
        " invariant all(any(all(w[i] != w[j] or i == k for k in index(w)) for j in index(w))"
        " for i in index(w))"),
    "scope": environment(
        "state { x: array[n] of int[0..9] = 0 } action up(i in index(x)) when sum(x) % 3 != 2"
        " or x[i] > 4 { x[i] += 1 } stop scope { n = 9 }").replace("E()", "E(n: int[1..99] = 3)"),
    "claims": environment(
        "state { x: array[30] of int[0..9] = 0 } action up(i in index(x)) { x[i] += 1 } stop"
        " assert count(states) == 10 ^ 30 assert count(edges) > 2 ^ 90"),
    # Syntax
    "brackets": valued("(" * 100_000 + "1" + ")" * 100_000),
    "open brackets": "gfs 1.0\n" + "([{" * 100_000,
    "not": valued("not " * 100_000 + "true"),
    "minus": valued("-" * 100_000 + "1"),
    "sum of ones": valued("1" + " + 1" * 50_000),
    "chain of comparisons": valued("1" + " < 2" * 20_000),
    "conditionals": valued("1 if x > 0 else " * 20_000 + "2"),
    "long name": valued("a" * 5_000_000),
    "long string": valued('"' + "a" * 5_000_000 + '"'),
    "long comment": "gfs 1.0\n# " + "a" * 8_000_000,
    "many items": "gfs 1.0\n" + "".join(f"const c{k} = {k}\n" for k in range(20_000)),
    "many errors": "gfs 1.0\n" + "".join(f"const c{k} = d{k}\n" for k in range(5_000)),
    "no end of blanks": "gfs 1.0" + " \n" * 2_000_000,
    # Experiments
    "sweep": "gfs 1.0\nsweep s of e {\n" + "".join(
        f"  train.seed{k} in 0..9999\n" for k in range(9)) + "}\n",
    "extends itself": "gfs 1.0\nexperiment a extends b { }\nexperiment b extends a { }\n",
}  # fmt: skip


#: What is no error: the question has an answer that costs little.
ACCEPTED = {
    "power over an empty range", "power over a long range", "exp", "list of lists", "many states",
    "scope", "many items", "many lets", "many invariants", "many rewards",
}  # fmt: skip


def answered(text):
    """What `check` says, in all forms."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text.gfs")
        path.write_text(text, encoding="utf-8")
        report = checked(path)
    return Outcome("accepted" if report.ok else "refused")


#: Those that take more than a second.
LONG = {
    "doubling", "many variables", "many states", "nested quantifiers", "many effects", "many items",
    "many errors", "many rewards", "open brackets", "not", "chain of comparisons", "conditionals",
}  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [sorted(TEXTS.keys() - LONG), pytest.param(sorted(LONG), marks=pytest.mark.slow)],
    ids=["short", "long"],
)
def test_every_text_is_answered_in_time(names):
    """30 s of a processor and 2 GB are the promise."""
    texts = ((key, TEXTS[name]) for key, name in enumerate(names))
    found = {
        names[key]: outcome.failure or outcome.category
        for key, _, outcome in run(texts, 1, answered, Limits(slow=30.0))
    }
    assert found == {name: "accepted" if name in ACCEPTED else "refused" for name in names}
