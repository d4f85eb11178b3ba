"""A small refutation prover for the conditions that masks and obligations give rise to.

``follows(facts, goal)`` looks for a contradiction in the facts and the negated goal: it splits
formulas into literals, replaces equals by equals, instantiates what holds for all elements at the
elements that occur, and refutes what is left by linear arithmetic. It answers "yes" only with a
proof; "no" means that it found none within its budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product

import attrs

from gflowspec.compiler.algebra.comparisons import compare
from gflowspec.compiler.algebra.rewrite import contains, rewrite
from gflowspec.compiler.algebra.terms import (
    FALSE,
    ORDER,
    TRUE,
    conjuncts,
    negate,
)
from gflowspec.compiler.provers.counting import counted, extremes, spread, totals
from gflowspec.compiler.provers.digraphs import lemmas, questions
from gflowspec.compiler.provers.finite import impossible, names_of
from gflowspec.compiler.provers.formulas import Names, Universal, is_ground, opened
from gflowspec.compiler.provers.literals import arithmetic_fails, is_linear, oriented, weight
from gflowspec.core.types import IntType
from gflowspec.ir.expr import Bound, Compare, Const, Expr, Index, Logic, children, walk

#: Nodes of formulas that are rewritten before the prover gives up; the proofs of the library and
#: of the tests take up to 1,200.
BUDGET = 4_000
#: The same in a proof that serves another one, or where a longer one comes next.
SMALL_BUDGET = 1_000
#: How often equations are applied to what other equations gave.
ROUNDS = 4
#: Instances of one universal statement, and nodes of those of one generation.
INSTANCES, INSTANCE_NODES = 40, 1_000
#: Generations of instances on a branch: `x[i] != x[i + 1]` makes a new index in every one.
GENERATIONS = 3


def follows(facts: Iterable[Expr], goal: Expr, budget: int = BUDGET) -> bool:
    """Whether the goal is a consequence of the facts and of the types of variables."""
    known = conjuncts(*facts)
    if goal == TRUE or goal in known:
        return True
    return contradictory([*known, negate(goal)], budget)


def contradictory(formulas: Iterable[Expr], budget: int = BUDGET) -> bool:
    """Whether the formulas cannot hold together."""
    search = _Search(names=Names(), budget=budget)
    return search.closes(_Branch(), list(formulas))


@attrs.define
class _Branch:
    """What is known on one branch; formulas are rewritten by the equations when they are read."""

    equations: list[tuple[Expr, Expr]] = attrs.field(factory=list)
    literals: list[Expr] = attrs.field(factory=list)
    universals: list[Universal] = attrs.field(factory=list)
    alternatives: list[Expr] = attrs.field(factory=list)
    ground: list[Expr] = attrs.field(factory=list)
    used: set[tuple[int, tuple[Expr, ...]]] = attrs.field(factory=set)
    totalled: set[Expr] = attrs.field(factory=set)
    lemmas: set[Expr] = attrs.field(factory=set)
    generations: int = 0
    known: dict[Expr, Expr] | None = None
    normals: dict[Expr, Expr] = attrs.field(factory=dict)

    def copy(self) -> _Branch:
        return _Branch(
            list(self.equations),
            list(self.literals),
            list(self.universals),
            list(self.alternatives),
            list(self.ground),
            set(self.used),
            set(self.totalled),
            set(self.lemmas),
            self.generations,
        )

    def normal(self, formula: Expr) -> Expr:
        """The formula under everything that is known."""
        if self.known is None:
            self.known = {}
            self.normals = {}
            for literal in self.literals:
                self.known[literal] = TRUE
                self.known[negate(literal)] = FALSE
            self.known.update(self.equations)
        if not self.known:
            return formula
        if formula not in self.normals:
            self.normals[formula] = _rewritten(formula, self.known)
        return self.normals[formula]


def _rewritten(formula: Expr, known: dict[Expr, Expr]) -> Expr:
    for _ in range(ROUNDS):
        again = rewrite(formula, known.get)
        if again == formula:
            break
        formula = again
    return formula


@attrs.define
class _Search:
    """One attempt, with its budget."""

    names: Names
    budget: int
    spent: int = 0
    nested: bool = False
    tried: dict[frozenset[Expr], bool] = attrs.field(factory=dict)

    def closes(self, branch: _Branch, pending: list[Expr]) -> bool:
        """Whether the branch with the pending formulas is contradictory."""
        if self._absorb(branch, pending):
            return True
        while self.spent < self.budget:
            if arithmetic_fails(branch.literals) or self._impossible(branch):
                return True
            self.spent += sum(map(weight, (*branch.alternatives, *branch.ground)))
            forced = _forced(branch)
            if forced is None:
                return True
            found = forced or _lemmas(branch) or _certain(branch) or self._totals(branch)
            if not found and not branch.alternatives:
                found = _instances(branch)
            if not found:
                return self._split(branch)
            if self._absorb(branch, found):
                return True
        return False

    def _absorb(self, branch: _Branch, pending: list[Expr]) -> bool:
        """Takes formulas apart until only literals are left; True on a contradiction."""
        while pending:
            formula = pending.pop(0)
            self.spent += weight(formula)
            if self.spent > self.budget:
                return False
            formula = branch.normal(formula)
            if formula == FALSE:
                return True
            if formula == TRUE:
                continue
            parts = opened(formula, self.names)
            if isinstance(parts, Universal):
                branch.universals.append(parts)
            elif parts is not None:
                pending[:0] = parts
            elif isinstance(formula, Logic):
                aside = branch.alternatives if names_of(formula) is None else branch.ground
                aside.append(formula)
            else:
                limits = spread(formula)
                pending[:0] = [*_learn(branch, formula), *([] if limits is None else [limits])]
        return False

    def _totals(self, branch: _Branch) -> list[Expr]:
        """Values of sums and counts whose elements are all known, if they are of use."""
        if self.nested:
            return []
        for term in totals(branch.literals):
            if term in branch.totalled:
                continue
            branch.totalled.add(term)
            for goal, equation in extremes(term, self.names):
                refuting = arithmetic_fails([*branch.literals, equation])
                if refuting and self._holds(branch, goal):
                    return [equation]
        return []

    def _holds(self, branch: _Branch, goal: Expr) -> bool:
        """A small proof inside of a large one."""
        inner = _Search(self.names, SMALL_BUDGET, nested=True)
        return inner.closes(branch.copy(), [negate(goal)])

    def _impossible(self, branch: _Branch) -> bool:
        """Whether what is known about bound names alone has no solution."""
        formulas = [item for item in (*branch.ground, *branch.literals) if names_of(item)]
        key = frozenset(formulas)
        if key not in self.tried:
            self.tried[key] = impossible(formulas)
        return self.tried[key]

    def _split(self, branch: _Branch) -> bool:
        """Case analysis on the alternative with the fewest cases."""
        choice = _choice(branch)
        if choice is None:
            return False
        excluded: list[Expr] = []
        for case in choice:
            side = branch.copy()
            if not self.closes(side, [case, *excluded]) or self.spent > self.budget:
                return False
            excluded.append(negate(case))
        return True


def _lemmas(branch: _Branch) -> list[Expr]:
    """What is true of the graphs that the branch speaks of, each lemma once."""
    asked = questions((*branch.literals, *branch.alternatives))
    found = [item for item in lemmas(asked) if item not in branch.lemmas]
    branch.lemmas.update(found)
    return found


def _learn(branch: _Branch, literal: Expr) -> list[Expr]:
    """Adds a literal; an equation sends everything known through the mill again."""
    branch.known = None
    equation = oriented(literal)
    if equation is None:
        branch.literals.append(literal)
        if _is_test(literal):
            return []
        sides = (literal, negate(literal))
        again = [
            item
            for item in branch.literals
            if item != literal and any(contains(item, side) for side in sides)
        ]
    else:
        again = [item for item in branch.literals if contains(item, equation[0])]
        again += _overtaken(branch, equation[0])
        branch.equations.append(equation)
    branch.literals = [item for item in branch.literals if item not in again]
    return again


def _overtaken(branch: _Branch, term: Expr) -> list[Expr]:
    """Takes back the equations that a new one rewrites, so that they are read again."""
    stale = [pair for pair in branch.equations if any(contains(side, term) for side in pair)]
    branch.equations = [pair for pair in branch.equations if pair not in stale]
    return [compare("==", left, right) for left, right in stale]


def _is_test(literal: Expr) -> bool:
    return isinstance(literal, Compare) and literal.op in ORDER


def _forced(branch: _Branch) -> list[Expr] | None:
    """Alternatives that have become single; None if one has no case left."""
    found: list[Expr] = []
    for waiting in (branch.alternatives, branch.ground):
        kept: list[Expr] = []
        for alternative in waiting:
            now = branch.normal(alternative)
            if now == FALSE:
                return None
            if isinstance(now, Logic) and now.op == "or":
                kept.append(now)
            elif now != TRUE:
                found.append(now)
        waiting[:] = kept
    return found


def _choice(branch: _Branch) -> tuple[Expr, ...] | None:
    """The cases to try: of an alternative, of a condition that is counted, of a difference."""
    for waiting in (branch.alternatives, branch.ground):
        if waiting:
            chosen = min(waiting, key=lambda item: len(tuple(children(item))))
            waiting.remove(chosen)
            return chosen.operands if isinstance(chosen, Logic) else (chosen,)
    for condition in counted(branch.literals):
        if condition not in branch.lemmas:
            branch.lemmas.add(condition)
            return condition, negate(condition)
    for literal in branch.literals:
        if isinstance(literal, Compare) and literal.op == "!=" and is_linear(literal):
            branch.literals.remove(literal)
            branch.known = None
            return tuple(attrs.evolve(literal, op=op) for op in ("<", ">"))
    return None


def _certain(branch: _Branch) -> list[Expr]:
    """Universal statements at terms that are in their domains whatever else is known."""
    terms = _terms(branch) if branch.universals else []
    found = _Instances(branch)
    for number, universal in enumerate(branch.universals):
        fitting = (
            [term for term in terms if universal.has_surely(at, term)]
            for at in range(len(universal.variables))
        )
        found.add(number, product(*fitting))
    return found.made


def _instances(branch: _Branch) -> list[Expr]:
    """Universal statements at the integer terms that index something or were invented.

    Each asks whether the term is in range, which doubles the cases: this comes last.
    """
    if branch.generations >= GENERATIONS or not branch.universals:
        return []
    branch.generations += 1
    return _instances_at(branch, _terms(branch)) or _instances_at(branch, _mentioned(branch))


def _instances_at(branch: _Branch, terms: Sequence[Expr]) -> list[Expr]:
    found = _Instances(branch)
    for number, universal in enumerate(branch.universals):
        found.add(number, product(terms, repeat=len(universal.variables)))
    return found.made


@attrs.define
class _Instances:
    """Instances of one generation, each once on a branch, as far as there is room for them."""

    branch: _Branch
    made: list[Expr] = attrs.field(factory=list)
    nodes: int = INSTANCE_NODES

    def add(self, number: int, choices: Iterable[tuple[Expr, ...]]) -> None:
        """A universal statement, by its number, at these terms."""
        universal = self.branch.universals[number]
        most = min(INSTANCES, self.nodes // weight(universal.body))
        fresh = (chosen for chosen in choices if (number, chosen) not in self.branch.used)
        for chosen in islice(fresh, most):
            self.branch.used.add((number, chosen))
            self.made.append(universal.at(chosen))
            self.nodes -= weight(universal.body)


def _terms(branch: _Branch) -> list[Expr]:
    terms: dict[Expr, None] = {}
    for formula in (*branch.literals, *branch.alternatives, *_sides(branch)):
        for node in walk(formula):
            if isinstance(node, Index):
                terms.update((branch.normal(item), None) for item in node.indices)
            elif isinstance(node, Bound) and isinstance(node.type, IntType):
                terms[node] = None
    return [term for term in terms if _is_free(term)]


def _mentioned(branch: _Branch) -> list[Expr]:
    """Constants that universal statements compare their variables with."""
    found: dict[Expr, None] = {}
    for universal in branch.universals:
        for node in walk(universal.body):
            if isinstance(node, Compare) and isinstance(node.right, Const):
                left = node.left
                if isinstance(left, Bound) and left.name in universal.variables:
                    found[node.right] = None
    return [term for term in found if _is_free(term)]


def _sides(branch: _Branch) -> list[Expr]:
    return [side for equation in branch.equations for side in equation]


def _is_free(term: Expr) -> bool:
    return isinstance(term.type, IntType) and is_ground(term)
