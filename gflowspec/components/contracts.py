"""What components are given: packed trajectories, estimates, and the exact view.

Shapes: B trajectories, N visited states, E construction edges (steps other than the final one),
A_f forward and A_b backward actions. Packed means: no padding, rows of one trajectory stand
together, in order. A trajectory with n construction steps has n + 1 states s_0 .. s_n = x and n
edges; its final step x -> s_f is either the policy's ``stop`` or forced by ``terminal when``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import attrs

if TYPE_CHECKING:
    from torch import Tensor

    from gflowspec.components.test_sets.base import TestSet


@attrs.frozen(kw_only=True, eq=False)
class BackwardFacts:
    """What a fixed P_B can read about E edges; of a packed batch or of a state table.

    Attributes:
        choices: int64 [E], number of legal backward actions of the child.
        log_paths_parent: float64 [E], log number of trajectories from s_0 to the parent; None
            unless the rule needs ``PATH_COUNTS``.
        log_paths_child: float64 [E], likewise for the child.
    """

    choices: Tensor
    log_paths_parent: Tensor | None = None
    log_paths_child: Tensor | None = None


@attrs.frozen(kw_only=True, eq=False)
class Trajectories:
    """A packed batch of trajectories, or of pieces of them such as single transitions.

    What is said of a trajectory holds of a piece, whose first state need not be s_0 nor its last
    one an object. A piece of which neither ``stopped`` nor ``forced`` is true goes on behind its
    last state; its log reward means nothing.

    Attributes:
        lengths: int64 [B], construction steps n_b (0 is legal: stop at the source).
        parent: int64 [E], packed index of the state an edge leaves.
        child: int64 [E], packed index of the state it enters; always ``parent + 1``.
        edge_trajectory: int64 [E], trajectory of each edge.
        state_trajectory: int64 [N], trajectory of each state.
        first: int64 [B], packed index of s_0.
        last: int64 [B], packed index of x.
        stopped: bool [B], True where the final step is the action ``stop``.
        forced: bool [B], True where ``terminal when`` forced it.
        log_reward: float [B], log target of x (beta and floor applied).
        states: int64 [N, W], encoded states (``ir.derived.Codec``).
        forward_actions: int64 [E], flat forward index of each edge.
        backward_actions: int64 [E], flat backward index that undoes each edge.
    """

    lengths: Tensor
    parent: Tensor
    child: Tensor
    edge_trajectory: Tensor
    state_trajectory: Tensor
    first: Tensor
    last: Tensor
    stopped: Tensor
    forced: Tensor
    log_reward: Tensor
    states: Tensor
    forward_actions: Tensor
    backward_actions: Tensor

    @property
    def size(self) -> int:
        """B."""
        return int(self.lengths.shape[0])


@attrs.frozen(kw_only=True, eq=False)
class Estimates:
    """What the networks say about a packed batch; None for what nobody asked for.

    The engine applies stop-gradients before a component sees a tensor.

    Attributes:
        log_pf: float [E], log P_F of each construction edge; always of the policy, never of the
            behaviour policy.
        log_pf_stop: float [B], log P_F(s_f | x); exactly 0 where the end was forced.
        log_pb: float [E], log P_B of the edge's parent given its child.
        log_flow: float [N], log F as the network says; objectives put log R(x) in the place of
            log F(x) where the end is forced, so that its value there is not used.
        log_z: float [], learned log Z.
        v: float [N], log of the sum of exp(logits of P_F) over the legal actions. With Q for the
            logits it is V, and log P_F + V is Q again. Not used where the end is forced.
        log_pf_end: float [N], log P_F(s_f | s) of every state; 0 where the end is forced. Means
            nothing where ``stop`` is illegal.
        log_rewards: float [N], log R of every state, a constant; only for objectives that are
            refused where a state may be no object.
        log_inflow: float [E], log of the sum of exp(logits of P_F) over all actions that lead into
            the child of an edge, each at its own parent.
        target: The same by the lagging copy of P_F and of the flow; constants.
        target_kl: float [N], KL(P_F, its lagging copy) at each state; constants.
    """

    log_pf: Tensor
    log_pf_stop: Tensor
    log_pb: Tensor | None = None
    log_flow: Tensor | None = None
    log_z: Tensor | None = None
    v: Tensor | None = None
    log_pf_end: Tensor | None = None
    log_rewards: Tensor | None = None
    log_inflow: Tensor | None = None
    target: Estimates | None = None
    target_kl: Tensor | None = None


@attrs.frozen(kw_only=True, eq=False)
class StateTable:
    """An enumerated environment: all S reachable states in rank order and all M edges.

    Attributes:
        states: int64 [S, W], encoded; row 0 is the source.
        rank: int64 [S], length of the longest path from the source (edges raise it strictly).
        parent: int64 [M], state index; edges are sorted by the rank of their parent.
        child: int64 [M].
        forward_actions: int64 [M], flat forward index.
        backward_actions: int64 [M], flat backward index.
        terminating: bool [S], states with an edge to s_f.
        forced: bool [S], states whose end is forced (``terminal when``).
        log_reward: float64 [S], log target; -inf where not terminating.
    """

    states: Tensor
    rank: Tensor
    parent: Tensor
    child: Tensor
    forward_actions: Tensor
    backward_actions: Tensor
    terminating: Tensor
    forced: Tensor
    log_reward: Tensor


@attrs.frozen(kw_only=True, eq=False)
class ExactView:
    """Log-probabilities of a policy on every edge of a state table, in float64.

    Attributes:
        table: The enumerated environment.
        log_pf: [M], log P_F of each construction edge.
        log_pf_stop: [S], log P_F(s_f | s); 0 where forced, -inf where s does not terminate.
        log_pb: [M], log P_B.
        log_flow: [S] or None.
        log_z: [] learned or implied log Z, or None.
    """

    table: StateTable
    log_pf: Tensor
    log_pf_stop: Tensor
    log_pb: Tensor
    log_flow: Tensor | None = None
    log_z: Tensor | None = None


@attrs.frozen(kw_only=True, eq=False)
class ExactEvaluation:
    """A policy measured by dynamic programming over all states; nothing here is sampled.

    Attributes:
        log_p: float64 [S], terminal law of P_F; -inf where not terminating.
        log_target: float64 [S], log R - log Z; -inf where not terminating.
        log_visits: float64 [S], log of the probability mu(s) that a trajectory visits s.
        log_z: Exact log Z.
        elbo: E over P_F of log R + log P_B - log P_F; at most log Z.
        eubo: The same under the target and P_B; at least log Z.
        gap_terminal: KL(terminal law, target).
        gap_path: Expected KL(P_F(tau | x), P_B(tau | x)); log Z - elbo - gap_terminal.
        backward_kl: Sum over states of mu(s') KL(P_B(. | s'), uniform).
        estimated_log_z: What the objective learned, or None.
    """

    log_p: Tensor
    log_target: Tensor
    log_visits: Tensor
    log_z: float
    elbo: float
    eubo: float
    gap_terminal: float
    gap_path: float
    backward_kl: float
    estimated_log_z: float | None = None


@attrs.frozen(kw_only=True, eq=False)
class TrajectorySummary:
    """Trajectories sampled from the policy itself, one number each; n of them, iid.

    Attributes:
        lengths: int64 [n], construction steps.
        log_reward: float64 [n], log target of x.
        log_pf: float64 [n], log P_F of the whole trajectory, its final step included.
        log_pb: float64 [n], log P_B(tau | x).
        forward_entropy: float64 [n], sum over visited states of the entropy of P_F.
        backward_entropy: float64 [n], sum over visited states but s_0 of the entropy of P_B.
        backward_deviation: float64 [n], sum over edges of abs(log P_B - log uniform).
        decisions: int64 [n], states at which P_F chose: the steps, and ``stop`` if it was taken.
        objects: int64 [n], row of x in the state table; None if there is none.
    """

    lengths: Tensor
    log_reward: Tensor
    log_pf: Tensor
    log_pb: Tensor
    forward_entropy: Tensor
    backward_entropy: Tensor
    backward_deviation: Tensor
    decisions: Tensor
    objects: Tensor | None = None

    def head(self, count: int) -> TrajectorySummary:
        """The first ``count`` of them."""
        return TrajectorySummary(
            lengths=self.lengths[:count],
            log_reward=self.log_reward[:count],
            log_pf=self.log_pf[:count],
            log_pb=self.log_pb[:count],
            forward_entropy=self.forward_entropy[:count],
            backward_entropy=self.backward_entropy[:count],
            backward_deviation=self.backward_deviation[:count],
            decisions=self.decisions[:count],
            objects=None if self.objects is None else self.objects[:count],
        )


@attrs.frozen(kw_only=True, eq=False)
class Visited:
    """The last objects that training sampled, oldest first; they lag behind the policy.

    Attributes:
        log_reward: float64 [n], log target.
        objects: int64 [n], row in the state table; None if there is none.
    """

    log_reward: Tensor
    objects: Tensor | None = None


@attrs.frozen(kw_only=True, eq=False)
class History:
    """Counts over all objects that training sampled so far.

    Attributes:
        modes_found: Distinct objects that satisfy ``mode when``.
        unique_objects: Distinct objects.
        best_log_reward: float64 [k], greatest log targets of distinct objects, descending.
        best_states: int64 [k, W], these objects; the first seen comes first among equals.
    """

    modes_found: int
    unique_objects: int
    best_log_reward: Tensor
    best_states: Tensor


@attrs.frozen(kw_only=True, eq=False)
class StopVisits:
    """The visits of trajectories, sampled from the policy, to states where ``stop`` is legal.

    Attributes:
        trajectories: How many trajectories.
        log_reward: float64 [m], log target if the trajectory stopped there.
        log_flow: float64 [m], log Z + log P_F - log P_B of the steps so far: the flow of the state
            as the trajectory implies it.
        log_stop: float64 [m], log P_F(s_f | s).
        taken: bool [m], whether it was taken.
    """

    trajectories: int
    log_reward: Tensor
    log_flow: Tensor
    log_stop: Tensor
    taken: Tensor


@attrs.frozen(kw_only=True, eq=False)
class TestLaw:
    """What the target and the policy say about the objects of a test set.

    Attributes:
        log_reward: float64 [n], log target.
        log_p: float64 [n], log-probability of the policy to end in the object: exact, or the log
            of an unbiased estimate.
    """

    __test__ = False  # no class of tests

    log_reward: Tensor
    log_p: Tensor


class ObjectSource(Protocol):
    """Where test sets find their objects: terminal states, encoded, int64 [n, W]."""

    def fresh(self, count: int) -> Tensor:
        """Sampled from the present policy."""

    def seen(self, count: int) -> Tensor:
        """At most so many of the last ones that training sampled."""

    def drawn(self, count: int, *, by_reward: bool) -> Tensor:
        """From the target law, or uniformly from all; the environment has to be enumerable."""

    def rows(self, of: str) -> Sequence[Sequence[Any]]:
        """The rows of a constant array of the reward."""

    def shown(self, via: str, rows: Iterable[Sequence[Any]]) -> Tensor:
        """Those that a ``let`` of the environment shows as these rows."""


@attrs.frozen(kw_only=True, eq=False)
class MetricInputs:
    """What the engine hands to metrics; None or empty for what none of them needs.

    Attributes:
        exact: By dynamic programming.
        log_target: float64 [S], exact log target law over the state table.
        fresh: At least as many trajectories as any metric needs.
        stops: Of at least as many trajectories as any metric needs.
        window: At most as many objects as the greatest need; fewer early in training.
        history: Over all of training.
        training: Values of the last iteration: ``loss``, ``loss_backward``, ``gradient_norm``.
        regions: bool [S] for each declared region.
        tests: By test set and number of rollouts.
        backward: Of at least as many objects of the target law as any metric needs; ``log_p`` is
            log P_F - log P_B of one backward rollout each.
        seed: For floors that are simulated.
    """

    exact: ExactEvaluation | None = None
    log_target: Tensor | None = None
    fresh: TrajectorySummary | None = None
    stops: StopVisits | None = None
    window: Visited | None = None
    history: History | None = None
    training: Mapping[str, float] = attrs.field(factory=dict)
    regions: Mapping[str, Tensor] = attrs.field(factory=dict)
    tests: Mapping[tuple[TestSet, int], TestLaw] = attrs.field(factory=dict)
    backward: TestLaw | None = None
    seed: int = 0
