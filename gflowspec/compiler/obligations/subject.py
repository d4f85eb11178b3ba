"""An environment with everything that proofs about it start from."""

from __future__ import annotations

from functools import cached_property

import attrs

from gflowspec.compiler.algebra.terms import conjuncts
from gflowspec.compiler.derive.inverse import Inverse
from gflowspec.compiler.derive.masks import Rules
from gflowspec.compiler.derive.pipeline import inverses_of, rules_of
from gflowspec.compiler.derive.rank import Rank, find_rank
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Expr


@attrs.define(eq=False)
class Subject:
    """The full instance, for proofs that visit no state."""

    derived: Derived

    @property
    def environment(self) -> Environment:
        """The environment of ``derived``."""
        return self.derived.environment

    @cached_property
    def rules(self) -> Rules:
        """Terminal condition and invariants in canonical form."""
        return rules_of(self.environment)

    @cached_property
    def inverses(self) -> tuple[Inverse, ...]:
        """One for each action, in order."""
        return inverses_of(self.environment)[0]

    @cached_property
    def rank(self) -> Rank:
        """Rank or certificate."""
        return find_rank(self.environment, self.inverses, self.rules)

    def facts(self, position: int) -> tuple[Expr, ...]:
        """What holds in a state in which an action is enabled, given the invariants."""
        mask = self.derived.actions[position].forward_mask
        return conjuncts(*self.rules.invariants, mask)


@attrs.frozen
class Finding:
    """The outcome of checking one obligation on states.

    Attributes:
        failed: Whether a counter-example was found.
        diagnostics: The counter-example, and warnings that go with the obligation.
    """

    failed: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()


HOLDS = Finding()
