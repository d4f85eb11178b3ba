"""Combinations of settings that are refused or remarked on."""

from __future__ import annotations

import attrs
import pytest

from gflowspec.components.backward.maxent import MaximumEntropyBackward
from gflowspec.components.backward.naive import NaiveBackward
from gflowspec.components.backward.pessimistic import PessimisticBackward
from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.components.backward.uniform import UniformBackward
from gflowspec.components.conflicts.case import EnvironmentFacts
from gflowspec.components.conflicts.find import conflicts
from gflowspec.components.discover import vocabulary
from gflowspec.components.encoders.mlp import MLP
from gflowspec.components.encoders.tabular import Tabular
from gflowspec.components.encoders.transformer import Transformer
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.exploration.tempered import Tempered
from gflowspec.components.forward.learned import Learned
from gflowspec.components.heads.additive import Additive
from gflowspec.components.heads.autoregressive import Autoregressive
from gflowspec.components.heads.joint import Joint
from gflowspec.components.objectives.db import DetailedBalance
from gflowspec.components.objectives.flow_matching import FlowMatching
from gflowspec.components.objectives.modified_db import ModifiedDetailedBalance
from gflowspec.components.objectives.modified_subtb import ModifiedSubTrajectoryBalance
from gflowspec.components.objectives.munchausen_dqn import MunchausenDQN
from gflowspec.components.objectives.soft_dqn import SoftDQN
from gflowspec.components.objectives.subtb import SubTrajectoryBalance
from gflowspec.components.objectives.tb import TrajectoryBalance
from gflowspec.components.objectives.vargrad import VarianceGradient
from gflowspec.components.optimizers.adam import Adam
from gflowspec.components.replay.objects import ObjectReplay
from gflowspec.components.replay.prioritized import PrioritizedReplay
from gflowspec.components.replay.uniform import UniformReplay
from gflowspec.components.schedules.constant import Constant
from gflowspec.components.schedules.cosine import Cosine
from gflowspec.components.schedules.linear import Linear
from gflowspec.components.test_sets.rows import RowObjects
from gflowspec.components.test_sets.seen import SeenObjects
from gflowspec.components.test_sets.target import TargetObjects
from gflowspec.components.test_sets.uniform import UniformObjects
from gflowspec.core.diagnostics import Severity
from gflowspec.core.schema import call_of
from gflowspec.ir.config import Config, MetricSchedule, Setting

GRID = EnvironmentFacts(
    has_stop=True,
    enumerable=True,
    states=64,
    has_modes=True,
    regions=frozenset({"band"}),
    stops_everywhere=True,
)
HUGE = EnvironmentFacts(has_stop=False, enumerable=False, states=257**15)
UNKNOWN = EnvironmentFacts(has_stop=True, enumerable=None)
TLM = TrajectoryLikelihoodMaximization(lr=1e-3)


def metric(name, **arguments):
    return vocabulary().find("metric", name)(**arguments)


TB, MLP_256, ON_POLICY, UNIFORM = TrajectoryBalance(), MLP(), Epsilon(), UniformBackward()
JOINT = Joint()


def config_of(
    *,
    objective=TB,
    encoder=MLP_256,
    explore=ON_POLICY,
    head=JOINT,
    backward=UNIFORM,
    share="trunk",
    train=None,
    evaluate=(),
    written=(),
    replay=None,
):
    return Config(
        experiment="e",
        settings={path: Setting(path, None, "a.gfs:1:1") for path in written},
        policy={
            "encoder": call_of(encoder),
            "forward": call_of(Learned(explore=explore, head=head)),
            "backward": call_of(backward),
            "share": share,
        },
        objective=call_of(objective),
        replay=None if replay is None else call_of(replay),
        train={
            "steps": 100,
            "trajectories": None,
            "batch": 16,
            "optimizer": call_of(Adam()),
            "schedule": call_of(Constant()),
        }
        | (train or {}),
        evaluate=tuple(
            MetricSchedule(every, tuple(call_of(item) for item in metrics))
            for every, metrics in evaluate
        ),
        track={},
        limits={},
    )


def found(facts=GRID, **settings):
    findings = conflicts(config_of(**settings), vocabulary(), facts)
    assert all(item.message and (item.helps or item.notes) for item in findings)
    return [(item.code, item.severity, item.path) for item in findings]


ERROR, NOTE = Severity.ERROR, Severity.NOTE


@pytest.mark.parametrize("objective", [TrajectoryBalance(), DetailedBalance()])
def test_plain_configurations_have_none(objective):
    assert found(objective=objective) == []
    assert (
        found(objective=objective, backward=TLM, explore=Epsilon(probability=0.002, actions="stop"))
        == []
    )


@pytest.mark.parametrize("objective", [ModifiedDetailedBalance(), ModifiedSubTrajectoryBalance()])
def test_a_flow_is_read_off_where_every_state_may_stop(objective):
    assert found(objective=objective) == [("GFS403", NOTE, "objective")]
    guarded = attrs.evolve(GRID, stops_everywhere=False)
    mixed = attrs.evolve(GRID, forces_ends=True)
    filled = attrs.evolve(guarded, has_stop=False, forces_ends=True)
    for facts in (guarded, mixed, filled):
        assert ("GFS403", ERROR, "objective") in found(facts, objective=objective)
    assert len(found(filled, objective=objective)) == 1


def test_a_rule_for_a_backward_policy_that_is_not_read_is_refused():
    objective = FlowMatching()
    assert found(objective=objective) == []
    pessimistic = PessimisticBackward(lr=1e-3)
    for rule in (TLM, MaximumEntropyBackward(), NaiveBackward(), pessimistic):
        assert ("GFS402", ERROR, "policy.backward") in found(objective=objective, backward=rule)


@pytest.mark.parametrize("head", [Additive(), Autoregressive()])
def test_a_head_that_has_nothing_to_tell_apart_is_refused(head):
    plain = attrs.evolve(GRID, factored=lambda: False)
    assert found(GRID, head=head) == []
    assert found(plain, head=head) == [("GFS402", ERROR, "policy.forward.head")]
    assert found(plain) == []


def test_length():
    train = {"steps": None, "trajectories": None}
    assert found(train=train) == [("GFS112", ERROR, "train.steps")]


def test_shapes():
    assert found(encoder=MLP(hidden=())) == [("GFS121", ERROR, "policy.encoder.hidden")]
    train = {"optimizer": call_of(Adam(betas=(0.9,)))}
    assert found(train=train) == [("GFS121", ERROR, "train.optimizer.betas")]


def test_what_needs_enumeration():
    assert found(HUGE, encoder=Tabular()) == [("GFS401", ERROR, "policy.encoder")]
    maxent = MaximumEntropyBackward()
    assert found(HUGE, backward=maxent) == [("GFS403", ERROR, "policy.backward")]
    for facts in (GRID, UNKNOWN):
        assert found(facts, encoder=Tabular(), backward=maxent) == []


def test_attention_needs_tokens_and_heads_that_divide_them():
    single = attrs.evolve(GRID, has_collections=False)
    assert found(single, encoder=Transformer()) == [("GFS401", ERROR, "policy.encoder")]
    assert found(GRID, encoder=Transformer(width=16, heads=4)) == []
    uneven = Transformer(width=16, heads=5)
    assert found(GRID, encoder=uneven) == [("GFS403", ERROR, "policy.encoder.heads")]


@pytest.mark.parametrize("name", ["tv_exact", "logz_error", "tv_empirical", "js_empirical"])
def test_exact_metrics_need_enumeration(name):
    evaluate = [(500, [metric("loss"), metric(name)])]
    path = "evaluate.every.500"
    assert found(HUGE, evaluate=evaluate) == [("GFS404", ERROR, path)]
    assert found(UNKNOWN, evaluate=evaluate) == [("GFS404", NOTE, path)]
    assert found(GRID, evaluate=evaluate) == []


def test_the_count_is_shown():
    (finding,) = conflicts(config_of(evaluate=[(0, [metric("tv_exact")])]), vocabulary(), HUGE)
    assert f"{257**15:,}" in finding.message
    assert finding.path == "evaluate.final"


def test_modes_and_regions():
    evaluate = [(0, [metric("modes_found"), metric("mass", of="band"), metric("mass", of="bond")])]
    assert found(GRID, evaluate=evaluate) == [("GFS101", ERROR, "evaluate.final")]
    bare = EnvironmentFacts(has_stop=True, enumerable=True)
    assert [code for code, _, _ in found(bare, evaluate=evaluate)] == ["GFS403", "GFS101", "GFS101"]


def test_one_name_for_two_curves():
    first, second = metric("tv_empirical", samples=10), metric("tv_empirical", samples=20)
    assert found(evaluate=[(10, [first]), (0, [first])]) == []
    assert found(evaluate=[(10, [first]), (0, [second])]) == [("GFS403", ERROR, "evaluate.final")]


def test_exploring_a_stop_that_does_not_exist():
    explore = Epsilon(probability=0.1, actions="stop")
    path = "policy.forward.explore.actions"
    assert found(HUGE, explore=explore) == [("GFS402", ERROR, path)]
    assert found(GRID, explore=explore) == []
    assert found(HUGE, explore=Epsilon(actions="stop")) == []


@pytest.mark.parametrize("explore", [Epsilon(probability=0.1), Tempered(policy_temperature=2.0)])
def test_exploration_with_tlm_is_remarked(explore):
    path = "policy.forward.explore"
    assert found(backward=TLM, explore=explore) == [("GFS403", NOTE, path)]
    assert found(backward=NaiveBackward(), explore=explore) == []


@pytest.mark.parametrize("backward", [TLM, NaiveBackward(), MaximumEntropyBackward()])
def test_a_stop_that_may_get_lost_is_remarked(backward):
    path = "policy.forward.explore"
    for objective in (DetailedBalance(), SubTrajectoryBalance()):
        assert found(objective=objective, backward=backward) == [("GFS403", NOTE, path)]
    assert found(backward=backward) == []
    forced = EnvironmentFacts(has_stop=False, enumerable=True)
    assert found(forced, objective=DetailedBalance(), backward=backward) == []


def test_ablations_are_remarked():
    rule = TrajectoryLikelihoodMaximization(lr=1e-3, init="random", update="after")
    assert found(backward=rule) == [
        ("GFS403", NOTE, "policy.backward.init"),
        ("GFS403", NOTE, "policy.backward.update"),
    ]
    assert found(backward=NaiveBackward(init="random")) == [
        ("GFS403", NOTE, "policy.backward.init")
    ]


def test_settings_without_effect():
    objective = SubTrajectoryBalance(weighting="uniform")
    assert found(objective=objective) == []
    assert found(objective=objective, written=["objective.lambda"]) == [
        ("GFS402", ERROR, "objective.lambda")
    ]
    share = {"share": "none", "written": ["policy.share"]}
    assert found(**share) == [("GFS402", ERROR, "policy.share")]
    assert found(**share, backward=NaiveBackward()) == []


def decaying(rate):
    return TrajectoryLikelihoodMaximization(lr=1e-3, lr_decay=rate)


RESTLESS = [("GFS403", NOTE, "policy.backward.lr_decay")]


@pytest.mark.parametrize("schedule", [Linear(), Linear(end=0.005), Cosine()])
def test_a_backward_policy_that_outlives_the_schedule_is_remarked(schedule):
    train = {"schedule": call_of(schedule), "steps": 1000}
    assert found(backward=decaying(0.999), train=train) == RESTLESS
    assert found(backward=decaying(0.995), train=train) == []
    assert found(backward=decaying(0.999), train=train, share="none") == []
    assert found(backward=NaiveBackward(), train=train) == []
    by_trajectories = train | {"steps": None, "trajectories": 16_000}
    assert found(backward=decaying(0.999), train=by_trajectories) == RESTLESS


@pytest.mark.parametrize("schedule", [Constant(), Linear(end=0.1), Cosine(steps=5000)])
def test_a_schedule_that_does_not_end_near_zero_is_not_remarked(schedule):
    train = {"schedule": call_of(schedule), "steps": 1000}
    assert found(backward=decaying(1.0), train=train) == []


@pytest.mark.parametrize("steps", [1, 7, 100, 1500, 6000, 10**6])
def test_the_advised_decay_ends_the_remark(steps):
    train = {"schedule": call_of(Linear()), "steps": steps}
    (finding,) = conflicts(config_of(backward=decaying(1.0), train=train), vocabulary(), GRID)
    advised = float(finding.helps[0].removesuffix("`").split(" = ")[1])
    assert 0.045 < advised**steps <= 0.05 + 1e-12
    assert found(backward=decaying(advised), train=train) == []


class TestReplay:
    REPLAY = (PrioritizedReplay(), UniformReplay())

    @pytest.mark.parametrize("replay", REPLAY)
    def test_transitions_may_be_drawn_either_way(self, replay):
        assert found(objective=SoftDQN(), replay=replay) == []

    def test_trajectories_are_drawn_uniformly(self):
        assert found(replay=UniformReplay()) == []
        assert found(replay=PrioritizedReplay()) == [("GFS403", ERROR, "replay")]

    def test_objects_are_taken_apart_into_trajectories(self):
        assert found(replay=ObjectReplay()) == []
        assert found(objective=SoftDQN(), replay=ObjectReplay()) == [("GFS403", ERROR, "replay")]

    @pytest.mark.parametrize(
        ("objective", "replay"),
        [
            (SoftDQN(), PrioritizedReplay(size=255)),
            (SoftDQN(), UniformReplay(size=9, batch=10)),
            (TB, UniformReplay(size=15)),
        ],
    )
    def test_a_buffer_holds_a_batch(self, objective, replay):
        assert found(objective=objective, replay=replay) == [("GFS405", ERROR, "replay.size")]

    @pytest.mark.parametrize(("size", "fits"), [(10_000, True), (10_000_000, False)])
    def test_a_buffer_fits_into_memory(self, size, fits):
        facts = attrs.evolve(GRID, width=20, memory=2**30)
        expected = [] if fits else [("GFS405", ERROR, "replay.size")]
        replay = PrioritizedReplay(size=size)
        assert found(facts, objective=SoftDQN(), replay=replay) == expected

    def test_a_run_has_to_outlast_its_start(self):
        for steps, expected in ((100, [("GFS403", ERROR, "objective.start")]), (101, [])):
            objective = SoftDQN(start=100)
            train = {"steps": steps}
            assert found(objective=objective, replay=self.REPLAY[0], train=train) == expected

    def test_q_learning_without_a_buffer_is_remarked_on(self):
        assert found(objective=MunchausenDQN()) == [("GFS403", NOTE, "replay")]


def test_a_variance_needs_two_trajectories():
    for batch, expected in ((1, [("GFS121", ERROR, "train.batch")]), (2, [])):
        assert found(objective=VarianceGradient(), train={"batch": batch}) == expected


def test_coinciding_methods_are_remarked_on():
    soft = {"objective": MunchausenDQN(alpha=0.0), "replay": PrioritizedReplay()}
    assert found(**soft) == [("GFS403", NOTE, "objective.alpha")]
    single = PessimisticBackward(lr=1e-3, buffer=1)
    path = "policy.backward.buffer"
    assert found(backward=single, written=[path]) == [("GFS403", NOTE, path)]
    assert found(backward=PessimisticBackward(lr=1e-3)) == []


def test_a_backward_policy_that_learns_through_targets_is_remarked_on():
    found_ = found(objective=SoftDQN(), replay=PrioritizedReplay(), backward=NaiveBackward())
    assert found_ == [("GFS403", NOTE, "policy.backward")]


def test_a_pessimistic_policy_has_no_decay_to_advise():
    train = {"schedule": call_of(Cosine())}
    config = config_of(backward=PessimisticBackward(lr=1e-3), train=train)
    (finding,) = conflicts(config, vocabulary(), GRID)
    assert finding.path == "policy.backward"
    assert finding.helps == ("set `policy.share = none`",)


@pytest.mark.parametrize("name", ["stop_rate", "stop_residual"])
def test_stops_are_looked_at_where_there_are_any(name):
    evaluate = [(0, [metric(name)])]
    assert found(evaluate=evaluate) == []
    facts = attrs.evolve(GRID, has_stop=False)
    assert found(facts, evaluate=evaluate) == [("GFS403", ERROR, "evaluate.final")]


def test_test_sets_need_what_they_are_drawn_from():
    for test, code in (
        (TargetObjects(), "GFS404"),
        (UniformObjects(), "GFS404"),
        (SeenObjects(), None),
    ):
        evaluate = [(0, [metric("spearman", test=test)])]
        expected = [] if code is None else [(code, ERROR, "evaluate.final")]
        assert found(HUGE, evaluate=evaluate) == expected
    facts = attrs.evolve(GRID, unshown=lambda of, via, bits: f"{of} {via} {bits}")
    evaluate = [(0, [metric("pearson", test=RowObjects(of="M", via="bits"))])]
    assert found(facts, evaluate=evaluate) == [("GFS126", ERROR, "evaluate.final")]
