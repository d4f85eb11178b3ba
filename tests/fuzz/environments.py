"""Random environments that are well typed, with every kind of effect; most pass all proofs."""

from __future__ import annotations

from random import Random

from fuzz.variables import KINDS, Action, Variable

REWARDS = (
    "R = 1 + ({n}) ^ 2",
    "R = exp(({n}) / 3)",
    "R = 1 / 3 + abs({n}) / 7",
    "logR = -abs(({n}) - 1 / 7)",
    "R = 2 ^ ({n})",
    "R = abs({n})  floor = 1e-3",
    "R = 1 + indicator({c}) + 2 * indicator({d})",
    "R = sqrt(1 + ({n}) ^ 2)  beta = 3 / 2",
    "R = 1 + ({n}) ^ 2 if {c} else 1 / 2",
    "logR = log(2 + sin({n}))  beta = 2",
)


def environment(random: Random) -> str:
    """A file with an environment ``E`` and a reward ``G``."""
    count = random.choice((1, 1, 2, 2, 3))
    variables = [random.choice(KINDS)(f"{'xyz'[at]}", random) for at in range(count)]
    terms = Terms(random, variables)
    members = ["  state { " + "  ".join(item.state for item in variables) + " }"]
    invariants = [item for variable in variables for item in variable.invariants]
    for variable in variables:
        guards, kept = limits(variable, random)
        invariants += kept
        members += [written(action, guards, terms, random) for action in variable.actions]
    if random.random() < 0.3:
        members.append(f"  let total = {terms.integer(1)}")
        terms.integers.append("total")
    members += ending(terms, random)
    if random.random() < 0.9:
        members += [f"  invariant {item}" for item in invariants]
    if random.random() < 0.05:
        members.append(f"  invariant {terms.boolean(1)}")
    if random.random() < 0.15:
        members.append(f"  object {random.choice(variables).state.partition(':')[0]}")
    body = "\n".join(members)
    return (
        "gfs 1.0\n\nenum Colour { red, blue, green }\n\n"
        f"environment E() {{\n{body}\n}}\n\nreward G() for E {{\n  {reward(terms, random)}\n}}\n"
    )


def limits(variable: Variable, random: Random) -> tuple[list[str], list[str]]:
    """A guard for the actions of a variable with the invariant that it keeps, or nothing."""
    if not variable.limits or random.random() < 0.5:
        return [], []
    guard, invariant = random.choice(variable.limits)
    return [guard], [invariant]


def written(action: Action, guards: list[str], terms: Terms, random: Random) -> str:
    """The action with its guards, sometimes with one over anything."""
    wanted = [action.guard, *guards] if action.guard else list(guards)
    if random.random() < 0.15:
        wanted.append(terms.boolean(2, action.bound))
    guard = f" when {' and '.join(f'({item})' for item in wanted)}" if wanted else ""
    return f"  action {action.name}({action.binders}){guard} {{ {action.effects} }}"


def ending(terms: Terms, random: Random) -> list[str]:
    """How trajectories end."""
    kind = random.random()
    if kind < 0.6:
        return ["  stop"]
    if kind < 0.75:
        return [f"  stop when {terms.boolean(1)}"]
    return [f"  terminal when {terms.boolean(1)}", *(["  stop"] if kind < 0.9 else [])]


def reward(terms: Terms, random: Random) -> str:
    """R or log R, and perhaps a mode."""
    text = random.choice(REWARDS).format(n=terms.integer(2), c=terms.boolean(2), d=terms.boolean(1))
    return f"{text}  mode when {terms.boolean(2)}" if random.random() < 0.4 else text


class Terms:
    """Random expressions over the state."""

    def __init__(self, random: Random, variables: list[Variable]) -> None:
        self.random = random
        self.integers = [item for variable in variables for item in variable.integers]
        self.booleans = [item for variable in variables for item in variable.booleans]

    def integer(self, depth: int, bound: tuple[str, ...] = ()) -> str:
        """An integer; ``bound`` names may occur."""
        random = self.random
        if depth == 0 or random.random() < 0.3:
            return random.choice((*self.integers, *self.integers, *bound, "1", "2", "-1", "0"))
        one, two = self.integer(depth - 1, bound), self.integer(depth - 1, bound)
        form = random.choice(INTEGERS)
        return form.format(a=one, b=two, c=self.boolean(depth - 1, bound), k=random.randint(2, 4))

    def boolean(self, depth: int, bound: tuple[str, ...] = ()) -> str:
        """A condition."""
        random = self.random
        if depth == 0:
            return random.choice(self.booleans)
        if random.random() < 0.5:
            sides = self.integer(depth - 1, bound), self.integer(depth - 1, bound)
            sign = random.choice(("==", "!=", "<", "<=", ">", ">="))
            return f"{sides[0]} {sign} {sides[1]}"
        one, two = self.boolean(depth - 1, bound), self.boolean(depth - 1, bound)
        return random.choice(BOOLEANS).format(a=one, b=two)


INTEGERS = (
    "({a} + {b})", "({a} - {b})", "({a}) * ({b})", "({a}) % {k}", "({a}) // {k}",
    "floor(({a}) / {k})", "max({a}, {b})", "min({a}, {b}, {k})", "abs({a})", "indicator({c})",
    "({a} if {c} else {b})", "clip({a}, -1, {k})", "round(({a}) / {k})", "-({a})",
    "sum(({a}) * j for j in 1..2)", "max(j for j in 0..{k} if {c} or j < 1)",
)  # fmt: skip
BOOLEANS = (
    "({a} and {b})", "({a} or {b})", "not ({a})", "({a} => {b})", "({a}) == ({b})",
    "all({a} or j < 1 for j in 0..1)", "any({b} and j > 0 for j in 0..1)",
)  # fmt: skip
