"""All obligations of one instance, cheapest proof first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import attrs

from gflowspec.compiler.algebra.terms import FALSE
from gflowspec.compiler.elaborate.messages import without_value
from gflowspec.compiler.obligations.acyclic import certificate_text, check_acyclic, prove_acyclic
from gflowspec.compiler.obligations.claims import check_claims
from gflowspec.compiler.obligations.closed import check_closed, prove_closed
from gflowspec.compiler.obligations.counts import closed_counts, enumerated_counts
from gflowspec.compiler.obligations.ending import check_ending, prove_ending
from gflowspec.compiler.obligations.ground import (
    Ground,
    full_ground,
    parameters_text,
    sampled_ground,
    scope_ground,
)
from gflowspec.compiler.obligations.limits import check_limits
from gflowspec.compiler.obligations.messages import (
    limit_reached,
    no_linear_rank,
    no_scope,
    not_simplified,
)
from gflowspec.compiler.obligations.objects import check_objects, prove_objects
from gflowspec.compiler.obligations.parents import (
    check_mirror,
    check_parents,
    check_source,
    check_width,
    prove_covered,
)
from gflowspec.compiler.obligations.positive import (
    check_positive,
    is_bounded,
    prove_positive,
    unseen,
)
from gflowspec.compiler.obligations.progress import check_progress, prove_progress
from gflowspec.compiler.obligations.subject import HOLDS, Finding, Subject
from gflowspec.compiler.report import OBLIGATIONS, Counts, Report, Result, Strength
from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.errors import InternalError
from gflowspec.core.values import plain_scalar
from gflowspec.ir.derived import Derived
from gflowspec.ir.environment import Environment
from gflowspec.ir.reward import Reward
from gflowspec.semantics.errors import EvaluationError

#: Where everything is proved, so many states are still enumerated for the sake of warnings.
FOR_WARNINGS = 2_000
#: Proofs that are compared with the states wherever these were enumerated.
CROSS_CHECKED = ("O2", "O4", "O5")


class Instance(Protocol):
    """What is proved about: an environment with rewards, and the same at its scope."""

    @property
    def environment(self) -> Environment:
        """The environment."""

    @property
    def rewards(self) -> tuple[Reward, ...]:
        """Rewards over it."""

    @property
    def scope(self) -> Instance | None:
        """The same at the parameters of its ``scope`` block."""


def prove_afresh(
    instance: Instance, derived: Derived, scope_derived: Derived | None, limit: int
) -> tuple[Report, tuple[Diagnostic, ...]]:
    """Discharge O1 to O9 of an instance; ``limit`` states may be visited."""
    work = _Work(instance, Subject(derived), scope_derived, limit)
    try:
        report = work.run()
    except EvaluationError as error:
        work.bag.add(without_value(error.code, error.message, error.span))
        unknown = Result(Strength.UNKNOWN, "an expression has no value")
        report = work.report(dict.fromkeys(OBLIGATIONS, unknown))
    return report, work.bag.sorted()


@attrs.define
class _Work:
    """The proof of one instance in progress."""

    instance: Instance
    subject: Subject
    scope_derived: Derived | None
    limit: int
    bag: DiagnosticBag = attrs.field(factory=DiagnosticBag)

    def run(self) -> Report:
        """Static proofs first, then states as far as they are needed."""
        proofs = self._proofs()
        inductive = all(proofs[name] is not None for name in ("O1", "O2", "O4"))
        counts = closed_counts(self.subject) if inductive else Counts()
        scope = self._scope()
        full = self._full(proofs, counts)
        if full is not None:
            counts = enumerated_counts(full)
        ground = full or scope
        if ground is None and not self._is_done(proofs, counts):
            ground = sampled_ground(self.subject.derived, self.instance.rewards)
        not_done = not self._is_done(proofs, counts)
        self._report_limits(scope, ground, not_done=not_done)
        results = self._results(proofs, ground)
        self._remarks(results, ground, scope, inductive=inductive)
        self._claims(counts, scope)
        return self.report(results, counts, scope, inductive=inductive)

    def report(
        self,
        results: Mapping[str, Result],
        counts: Counts = Counts(),  # noqa: B008 - frozen
        scope: Ground | None = None,
        *,
        inductive: bool = False,
    ) -> Report:
        """The report with the bounds that types give."""
        sizes = self.subject.derived.sizes
        used = scope.environment.parameters if scope is not None else {}
        return Report(
            results=results,
            counts=counts,
            inductive=inductive,
            states_upper=sizes.states_upper,
            edges_upper=sizes.states_upper * sizes.forward_actions,
            scope={name: plain_scalar(value) for name, value in used.items()},
        )

    def _proofs(self) -> dict[str, str | None]:
        """How each obligation is proved without visiting states."""
        subject = self.subject
        proofs: dict[str, str | None] = {
            "O1": prove_closed(subject),
            "O2": prove_acyclic(subject),
            "O3": "by construction of the inverses",
        }
        if subject.rank.declared and not proofs["O1"]:
            proofs["O2"] = None  # The proof for a declared measure starts from the invariants.
        premises = all(proofs[name] is not None for name in ("O1", "O2", "O3"))
        proofs["O4"] = prove_covered(subject) if premises else None
        proofs["O5"] = prove_progress(subject) if proofs["O1"] else None
        proofs["O6"] = None if check_source(subject.derived).failed else "evaluated at the source"
        acyclic, progress = proofs["O2"] is not None, proofs["O5"] is not None
        proofs["O7"] = prove_ending(subject, acyclic=acyclic, progress=progress)
        proofs["O8"] = prove_positive(self.instance.rewards)
        proofs["O9"] = prove_objects(subject)
        return proofs

    def _scope(self) -> Ground | None:
        if self.scope_derived is None or self.instance.scope is None:
            return None
        return scope_ground(self.scope_derived, self.instance.scope.rewards, self.limit)

    def _full(self, proofs: Mapping[str, str | None], counts: Counts) -> Ground | None:
        """All states of the instance, if there are few and something depends on them."""
        if counts.states is not None and counts.states > self.limit:
            return None
        if self._is_done(proofs, counts):
            wanted = self.scope_derived is None and (counts.states or 0) <= FOR_WARNINGS
            if not wanted:
                return None
        return full_ground(self.subject.derived, self.instance.rewards, self.limit)

    def _is_done(self, proofs: Mapping[str, str | None], counts: Counts) -> bool:
        return all(proof is not None for proof in proofs.values()) and counts.states is not None

    def _results(
        self, proofs: Mapping[str, str | None], ground: Ground | None
    ) -> dict[str, Result]:
        """The best that is known of each obligation."""
        results: dict[str, Result] = {}
        for name, check in self._checks(proofs, ground).items():
            proof = proofs[name]
            found = check() if ground is not None else HOLDS
            if proof is not None:
                self._cross_check(name, found, ground)
                # A counter-example at the scope says nothing about what is proved in full.
                self.bag.extend(item for item in found.diagnostics if not item.is_error)
                results[name] = Result(Strength.PROVED, proof)
                continue
            self.bag.extend(found.diagnostics)
            results[name] = self._visited(name, found, ground, results)
        results["O6"] = self._source_result(proofs["O6"], results)
        return {name: self._assumed(name, results[name]) for name in OBLIGATIONS}

    def _checks(
        self, proofs: Mapping[str, str | None], ground: Ground | None
    ) -> dict[str, Callable[[], Finding]]:
        """What there is to look at; of what is proved, warnings and the prover's own mistakes."""
        if ground is None:
            return {name: lambda: HOLDS for name in OBLIGATIONS if name != "O6"}
        at, rank = ground, self.subject.rank

        def parents() -> Finding:
            if check_closed(at).failed:
                return HOLDS
            check_mirror(at)
            return check_parents(at)

        some = {
            "O1": lambda: check_closed(at),
            "O2": lambda: check_acyclic(at, rank),
            "O4": parents,
        }
        always = {
            "O5": lambda: check_progress(at),
            "O7": lambda: check_ending(at),
            "O8": lambda: check_positive(at),
            "O9": lambda: check_objects(at),
        }
        idle: dict[str, Callable[[], Finding]] = {"O3": lambda: HOLDS}
        for name, check in some.items():
            wanted = proofs[name] is None or (name in CROSS_CHECKED and at.complete)
            idle[name] = check if wanted else lambda: HOLDS
        return {**idle, **always}

    def _cross_check(self, name: str, found: Finding, ground: Ground | None) -> None:
        """Compares a proof with an enumeration that was made anyway.

        Raises:
            InternalError: If they contradict each other; the prover is wrong then.
        """
        if name not in CROSS_CHECKED or not found.failed or ground is None or not ground.complete:
            return
        if ground.strength is Strength.SCOPE:
            scope = self.instance.scope
            assert scope is not None
            # The scope is another instance: only its own proof is contradicted.
            if _Work(scope, Subject(ground.derived), None, self.limit)._proofs()[name] is None:
                return
        shown = "; ".join(item.message for item in found.diagnostics)
        message = f"{name} was proved, but there is a counter-example ({ground.detail}): {shown}"
        raise InternalError(message)

    def _visited(
        self,
        name: str,
        found: Finding,
        ground: Ground | None,
        results: Mapping[str, Result],
    ) -> Result:
        """What visiting states has established about an obligation."""
        if found.failed:
            return Result(Strength.FAILED, "" if ground is None else ground.detail)
        if ground is None:
            return Result(Strength.UNKNOWN)
        closed = results.get("O1")
        if name == "O4" and closed is not None and closed.strength is Strength.FAILED:
            return Result(Strength.UNKNOWN, "the invariants do not hold")
        if name == "O8":
            known = unseen(self.instance.rewards)
            if known is not None:
                return known
            defined = {reward.name for reward in ground.rewards}
            missing = [
                reward.name
                for reward in self.instance.rewards
                if not is_bounded(reward) and reward.name not in defined
            ]
            if missing:
                return Result(Strength.UNKNOWN, f"not defined at the scope: {', '.join(missing)}")
        return Result(ground.strength, ground.detail)

    def _source_result(self, proof: str | None, results: Mapping[str, Result]) -> Result:
        """O6; on a cycle, or where invariants fail, a parent of the source is no further news."""
        if proof is not None:
            return Result(Strength.PROVED, proof)
        if all(results[name].strength is not Strength.FAILED for name in ("O1", "O2")):
            self.bag.extend(check_source(self.subject.derived).diagnostics)
        return Result(Strength.FAILED)

    def _assumed(self, name: str, result: Result) -> Result:
        """What the author takes for granted replaces what is not known."""
        if result.strength not in (Strength.UNKNOWN, Strength.SAMPLED):
            return result
        for assumption in self.subject.environment.assumptions:
            if assumption.obligation == name:
                return Result(Strength.ASSUMED, assumption.reason)
        return result

    def _report_limits(
        self, scope: Ground | None, ground: Ground | None, *, not_done: bool
    ) -> None:
        """GFS351 and GFS352: what could not be enumerated."""
        environment = self.subject.environment
        if self.scope_derived is not None and scope is None:
            scope_span = environment.span
            self.bag.add(limit_reached(scope_span, "the scope", self.limit))
        elif ground is None and not_done:
            self.bag.add(limit_reached(environment.span, "the environment", self.limit))
        elif ground is not None and ground.strength is Strength.SAMPLED:
            upper = self.subject.derived.sizes.states_upper
            shown = f"up to {upper} states" if upper < 10**12 else "too many states to count"
            names = " ".join(environment.parameters)
            self.bag.add(no_scope(environment.span, shown, names))

    def _remarks(
        self,
        results: Mapping[str, Result],
        ground: Ground | None,
        scope: Ground | None,
        *,
        inductive: bool,
    ) -> None:
        """Notes and warnings that belong to no counter-example."""
        environment, derived = self.subject.environment, self.subject.derived
        ranked = results["O2"].strength
        if ranked is not Strength.PROVED and ranked is not Strength.FAILED:
            certificate = certificate_text(self.subject.rank)
            self.bag.add(no_linear_rank(environment.span, certificate, ranked.value))
        if any(result.strength is Strength.FAILED for result in results.values()):
            return
        for action in derived.actions:
            if not action.simplified and action.forward_mask != FALSE:
                span, name = action.action.span, action.action.name
                self.bag.add(not_simplified(span, name, action.blocked_by))
        if not inductive and ground is not None:
            wide = check_width(ground)
            if wide is not None:
                self.bag.add(wide)
        if scope is not None:
            self.bag.extend(check_limits(scope))

    def _claims(self, counts: Counts, scope: Ground | None) -> None:
        self.bag.extend(check_claims(self.subject.environment, counts, "", remark=True))
        if scope is not None:
            parameters = parameters_text(scope.environment.parameters)
            where = f" at the scope ({parameters})"
            found = enumerated_counts(scope)
            self.bag.extend(check_claims(scope.environment, found, where, remark=False))
