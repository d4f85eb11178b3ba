"""C1 to C5 of every objective, at random full-support P_B, on off-policy trajectories."""

from __future__ import annotations

import statistics

import attrs
import pytest
import torch
from policies import backward_law, forward_law, random_backward, random_logits
from tables import TABLES, Rules, never, table_of
from walks import Tables, covering_walks, pack, random_walks

from conformance.balance import (
    OBJECTIVES,
    all_walks,
    backward_laws,
    estimates_of,
    exact_tables,
    fits,
)
from gflowspec.components.discover import vocabulary
from gflowspec.components.objectives.db import DetailedBalance
from gflowspec.components.objectives.flow_matching import FlowMatching
from gflowspec.components.objectives.forward_looking_db import ForwardLookingDetailedBalance
from gflowspec.components.objectives.modified_db import ModifiedDetailedBalance
from gflowspec.components.objectives.modified_subtb import ModifiedSubTrajectoryBalance
from gflowspec.components.objectives.munchausen_dqn import MunchausenDQN
from gflowspec.components.objectives.q_learning import QLearning
from gflowspec.components.objectives.soft_dqn import SoftDQN
from gflowspec.components.objectives.subtb import SubTrajectoryBalance
from gflowspec.components.objectives.tb import TrajectoryBalance
from gflowspec.components.objectives.vargrad import VarianceGradient

#: Downwards: a log-probability of 0 is clipped above.
EPSILON = -1e-3

each_table = pytest.mark.parametrize("name", TABLES)


def on_tables(objectives, tables):
    """Every objective on every table where it is allowed."""
    return pytest.mark.parametrize(
        ("name", "objective"),
        [
            pytest.param(name, objective, id=f"{label}-{name}")
            for label, objective in objectives.items()
            for name in tables
            if fits(objective, TABLES[name]())
        ],
    )


each_objective_and_table = on_tables(OBJECTIVES, TABLES)
SEPARABLE = {name: x for name, x in OBJECTIVES.items() if x.least_batch == 1}
each_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


@each_table
def test_walks_are_off_policy_and_complete(name):
    table = TABLES[name]()
    packed = all_walks(table)
    assert set(packed.edges.tolist()) == set(range(len(table.parent)))
    assert set(packed.states.tolist()) == set(range(len(table.rank)))
    assert set(packed.trajectories.lengths.tolist()) >= {int(table.rank.max())}


@each_objective_and_table
def test_c1_residuals_vanish_at_the_exact_solution(name, objective):
    table = TABLES[name]()
    packed = all_walks(table)
    for log_pb in backward_laws(table):
        tables = exact_tables(table, log_pb)
        estimates = estimates_of(packed, tables, objective)
        residuals, weights = objective.residuals(packed.trajectories, estimates)
        assert residuals.shape == weights.shape
        assert float(residuals[weights > 0].abs().max()) <= 1e-10
        assert float(objective.loss(packed.trajectories, estimates)) <= 1e-20


def perturbations(packed):
    """Name of the field, and its position in the packed batch."""
    trajectories = packed.trajectories
    stopped = trajectories.stopped.nonzero()[:, 0].tolist()
    edges = range(0, len(packed.edges), 3)
    forced_ends = set(trajectories.last[~trajectories.stopped].tolist())
    yield from (("log_pf", e) for e in edges)
    yield from (("log_pb", e) for e in edges)
    yield from (("log_inflow", e) for e in edges)
    states = [n for n in range(0, len(packed.states), 3) if n not in forced_ends]
    for prefix in ("", "target."):
        yield from ((f"{prefix}log_flow", n) for n in states)
        yield from ((f"{prefix}v", n) for n in states)
    yield from (("log_pf_end", n) for n in states)
    yield from (("log_rewards", n) for n in states)
    yield from (("target.log_pf", e) for e in edges)
    for prefix in ("", "target."):
        yield from ((f"{prefix}log_pf_stop", b) for b in stopped[::2])
    yield from (("log_reward", b) for b in range(trajectories.size))
    yield ("log_z", 0)


def position(packed, what, at):
    """Trajectory and place in it of what was perturbed."""
    trajectories = packed.trajectories
    if what in {"log_pf", "log_pb"}:
        b = int(trajectories.edge_trajectory[at])
        return b, int(trajectories.parent[at] - trajectories.first[b])
    if what in {"log_flow", "log_pf_end", "log_rewards"}:
        b = int(trajectories.state_trajectory[at])
        return b, int(at - trajectories.first[b])
    return at, int(trajectories.lengths[at])


def tb_changes(packed, what, at):
    if what == "log_z":
        return dict.fromkeys(range(packed.trajectories.size), 1)
    sign = {"log_pf": 1, "log_pb": -1, "log_pf_stop": 1, "log_reward": -1}.get(what)
    return {} if sign is None else {position(packed, what, at)[0]: sign}


def vargrad_changes(packed, what, at):
    """Those of trajectory balance, less their mean over the batch."""
    if what == "log_z":
        return {}
    size, own = packed.trajectories.size, tb_changes(packed, what, at)
    mean = sum(own.values()) / size
    changes = {b: own.get(b, 0) - mean for b in range(size)}
    return {b: change for b, change in changes.items() if change}


def db_changes(packed, what, at):
    trajectories = packed.trajectories
    edges = len(packed.edges)
    if what in {"log_pf", "log_pb"}:
        return {at: 1 if what == "log_pf" else -1}
    if what not in {"log_flow", "log_pf_stop", "log_reward"}:
        return {}
    b, _ = position(packed, what, at)
    changes = {}
    if what == "log_flow":
        changes |= {int(e): 1 for e in (trajectories.parent == at).nonzero()}
        changes |= {int(e): -1 for e in (trajectories.child == at).nonzero()}
        if trajectories.last[b] == at:
            changes[edges + b] = 1
        return changes
    if trajectories.stopped[b]:
        return {edges + b: 1 if what == "log_pf_stop" else -1}
    return {int(e): -1 for e in (trajectories.child == trajectories.last[b]).nonzero()}


def dqn_changes(packed, what, at, alpha):
    """Coefficients of delta = Q - (b + V' + alpha tau log P_F'), Q = tau (log P_F + v)."""
    trajectories, tau = packed.trajectories, 1 / (1 - alpha)
    edges = len(packed.edges)
    if what in {"log_pf", "log_pb", "target.log_pf"}:
        return {at: {"log_pf": tau, "log_pb": -1, "target.log_pf": -alpha * tau}[what]}
    if what == "v":
        changes = {int(e): tau for e in (trajectories.parent == at).nonzero()}
        ends = (trajectories.last == at).nonzero()
        return changes | {edges + int(b): tau for b in ends}
    if what == "target.v":
        return {int(e): -tau for e in (trajectories.child == at).nonzero()}
    if what in {"log_pf_stop", "target.log_pf_stop"}:
        return {edges + at: tau if what == "log_pf_stop" else -alpha * tau}
    if what != "log_reward":
        return {}
    if trajectories.stopped[at]:
        return {edges + at: -1}
    return {int(e): -1 for e in (trajectories.child == trajectories.last[at]).nonzero()}


def soft_changes(packed, what, at):
    return dqn_changes(packed, what, at, alpha=0.0)


def munchausen_changes(packed, what, at):
    return dqn_changes(packed, what, at, alpha=0.15)


def subtb_changes(packed, what, at):
    if what not in {"log_pf", "log_pb", "log_pf_stop", "log_flow", "log_reward"}:
        return {}
    b, t = position(packed, what, at)
    end = int(packed.trajectories.lengths[b] + packed.trajectories.stopped[b])
    pairs = [(i, j) for j in range(1, end + 1) for i in range(j)]
    if what in {"log_pf", "log_pb", "log_pf_stop"}:
        sign = -1 if what == "log_pb" else 1
        return {(b, i, j): sign for i, j in pairs if i <= t < j}
    if what == "log_flow":
        return {(b, i, j): (i == t) - (j == t) for i, j in pairs if t in {i, j}}
    return {(b, i, j): -1 for i, j in pairs if j == end}


def modified_db_changes(packed, what, at):
    """Of the edges alone, with log R - log P_F(s_f | s) for the flow."""
    if what in {"log_pf", "log_pb"}:
        return db_changes(packed, what, at)
    if what not in {"log_pf_end", "log_rewards"}:
        return {}
    sign, trajectories = (1 if what == "log_rewards" else -1), packed.trajectories
    changes = {int(e): sign for e in (trajectories.parent == at).nonzero()}
    return changes | {int(e): -sign for e in (trajectories.child == at).nonzero()}


def modified_subtb_changes(packed, what, at):
    if what not in {"log_pf", "log_pb", "log_pf_end", "log_rewards"}:
        return {}
    b, t = position(packed, what, at)
    pairs = [(i, j) for j in range(1, int(packed.trajectories.lengths[b]) + 1) for i in range(j)]
    if what in {"log_pf", "log_pb"}:
        return {(b, i, j): 1 if what == "log_pf" else -1 for i, j in pairs if i <= t < j}
    sign = 1 if what == "log_rewards" else -1
    return {(b, i, j): sign * ((i == t) - (j == t)) for i, j in pairs if t in {i, j}}


def forward_looking_db_changes(packed, what, at):
    """Those of detailed balance; the reward of a state moves its flow."""
    return db_changes(packed, "log_flow" if what == "log_rewards" else what, at)


def flow_matching_changes(packed, what, at):
    """Those of detailed balance whose edges compare what flows into and out of their child."""
    if what == "log_inflow":
        return {at: 1}
    if what in {"log_pf_stop", "log_reward"}:
        return db_changes(packed, what, at)
    if what != "v":
        return {}
    edges = {int(e): -1 for e in (packed.trajectories.child == at).nonzero()}
    ends = (packed.trajectories.last == at).nonzero()
    return edges | {len(packed.edges) + int(b): 1 for b in ends}


CHANGES = {
    "tb": tb_changes,
    "vargrad": vargrad_changes,
    "db": db_changes,
    "subtb": subtb_changes,
    "forward_looking_db": forward_looking_db_changes,
    "flow_matching": flow_matching_changes,
    "modified_db": modified_db_changes,
    "modified_subtb": modified_subtb_changes,
    "soft_dqn": soft_changes,
    "munchausen_dqn": munchausen_changes,
}


def perturbed(packed, estimates, what, at):
    if what == "log_reward":
        changed = packed.trajectories.log_reward.clone()
        changed[at] += EPSILON
        return attrs.evolve(packed.trajectories, log_reward=changed), estimates
    if what.startswith("target."):
        what = what.removeprefix("target.")
        target = attrs.evolve(estimates.target, **{what: moved(estimates.target, what, at)})
        return packed.trajectories, attrs.evolve(estimates, target=target)
    return packed.trajectories, attrs.evolve(estimates, **{what: moved(estimates, what, at)})


def moved(estimates, what, at):
    values = getattr(estimates, what).clone()
    values.view(-1)[at] += EPSILON
    return values


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in CHANGES for name in TABLES if fits(OBJECTIVES[kind], TABLES[name]())],
)
def test_c2_a_perturbation_shows_with_its_coefficient_and_nowhere_else(name, kind):
    table = TABLES[name]()
    objective = OBJECTIVES[kind]
    packed = pack(table, random_walks(table, 6, seed=3) + covering_walks(table, seed=4)[::7])
    tables = exact_tables(table, random_backward(table, seed=5))
    estimates = estimates_of(packed, tables, objective)
    before, weights = objective.residuals(packed.trajectories, estimates)
    for what, at in perturbations(packed):
        after, _ = objective.residuals(*perturbed(packed, estimates, what, at))
        expected = torch.zeros_like(before)
        for place, coefficient in CHANGES[kind](packed, what, at).items():
            expected[place] = coefficient * EPSILON
            assert weights[place] > 0, (what, at, place)
        change = torch.where(weights > 0, after - before, 0.0)
        torch.testing.assert_close(change, expected, rtol=1e-9, atol=1e-11)


def test_every_objective_says_how_it_responds():
    assert set(CHANGES) == set(vocabulary().names("objective"))


def loss_of_logits(table, objective, packed, *, detach):
    """The loss as a function of tabular parameters."""

    def loss(forward, stops, backward, flow, log_z):
        log_pf, log_pf_stop = forward_law(table, forward, stops)
        log_pb = backward_law(table, backward)
        tables = Tables(
            log_pf=log_pf,
            log_pf_stop=log_pf_stop,
            log_pb=log_pb.detach() if detach else log_pb,
            log_flow=flow,
            log_z=log_z,
            target=target_tables(table),
            target_kl=random_logits(len(table.rank), seed=19).abs(),
        )
        estimates = estimates_of(packed, tables, objective)
        return objective.loss(packed.trajectories, estimates)

    return loss


def target_tables(table):
    """A lagging copy that differs from every policy of these tests."""
    log_pf, log_pf_stop = forward_law(
        table, random_logits(len(table.parent), 16), random_logits(len(table.rank), 17)
    )
    return Tables(
        log_pf=log_pf,
        log_pf_stop=log_pf_stop,
        log_pb=random_backward(table, seed=1),
        log_flow=random_logits(len(table.rank), 18),
    )


def parameters_of(table):
    sizes = (len(table.parent), len(table.rank), len(table.parent), len(table.rank))
    found = [random_logits(size, seed=7 + i) for i, size in enumerate(sizes)]
    return [x.requires_grad_() for x in (*found, torch.tensor(0.3, dtype=torch.float64))]


@on_tables(OBJECTIVES, ["grid 3x3", "ladder", "mixed"])
def test_c4_gradients_equal_finite_differences(name, objective):
    table = TABLES[name]()
    packed = pack(table, random_walks(table, 5, seed=8))
    loss = loss_of_logits(table, objective, packed, detach=False)
    torch.autograd.gradcheck(loss, parameters_of(table), eps=1e-6, atol=1e-6, rtol=1e-6)


@each_objective
def test_c4_what_is_not_part_of_an_objective_gets_no_gradient(objective):
    table = TABLES["mixed" if fits(objective, TABLES["mixed"]()) else "grid 3x3"]()
    packed = pack(table, random_walks(table, 5, seed=8))
    parameters = parameters_of(table)
    loss_of_logits(table, objective, packed, detach=True)(*parameters).backward()
    given = {name for name, x in zip(NAMES, parameters, strict=True) if x.grad is not None}
    constants = {"log_pb", "target_kl", "log_rewards"}
    needed = {estimate.value for estimate in objective.requires} - constants
    # The tables hold V as log F, and the end of every state with the stops.
    held = {"v": "log_flow", "log_pf_end": "log_pf_stop", "log_inflow": "log_pf"}
    assert given == {held.get(name, name) for name in needed} | {"log_pf_stop"}


NAMES = ("log_pf", "log_pf_stop", "log_pb", "log_flow", "log_z")


@each_objective_and_table
def test_c5_order_of_trajectories_does_not_matter(name, objective):
    table = TABLES[name]()
    walks = random_walks(table, 30, seed=9)
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(walks), generator=generator).tolist()
    results = [
        value_and_gradient(table, objective, chosen)
        for chosen in (walks, [walks[i] for i in order])
    ]
    assert_same(*results)


BY_TRANSITION = (
    DetailedBalance,
    FlowMatching,
    ForwardLookingDetailedBalance,
    ModifiedDetailedBalance,
    QLearning,
)


def share(objective, trajectories):
    """By what a part of a batch counts in the mean over the batch."""
    transitions = trajectories.lengths + trajectories.stopped
    weighting = getattr(objective, "weighting", "")
    if isinstance(objective, ModifiedDetailedBalance | ModifiedSubTrajectoryBalance):
        transitions = trajectories.lengths
    if isinstance(objective, BY_TRANSITION):
        return float(transitions.sum())
    if weighting == "uniform":
        return float((transitions * (transitions + 1) // 2).sum())
    if weighting == "geometric":
        ratio = objective.subtb_lambda
        return sum((n - k) * ratio**k for n in transitions.tolist() for k in range(n))
    return float(trajectories.size)


@on_tables(SEPARABLE, TABLES)
def test_c5_parts_of_a_batch_add_up_to_it(name, objective):
    table = TABLES[name]()
    walks = sorted(random_walks(table, 30, seed=10), key=lambda walk: len(walk[0]))
    parts = (walks[:4], walks[4:25], walks[25:])
    shares = [share(objective, pack(table, part).trajectories) for part in parts]
    pieces = [value_and_gradient(table, objective, part) for part in parts]
    whole = value_and_gradient(table, objective, walks)
    mixed = [
        sum(w * piece[i] for w, piece in zip(shares, pieces, strict=True)) / sum(shares)
        for i in range(len(whole))
    ]
    assert_same(whole, mixed)


def value_and_gradient(table, objective, walks):
    packed = pack(table, walks)
    parameters = parameters_of(table)
    loss = loss_of_logits(table, objective, packed, detach=False)(*parameters)
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    zeros = torch.zeros((), dtype=torch.float64)
    return [loss.detach(), *(zeros if g is None else g for g in gradients)]


def assert_same(left, right):
    for a, b in zip(left, right, strict=True):
        assert torch.isfinite(a).all()
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


class TestOracle:
    """A10: the vectorised forms equal the definitions, term by term."""

    @each_objective_and_table
    def test_loss_equals_the_double_loop(self, name, objective):
        table = TABLES[name]()
        packed = pack(table, random_walks(table, 12, seed=11))
        edges, states = len(table.parent), len(table.rank)
        log_pf, log_pf_stop = forward_law(
            table, random_logits(edges, 12), random_logits(states, 13)
        )
        tables = Tables(
            log_pf=log_pf,
            log_pf_stop=log_pf_stop,
            log_pb=random_backward(table, seed=14),
            log_flow=random_logits(states, 15),
            log_z=torch.tensor(0.7, dtype=torch.float64),
            target=target_tables(table),
            target_kl=random_logits(states, 19).abs(),
        )
        estimates = estimates_of(packed, tables, objective)
        loss = objective.loss(packed.trajectories, estimates)
        assert float(loss) == pytest.approx(slow_loss(objective, packed, estimates), rel=1e-12)

    @pytest.mark.parametrize("ratio", [0.01, 0.9, 1.0, 3.0])
    def test_subtb_weights_of_each_trajectory_sum_to_one(self, ratio):
        table = TABLES["grid 5x5"]()
        packed = all_walks(table)
        objective = SubTrajectoryBalance(subtb_lambda=ratio)
        estimates = packed.estimates(exact_tables(table, random_backward(table, seed=1)))
        _, weights = objective.residuals(packed.trajectories, estimates)
        sums = weights.sum((1, 2)) * packed.trajectories.size
        torch.testing.assert_close(sums, torch.ones_like(sums), rtol=1e-12, atol=1e-12)

    def test_a_small_lambda_leaves_detailed_balance_per_trajectory(self):
        table = TABLES["grid 3x3"]()
        packed = all_walks(table)
        objective = SubTrajectoryBalance(subtb_lambda=1e-200)
        estimates = packed.estimates(exact_tables(table, random_backward(table, seed=1)))
        _, weights = objective.residuals(packed.trajectories, estimates)
        length = (packed.trajectories.lengths + 1).double()
        steps = torch.diagonal(weights, 1, 1, 2) * packed.trajectories.size
        expected = (steps > 0) / length.unsqueeze(1)
        torch.testing.assert_close(steps, expected)


def slow_q_loss(objective, packed, estimates):
    """The definition of the DQN losses, one transition at a time."""
    trajectories, target = packed.trajectories, estimates.target
    alpha = getattr(objective, "alpha", 0.0)
    tau = 1 / (1 - alpha)
    terms = []

    def value(found, n):
        return float(found.log_flow[n]) if objective.dueling else tau * float(found.v[n])

    def extra(log_policy):
        return alpha * min(0.0, max(getattr(objective, "l0", 0.0), tau * float(log_policy)))

    for e, (parent, child) in enumerate(
        zip(trajectories.parent.tolist(), trajectories.child.tolist(), strict=True)
    ):
        b = int(trajectories.edge_trajectory[e])
        ends = child == int(trajectories.last[b]) and not trajectories.stopped[b]
        after = value(target, child) - objective.double * tau * float(estimates.target_kl[child])
        wanted = float(trajectories.log_reward[b]) if ends else after
        wanted += float(estimates.log_pb[e]) + extra(target.log_pf[e])
        q = tau * float(estimates.log_pf[e]) + value(estimates, parent)
        terms.append((objective.leaf_weight if ends else 1.0, q - wanted))
    for b in trajectories.stopped.nonzero()[:, 0].tolist():
        q = tau * float(estimates.log_pf_stop[b]) + value(estimates, int(trajectories.last[b]))
        wanted = float(trajectories.log_reward[b]) + extra(target.log_pf_stop[b])
        terms.append((objective.leaf_weight, q - wanted))
    rho = [objective.residual.rho(torch.tensor(d, dtype=torch.float64)) for _, d in terms]
    return sum(w * float(r) for (w, _), r in zip(terms, rho, strict=True)) / len(terms)


def slow_variance(packed, estimates):
    """The variance over the batch of log R + sum log P_B - sum log P_F."""
    trajectories, levels = packed.trajectories, []
    for b in range(trajectories.size):
        edges = (trajectories.edge_trajectory == b).nonzero()[:, 0].tolist()
        steps = sum(float(estimates.log_pb[e] - estimates.log_pf[e]) for e in edges)
        levels.append(float(trajectories.log_reward[b]) + steps - float(estimates.log_pf_stop[b]))
    return statistics.pvariance(levels)


def slow_flow_matching(packed, estimates):
    """Flow in against flow out of every state that is entered, then of every end."""
    trajectories, residuals = packed.trajectories, []
    for e, child in enumerate(trajectories.child.tolist()):
        b = int(trajectories.edge_trajectory[e])
        forced = child == int(trajectories.last[b]) and not trajectories.stopped[b]
        out = trajectories.log_reward[b] if forced else estimates.v[child]
        residuals.append(float(estimates.log_inflow[e] - out))
    for b in trajectories.stopped.nonzero()[:, 0].tolist():
        flow = estimates.v[int(trajectories.last[b])] + estimates.log_pf_stop[b]
        residuals.append(float(flow - trajectories.log_reward[b]))
    return sum(delta**2 for delta in residuals) / len(residuals)


def read_off(estimates):
    """With the flow that P_F implies in the place of the learned one."""
    flow = estimates.log_rewards - estimates.log_pf_end
    return attrs.evolve(estimates, log_flow=flow)


def slow_loss(objective, packed, estimates):
    """The definitions, one trajectory and one pair at a time."""
    if isinstance(objective, ModifiedDetailedBalance | ModifiedSubTrajectoryBalance):
        return slow_modified_loss(objective, packed, read_off(estimates))
    if isinstance(objective, ForwardLookingDetailedBalance):
        whole = attrs.evolve(estimates, log_flow=estimates.log_flow + estimates.log_rewards)
        return slow_loss(DetailedBalance(), packed, whole)
    if isinstance(objective, FlowMatching):
        return slow_flow_matching(packed, estimates)
    if isinstance(objective, VarianceGradient):
        return slow_variance(packed, estimates)
    if isinstance(objective, QLearning):
        return slow_q_loss(objective, packed, estimates)
    trajectories = packed.trajectories
    terms, within = [], []
    for b in range(trajectories.size):
        first, n = int(trajectories.first[b]), int(trajectories.lengths[b])
        edges = (trajectories.edge_trajectory == b).nonzero()[:, 0].tolist()
        steps = [float(estimates.log_pf[e] - estimates.log_pb[e]) for e in edges]
        log_reward = float(trajectories.log_reward[b])
        flows = [float(estimates.log_flow[first + t]) for t in range(n + 1)]
        if trajectories.stopped[b]:
            steps.append(float(estimates.log_pf_stop[b]))
            flows.append(log_reward)
        else:
            flows[n] = log_reward
        own = slow_terms(objective, steps, flows, float(estimates.log_z))
        terms.extend(own)
        total = sum(weight for weight, _ in own)
        within.append(sum(weight * rho for weight, rho in own) / total)
    if isinstance(objective, DetailedBalance):
        return sum(w * r for w, r in terms) / len(terms)
    if getattr(objective, "weighting", "") in {"geometric", "uniform"}:
        return sum(w * r for w, r in terms) / sum(w for w, _ in terms)
    return sum(within) / len(within)


def slow_modified_loss(objective, packed, estimates):
    """The same over the states before the sink, whose flow nothing but P_F says."""
    trajectories, within, terms = packed.trajectories, [], []
    plain = SubTrajectoryBalance(
        subtb_lambda=getattr(objective, "subtb_lambda", 1.0),
        weighting=getattr(objective, "weighting", "uniform"),
    )
    for b in range(trajectories.size):
        first, n = int(trajectories.first[b]), int(trajectories.lengths[b])
        edges = (trajectories.edge_trajectory == b).nonzero()[:, 0].tolist()
        steps = [float(estimates.log_pf[e] - estimates.log_pb[e]) for e in edges]
        flows = [float(estimates.log_flow[first + t]) for t in range(n + 1)]
        own = slow_terms(plain, steps, flows, 0.0)
        if isinstance(objective, ModifiedDetailedBalance):
            own = slow_terms(DetailedBalance(), steps, flows, 0.0)
        terms.extend(own)
        total = sum(w for w, _ in own)
        within.append(sum(w * rho for w, rho in own) / total if own else 0.0)
    if isinstance(objective, ModifiedDetailedBalance) or objective.weighting != "geometric_within":
        return sum(w * rho for w, rho in terms) / sum(w for w, _ in terms)
    return sum(within) / len(within)


def slow_terms(objective, steps, flows, log_z):
    """Pairs (weight, rho) of one trajectory."""
    rho = objective.residual.rho
    end = len(steps)
    if isinstance(objective, TrajectoryBalance):
        pairs = [(1.0, log_z + sum(steps) - flows[-1])]
    elif isinstance(objective, DetailedBalance):
        leaf = objective.leaf_weight
        pairs = [
            (leaf if t == end - 1 else 1.0, flows[t] + steps[t] - flows[t + 1]) for t in range(end)
        ]
    else:
        ratio = 1.0 if objective.weighting == "uniform" else objective.subtb_lambda
        pairs = [
            (ratio ** (j - i - 1), flows[i] + sum(steps[i:j]) - flows[j])
            for j in range(1, end + 1)
            for i in range(j)
        ]
    return [
        (weight, float(rho(torch.tensor([delta], dtype=torch.float64)))) for weight, delta in pairs
    ]


class TestTheTestsCanFail:
    """Broken objectives do not pass C1."""

    @pytest.mark.parametrize("broken", ["drop stop", "parent for child", "no boundary"])
    def test_broken_balance_is_seen(self, broken):
        table = TABLES["mixed" if broken == "no boundary" else "grid 3x3"]()
        packed = all_walks(table)
        tables = exact_tables(table, random_backward(table, seed=5))
        trajectories = packed.trajectories
        estimates = packed.estimates(tables)
        if broken == "drop stop":
            zero = torch.zeros_like(estimates.log_pf_stop)
            ends = torch.zeros_like(estimates.log_pf_end)
            estimates = attrs.evolve(estimates, log_pf_stop=zero, log_pf_end=ends)
        elif broken == "parent for child":
            rolled = {name: getattr(estimates, name).roll(1) for name in ("log_pb", "log_inflow")}
            estimates = attrs.evolve(estimates, **rolled)
        else:
            stopped = torch.ones_like(trajectories.stopped)
            trajectories = attrs.evolve(trajectories, stopped=stopped, forced=~stopped)
        for objective in OBJECTIVES.values():
            if not fits(objective, table):
                continue
            whole = isinstance(objective, TrajectoryBalance | VarianceGradient)
            if broken == "no boundary" and whole:
                continue
            residuals, weights = objective.residuals(trajectories, estimates)
            assert float(residuals[weights > 0].abs().max()) > 0.05


class TestMunchausen:
    """A8: what the temperature is for, and when the clip matters."""

    def exact(self, objective, *, temperature):
        table = TABLES["grid 5x5"]()
        packed = all_walks(table)
        tables = exact_tables(table, random_backward(table, seed=5))
        estimates = packed.estimates(tables, temperature)
        residuals, weights = objective.residuals(packed.trajectories, estimates)
        return residuals[weights > 0].abs()

    @pytest.mark.parametrize("alpha", [0.0, 0.15, 0.5, 0.9])
    @pytest.mark.parametrize("dueling", [False, True])
    def test_the_optimum_is_the_same_for_every_alpha(self, alpha, dueling):
        objective = MunchausenDQN(alpha=alpha, dueling=dueling)
        assert float(self.exact(objective, temperature=objective.temperature).max()) <= 1e-9

    def test_q_at_temperature_one_is_not_the_optimum(self):
        """Q = log P_F + log F with the Munchausen term: the form that must fail."""
        assert float(self.exact(AtTemperatureOne(alpha=0.5), temperature=1.0).max()) > 0.1

    def test_no_alpha_is_soft_q_learning(self):
        table = TABLES["mixed"]()
        packed = all_walks(table)
        estimates = packed.estimates(
            attrs.evolve(
                exact_tables(table, random_backward(table, seed=5)), target=target_tables(table)
            )
        )
        one, two = (
            item.residuals(packed.trajectories, estimates)[0]
            for item in (SoftDQN(), MunchausenDQN(alpha=0.0))
        )
        assert torch.equal(one, two)

    def test_the_clip_moves_the_optimum_only_where_it_is_reached(self):
        changed = self.exact(MunchausenDQN(alpha=0.5, l0=-3.0), temperature=2.0) > 1e-9
        table = TABLES["grid 5x5"]()
        packed = all_walks(table)
        tables = exact_tables(table, random_backward(table, seed=5))
        edges = 2 * tables.log_pf[packed.edges]
        stops = 2 * tables.log_pf_stop[packed.states[packed.trajectories.last]]
        stops = stops[packed.trajectories.stopped]
        assert changed.any()
        assert torch.equal(changed, torch.cat([edges, stops]) < -3.0)


class AtTemperatureOne(MunchausenDQN):
    """The Munchausen term without its temperature."""

    @property
    def temperature(self):
        return 1.0


class TestDegenerate:
    """The source itself is terminal: trajectories without any transition."""

    def batch(self):
        table = table_of(
            Rules(
                source=(0,),
                moves=lambda state: (),
                stops=never,
                forced=lambda state: True,
                log_reward=lambda state: 1.5,
            )
        )
        packed = pack(table, [([], False), ([], False)])
        law = torch.zeros(0, dtype=torch.float64)
        zero = torch.zeros(1, dtype=torch.float64)
        tables = Tables(log_pf=law, log_pf_stop=zero, log_pb=law, log_flow=zero, log_z=zero[0])
        return packed.trajectories, packed.estimates(tables)

    @pytest.mark.parametrize(("kind", "loss"), [("tb", 2.25), ("db", 0.0), ("subtb", 0.0)])
    def test_loss(self, kind, loss):
        assert float(OBJECTIVES[kind].loss(*self.batch())) == loss
