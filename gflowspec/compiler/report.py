"""What is known about an environment before training: obligations with strengths, and counts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs

from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.frozen import Frozen
from gflowspec.core.source import Span

#: The obligations and what they say, in short.
OBLIGATIONS: Mapping[str, str] = {
    "O1": "invariants hold in every state",
    "O2": "no trajectory is endless",
    "O3": "undoing an action gives back the state it was taken in",
    "O4": "backward actions stay among the reachable states and lead to the source",
    "O5": "a state that is no end has an action",
    "O6": "the source has no parent",
    "O7": "ends have no children, and some end can be reached",
    "O8": "rewards are positive and finite",
    "O9": "states and objects correspond",
}

#: What a run demands.
DEMANDED = ("O1", "O2", "O3", "O4", "O5", "O7")


class Strength(Enum):
    """How well an obligation is established, from best to worst."""

    PROVED = "proved"
    ENUMERATED = "enumerated"
    SCOPE = "scope"
    SAMPLED = "sampled"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"
    FAILED = "failed"

    @property
    def order(self) -> int:
        """0 for the best."""
        return list(Strength).index(self)

    def reaches(self, other: Strength) -> bool:
        """Whether it is at least as good."""
        return self.order <= other.order


@attrs.frozen(eq=False, repr=False)
class Result(Frozen):
    """The strength of one obligation and how it was found, such as ``dim=2 side=5, 25 states``."""

    strength: Strength
    detail: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Counts(Frozen):
    """Exact sizes of the state graph of the full instance; None where they are not known.

    Attributes:
        states: Reachable states.
        edges: Edges, each (action, arguments) counted; ``stop`` edges are not.
        terminal_states: States in which a trajectory can end.
        objects: Distinct objects.
        parallel_edges: Edges beyond the first between the same two states.
        horizon: Length of the longest trajectory, ``stop`` not counted.
    """

    states: int | None = None
    edges: int | None = None
    terminal_states: int | None = None
    objects: int | None = None
    parallel_edges: int | None = None
    horizon: int | None = None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Report(Frozen):
    """The outcome of all proofs.

    Attributes:
        results: ``O1`` .. ``O9`` to their results.
        counts: Exact counts of the full instance, as far as they are known.
        inductive: Whether types and invariants describe exactly the reachable states, by proof
            (docs/how-it-works.md, "Why a proof can do without states").
        states_upper: Bound on the number of states, from types alone; None if not computed.
        edges_upper: Bound on the number of edges, likewise.
        scope: Parameters of the scope that was used, plain values; empty without one.
    """

    results: Mapping[str, Result]
    counts: Counts = Counts()
    inductive: bool = False
    states_upper: int | None = None
    edges_upper: int | None = None
    scope: Mapping[str, object] = attrs.field(factory=dict)

    def strength(self, obligation: str) -> Strength:
        """The strength of one obligation."""
        return self.results[obligation].strength

    def enumerable(self, limit: int, edge_limit: int = 20_000_000) -> bool | None:
        """Whether states and edges stay below limits; None where only enumeration can tell."""
        bounds = self.states_upper, self.edges_upper
        if all(
            bound is not None and bound <= most
            for bound, most in zip(bounds, (limit, edge_limit), strict=True)
        ):
            return True
        states, edges = self.counts.states, self.counts.edges
        if states is not None and states > limit:
            return False
        if edges is not None and edges > edge_limit:
            return False
        return None if states is None or edges is None else True


def below(
    report: Report, span: Span | None, minimum: Strength = Strength.SCOPE
) -> tuple[Diagnostic, ...]:
    """GFS350 for each obligation that a run demands and that was not shown well enough.

    What the author assumes in the file counts as shown: the run carries the assumption as a tag.
    ``span`` is the environment.
    """
    found = []
    for name in DEMANDED:
        result = report.results[name]
        if result.strength.reaches(minimum) or result.strength is Strength.ASSUMED:
            continue
        detail = f" ({result.detail})" if result.detail else ""
        found.append(
            Diagnostic(
                "GFS350",
                Severity.ERROR,
                f"{name} is only {result.strength.value}{detail}, a run needs {minimum.value}",
                None if span is None else Label(span),
                notes=(f"{name}: {OBLIGATIONS[name]}",),
                helps=(
                    "declare a `scope { ... }` with small parameters in the environment",
                    "or pass `--allow-unproved`; the run is then marked",
                ),
                obligation=name,
                strength=result.strength.value,
            )
        )
    return tuple(found)
