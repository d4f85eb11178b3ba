"""Random conditions with quantifiers over a small state, and all states that there are."""

from itertools import product
from random import Random

#: Every kind of state variable that conditions speak of; 3,456 states.
STATE = (
    "state { S: set of int[0..3]  x: array[3] of int[0..1] = 0  w: array[2] of int[0..1]? = empty"
    "  m: int[0..2] = 0 }"
)
ACTIONS = (
    " action a(v in 0..3) { S.add(v) } action b(i in 0..2) { x[i] += 1 }"
    " action c(i in 0..1, v in 0..1) { w[i] := v } action d() { m += 1 } stop"
)
STATES = tuple(
    product(
        product((False, True), repeat=4),
        product(range(2), repeat=3),
        product((None, 0, 1), repeat=2),
        range(3),
    )
)
SIGNS = ("==", "!=", "<", "<=", ">", ">=")


class Conditions:
    """Texts of random conditions; ``names`` maps bound names to their least and greatest value."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.count = 0

    def condition(self, depth: int, names: dict[str, tuple[int, int]]) -> str:
        random = self.random
        if depth == 0 or random.random() < 0.2:
            return self.atom(names)
        kind = random.random()
        if kind < 0.5:
            return self.quantified(depth, names)
        if kind < 0.6:
            return f"not ({self.condition(depth - 1, names)})"
        sides = self.condition(depth - 1, names), self.condition(depth - 1, names)
        return f"({sides[0]} {random.choice(('and', 'or', '=>', '=='))} {sides[1]})"

    def quantified(self, depth: int, names: dict[str, tuple[int, int]]) -> str:
        random = self.random
        generator, inner = self.generator(depth, names)
        body = self.condition(depth - 1, inner)
        kind = random.random()
        if kind < 0.75:
            return f"{random.choice(('all', 'all', 'any'))}({body} for {generator})"
        if kind < 0.9:
            return f"count({body} for {generator}) {random.choice(SIGNS)} {random.randint(0, 4)}"
        total = f"sum({self.integer(inner)} for {generator})"
        return f"{total} {random.choice(SIGNS)} {random.randint(-1, 5)}"

    def generator(
        self, depth: int, names: dict[str, tuple[int, int]]
    ) -> tuple[str, dict[str, tuple[int, int]]]:
        random = self.random
        self.count += 1
        name = f"k{self.count}"
        lo = random.randint(0, 2)
        hi = random.randint(lo, 3)
        domain, inner = f"{lo}..{hi}", {**names, name: (lo, hi)}
        if random.random() < 0.2:
            domain, inner = "S", {**names, name: (0, 3)}
        elif random.random() < 0.1:
            domain, inner = f"[{lo}, {hi}]", {**names, name: (lo, hi)}
        if random.random() < 0.25:
            return f"{name} in {domain} if {self.condition(max(depth - 2, 0), inner)}", inner
        return f"{name} in {domain}", inner

    def atom(self, names: dict[str, tuple[int, int]]) -> str:
        random = self.random
        kind = random.random()
        if kind < 0.35:
            return f"{self.integer(names)} {random.choice(('in', 'in', 'not in'))} S"
        if kind < 0.5:
            return f"w[{self.place(names, 1)}] {random.choice(('==', '!='))} {self.slot(names)}"
        if kind < 0.55:
            return random.choice(("filled(w)", "distinct(w)", "1 in w", "distinct(x)"))
        return f"{self.integer(names)} {random.choice(SIGNS)} {self.integer(names)}"

    def slot(self, names: dict[str, tuple[int, int]]) -> str:
        return self.random.choice(("empty", "0", "1", f"w[{self.place(names, 1)}]"))

    def place(self, names: dict[str, tuple[int, int]], last: int) -> str:
        fitting = [name for name, (_, hi) in names.items() if hi <= last]
        return self.random.choice((*fitting, *fitting, str(self.random.randint(0, last))))

    def integer(self, names: dict[str, tuple[int, int]]) -> str:
        random = self.random
        found = [*names, *names, "m", "len(S)", f"x[{self.place(names, 2)}]", "sum(x)"]
        one = random.choice((*found, str(random.randint(0, 3))))
        if random.random() < 0.3:
            return f"{one} {random.choice('+-')} {random.choice((*names, 'm', '1', '2'))}"
        return one


def conditions(seed: int) -> list[str]:
    """One to four conditions."""
    random = Random(seed)
    made = Conditions(random)
    return [made.condition(random.choice((1, 2, 2, 3)), {}) for _ in range(random.randint(1, 4))]


def program(texts: list[str]) -> str:
    """A file whose environment has the conditions as lets ``c0``, ``c1``, ..."""
    lets = "\n".join(f"let c{k} = {text}" for k, text in enumerate(texts))
    return f"gfs 1.0\nenvironment E() {{\n{STATE}{ACTIONS}\n{lets}\n}}\n"
