"""What follows from an environment, derived when it is first asked for."""

from __future__ import annotations

from collections import deque
from functools import cached_property

import attrs

from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import InternalError
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Environment

#: Derivations that may be asked for again: those of a file's experiments at their defaults.
_RECENT: deque[Derivation] = deque(maxlen=32)


def derivation(environment: Environment) -> Derivation:
    """The derivation of an environment; the same one for an equal environment of the same place.

    An experiment at the defaults of its environment needs what the environment itself did.
    """
    for known in _RECENT:
        if known.environment.span == environment.span and known.environment == environment:
            return known
    made = Derivation(environment)
    _RECENT.append(made)
    return made


@attrs.frozen(eq=False)
class Derivation:
    """An environment and, on demand, everything that is derived from it.

    Deriving masks takes longer than reading a stored proof, and ``check`` needs no masks if all
    proofs are stored.
    """

    environment: Environment

    @cached_property
    def outcome(self) -> tuple[Derived | None, tuple[Diagnostic, ...]]:
        """As ``derive`` returns it."""
        from gflowspec.compiler.derive.pipeline import derive

        return derive(self.environment)

    @property
    def derived(self) -> Derived:
        """What was derived.

        Raises:
            InternalError: An action cannot be undone, which a check has reported.
        """
        derived, found = self.outcome
        if derived is None:
            message = f"nothing was derived: {found[0].message}"
            raise InternalError(message)
        return derived
