"""Interpreter and tensor program side by side on random walks, and both against the proofs."""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from gflowspec.compiler.environment import Environment
from gflowspec.compiler.front import Checked
from gflowspec.compiler.report import Report, Strength
from gflowspec.core.errors import SpecInvalid, TooManyStates
from gflowspec.core.types import RealType
from gflowspec.ir.derived import Derived
from gflowspec.ir.expr import Const
from gflowspec.ir.reward import Reward
from gflowspec.semantics.explore import explore

WALKS = 4
#: Most states of a walk that are compared, most actions, most states that are enumerated.
STEPS, ACTIONS, STATES = 12, 2_000, 300
#: A reward for environments without one.
ONE = Reward(
    name="one", parameters={}, value=Const(type=RealType(), value=Fraction(1)), log_value=None
)
KNOWN = (Strength.PROVED, Strength.ENUMERATED)


class Disagreement(Exception):
    """Two answers that should be equal; ``what`` names them."""

    def __init__(self, what: str, detail: str = "") -> None:
        self.what = what
        super().__init__(f"{what}: {detail}")


def compare(checked: Checked) -> bool:
    """Execute an accepted instance, and its scope; False if it is too large or not lowered.

    Raises:
        Disagreement: Two answers that should be equal are not.
    """
    done = False
    results = checked.report.results.items()
    full = frozenset(name for name, result in results if result.strength in KNOWN)
    levels = [(checked.derived, checked.instance.rewards, full)]
    scope = checked.instance.scope
    if scope is not None and checked.small is not checked.derived:
        shown = frozenset(name for name, result in results if result.strength is Strength.SCOPE)
        levels.append((checked.small, scope.rewards, shown))
    for derived, rewards, shown in levels:
        if derived.sizes.forward_actions > ACTIONS or derived.codec.width > ACTIONS:
            continue
        for reward in rewards or (ONE,):
            try:
                compiled = Environment.of(derived, reward)
            except SpecInvalid:
                continue  # refused by name (GFS131, GFS141, GFS201)
            reference = Environment.of(derived, reward, backend="reference")
            Pair(compiled, reference, shown).walk()
            done = True
    count(checked.derived, checked.report)
    return done


def count(derived: Derived, report: Report) -> None:
    """Counts that are said to be exact, against counting."""
    counts = report.counts
    if counts.states is None or counts.states > STATES:
        return
    try:
        found = explore(derived, STATES + 1)
    except TooManyStates as error:
        raise Disagreement("states", f"{counts.states}, but there are {error.count}") from error
    if len(found.states) != counts.states:
        raise Disagreement("states", f"{counts.states}, but there are {len(found.states)}")
    if counts.edges is not None and counts.edges != len(found.edges):
        raise Disagreement("edges", f"{counts.edges}, but there are {len(found.edges)}")


class Pair:
    """Two executions of one environment, and the obligations that were shown for it."""

    def __init__(
        self, compiled: Environment, reference: Environment, shown: frozenset[str]
    ) -> None:
        self.compiled, self.reference, self.shown = compiled, reference, shown
        self.generator = torch.Generator().manual_seed(0)

    def walk(self) -> None:
        """Forward with shared noise, ends, and back to the source."""
        states, seen = self.compiled.source(WALKS), []
        for _ in range(STEPS):
            mask = self.masks(states)
            seen.append(states)
            moves = mask[:, :-1] if self.compiled.has_stop else mask
            going = moves.any(1)
            if not going.any():
                break
            states, moves = states[going], moves[going]
            actions = self.choose(moves)
            children = self.steps(states, actions)
            self.undone(states, actions, children)
            states = children
        visited = torch.cat([*seen, states]).unique(dim=0)
        self.rewards(visited)
        self.back(visited)

    def masks(self, states: Tensor) -> Tensor:
        """All masks of both; the forward one. Where O5 is shown no state is a dead end."""
        for name in ("forward_mask", "backward_mask", "is_terminal", "can_stop"):
            self.same(name, getattr(self.compiled, name)(states), self._of(name, states), states)
        mask = self.compiled.forward_mask(states)
        stuck = ~mask.any(1) & ~self.compiled.is_terminal(states)
        if stuck.any() and "O5" in self.shown:
            raise Disagreement("dead end", str(self.compiled.decode(states[stuck])[0]))
        return mask

    def steps(self, states: Tensor, actions: Tensor) -> Tensor:
        """One step of both, with the same actions."""
        found, expected = (
            self.compiled.step(states, actions),
            self.reference.step(states, actions),
        )
        self.same("step", found[0], expected[0], states)
        self.same("ended", found[1], expected[1], states)
        return found[0]

    def undone(self, states: Tensor, actions: Tensor, children: Tensor) -> None:
        """The inverse of a step is legal and leads back."""
        back = self.compiled.backward_of(states, actions)
        self.same("backward_of", back, self.reference.backward_of(states, actions), states)
        legal = self.compiled.backward_mask(children).gather(1, back[:, None])
        self.same("inverse is legal", legal, torch.ones_like(legal), children)
        for name, world in (("tensor", self.compiled), ("reference", self.reference)):
            self.same(f"inverse ({name})", world.backward_step(children, back), states, children)

    def back(self, states: Tensor) -> None:
        """Backward with shared noise: every derived parent has the edge; walks end in s_0."""
        source = self.compiled.source(1)
        for _ in range(STEPS):
            mask = self.compiled.backward_mask(states)
            self.same("backward_mask", mask, self.reference.backward_mask(states), states)
            lost = ~mask.any(1) & (states != source).any(1)
            if lost.any() and "O4" in self.shown:
                raise Disagreement("no parent", str(self.compiled.decode(states[lost])[0]))
            states, mask = states[mask.any(1)], mask[mask.any(1)]
            if not len(states):
                return
            actions = self.choose(mask)
            parents = self.compiled.backward_step(states, actions)
            expected = self.reference.backward_step(states, actions)
            self.same("backward_step", parents, expected, states)
            again = self.compiled.forward_of(states, actions)
            self.same("forward_of", again, self.reference.forward_of(states, actions), states)
            legal = self.masks(parents).gather(1, again[:, None])
            self.same("parent has the edge", legal, torch.ones_like(legal), states)
            self.same("parent leads here", self.steps(parents, again), states, states)
            states = parents

    def rewards(self, states: Tensor) -> None:
        """log R and modes of the states in which a trajectory can end."""
        ends = states[self.compiled.is_terminal(states) | self.compiled.can_stop(states)]
        if not len(ends):
            return
        found, expected = self.compiled.log_reward(ends), self.reference.log_reward(ends)
        if not torch.allclose(found, expected, rtol=1e-6, atol=1e-6, equal_nan=True):
            raise Disagreement("log_reward", f"{found.tolist()} and {expected.tolist()}")
        if "O8" in self.shown and not found.isfinite().all():
            raise Disagreement("reward is finite", str(found.tolist()))
        if not self.compiled.float_comparisons:
            modes = self.compiled.is_mode(ends), self.reference.is_mode(ends)
            self.same("is_mode", *modes, ends)

    def choose(self, mask: Tensor) -> Tensor:
        """A legal action of each row."""
        return mask.float().multinomial(1, generator=self.generator).squeeze(1)

    def same(self, what: str, found: Tensor, expected: Tensor, states: Tensor) -> None:
        """Raise unless both are equal."""
        if torch.equal(found, expected):
            return
        rows = (found != expected).reshape(len(found), -1).any(1)
        at = int(rows.nonzero()[0])
        state = self.compiled.decode(states[at : at + 1])[0] if len(states) > at else ""
        raise Disagreement(what, f"{found[at].tolist()} and {expected[at].tolist()} in {state}")

    def _of(self, name: str, states: Tensor) -> Tensor:
        result: Tensor = getattr(self.reference, name)(states)
        return result
