"""The proof of an instance: the stored one, or else a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gflowspec.compiler.derive.derivation import Derivation
from gflowspec.compiler.obligations.cache import Outcome, remembered
from gflowspec.core.diagnostics import sort_key

if TYPE_CHECKING:
    from gflowspec.compiler.obligations.pipeline import Instance


def prove(
    instance: Instance,
    full: Derivation,
    small: Derivation | None,
    *,
    limits: Mapping[str, int],
) -> Outcome:
    """Discharge O1 to O9; nothing is derived, and no prover loaded, if the proof is stored.

    Args:
        instance: The environment with the rewards declared for it.
        full: Its masks, inverses and rank.
        small: The same for ``instance.scope``; None without a scope.
        limits: ``scope_limit`` is the number of states that may be visited, ``table_limit`` of
            entries that a table may have.

    Returns:
        The report, and all findings in display order. A failed obligation is an error. There is
        no report, but an error, if an action cannot be undone.
    """
    scope = instance.scope
    limit, table_limit = limits["scope_limit"], limits["table_limit"]
    parts: tuple[object, ...] = (instance.environment, instance.rewards, limit, table_limit)
    if scope is not None:
        parts = (*parts, scope.environment, scope.rewards)

    def proved() -> Outcome:
        from gflowspec.compiler.exactness.comparisons import check_comparisons
        from gflowspec.compiler.obligations.pipeline import prove_afresh

        derived, found = full.outcome
        if derived is None:
            return None, found
        # The scope is the same text at other parameters: what it finds was found above already.
        scope_derived = None if small is None else small.outcome[0]
        report, found = prove_afresh(instance, derived, scope_derived, limit)
        rounded = check_comparisons(instance.environment, instance.rewards, table_limit)
        return report, tuple(sorted((*found, *rounded), key=sort_key))

    return remembered(parts, proved)
