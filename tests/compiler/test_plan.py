"""The program graph: what each pass adds, and what the verifier refuses."""

import subprocess
import sys

import attrs
import pytest

from gflowspec.compiler.passes.add_heads import add_heads
from gflowspec.compiler.passes.bind_seeds import bind_seeds, derived_seed
from gflowspec.compiler.passes.choose_reuse import choose_reuse
from gflowspec.compiler.passes.own_parameters import own_parameters
from gflowspec.compiler.passes.share_trunk import share_trunk
from gflowspec.compiler.plan import initial, plan
from gflowspec.compiler.program import NodeKind
from gflowspec.compiler.settings import settings_of
from gflowspec.compiler.verify import verified
from gflowspec.components.backward.tlm import TrajectoryLikelihoodMaximization
from gflowspec.components.discover import vocabulary
from gflowspec.components.needs import Estimate
from gflowspec.components.objectives.soft_dqn import SoftDQN
from gflowspec.core.errors import InternalError
from gflowspec.ir.derived import Sizes
from tests.executor.experiments import CELLS, TRAINED, config_of

SIZES = Sizes(states_upper=64, forward_actions=3, backward_actions=2, horizon=14)


def settings(objective="tb", rule="tlm", **more):
    return settings_of(config_of(objective, rule, **more), vocabulary())


def planned(*cell, **more):
    return plan(settings(*cell, **more), SIZES)


@pytest.mark.parametrize(("objective", "rule"), CELLS)
@pytest.mark.parametrize("share", ["trunk", "none"])
def test_heads_appear_because_an_estimate_is_required(objective, rule, share):
    program = planned(objective, rule, share=share)
    heads = {node.name for node in program.of_kind(NodeKind.HEAD)}
    expected = {"head.forward"}
    expected |= {"head.backward"} if rule in {"naive", *TRAINED} else set()
    expected |= {"head.flow"} if objective in {"db", "forward_looking_db", "subtb"} else set()
    assert heads == expected
    assert bool(program.giving(Estimate.LOG_Z)) == (objective == "tb")
    targets = {node.name for node in program.of_kind(NodeKind.TARGET)}
    wanted = {"target.backward"} if rule == "tlm" else set()
    wanted |= {"target.forward"} if objective.endswith("dqn") else set()
    assert targets == wanted
    trunks = {node.name for node in program.of_kind(NodeKind.TRUNK)}
    if share == "trunk":
        assert trunks == {"trunk.shared"}
    else:
        assert trunks == {name.replace("head", "trunk") for name in heads}


def test_what_feeds_what():
    program = planned("db", "tlm")
    assert program.node("objective").reads == (
        "rollout",
        "head.forward",
        "target.backward",
        "head.flow",
    )
    assert program.node("backward").reads == ("rollout", "head.backward")
    assert program.node("rollout").reads == ("environment", "head.forward")
    assert program.node("target.backward").reads == ("environment", "trunk.shared", "head.backward")
    assert planned("tb", "uniform").node("objective").reads == (
        "rollout",
        "head.forward",
        "log_z",
        "fixed.backward",
    )
    assert program.node("head.forward").width == 3
    assert program.node("head.backward").width == 2
    assert program.node("head.backward").zero


@pytest.mark.parametrize(
    ("rule", "share", "update", "forward", "backward"),
    [
        ("tlm", "trunk", "before", False, True),
        ("tlm", "trunk", "after", True, False),
        ("tlm", "none", "before", True, False),
        ("tlm", "none", "after", True, False),
        ("uniform", "trunk", "", True, False),
        ("naive", "trunk", "", True, False),
        ("maxent", "none", "", True, False),
        ("pessimistic", "trunk", "", False, False),
        ("pessimistic", "none", "", True, False),
    ],
)
def test_activations_are_reused_only_while_the_trunk_is_unchanged(
    rule, share, update, forward, backward
):
    chosen = TrajectoryLikelihoodMaximization(lr=0.1, update=update) if rule == "tlm" else rule
    reuse = planned("tb", chosen, share=share).reuse
    assert (reuse.forward, reuse.backward) == (forward, backward)


def test_activations_are_never_those_of_stored_transitions():
    for share in ("trunk", "none"):
        assert not planned("soft_dqn", "tlm", share=share).reuse.forward
    assert planned("soft_dqn", "uniform", replay=None).reuse.forward
    assert not planned(SoftDQN(updates=2), "uniform", replay=None).reuse.forward


def test_seeds_depend_on_the_name_alone():
    first, second = planned("tb", "tlm"), planned("db", "uniform")
    assert first.node("head.forward").seed == second.node("head.forward").seed
    assert first.node("trunk.shared").seed == second.node("trunk.shared").seed
    assert first.seeds == second.seeds
    assert planned("tb", "tlm", seed=1).seeds != first.seeds
    assert 0 <= derived_seed(2**63 - 1, "rollout") < 2**63


def test_a_program_can_be_printed():
    plain = planned("subtb", "tlm").plain()
    names = {node["name"] for node in plain["nodes"]}
    assert all(source in names and target in names for source, target in plain["edges"])
    assert plain["updates"] == ["backward", "forward"]


def before(last):
    """The program as it is before a pass."""
    program = initial(settings(), SIZES)
    for apply in (add_heads, share_trunk, own_parameters, choose_reuse, bind_seeds):
        if apply is last:
            break
        program = apply(program)
    return program


def altered(program, name, **changes):
    return program.with_nodes(
        attrs.evolve(node, **changes) if node.name == name else node for node in program.nodes
    )


FAULTS = {
    "two nodes are called": lambda p: p.with_nodes((*p.nodes, p.nodes[0])),
    "does not exist": lambda p: altered(p, "rollout", reads=("nowhere",)),
    "there is a cycle": lambda p: altered(p, "environment", reads=("objective",)),
    "log_pf is required but provided by nothing": lambda p: altered(p, "head.forward", gives=None),
    "nobody owns head.forward": lambda p: altered(p, "head.forward", owners=()),
    "head.forward has several owners": lambda p: altered(
        p, "head.forward", owners=("forward", "backward")
    ),
    "which never updates": lambda p: altered(p, "head.forward", owners=("somebody",)),
    "holds no parameters": lambda p: altered(p, "rollout", owners=("forward",)),
    "two streams share a seed": lambda p: attrs.evolve(p, seeds={"a": 1, "b": 1}),
    "has no seed": lambda p: altered(p, "head.forward", seed=None),
    "nothing reads head.backward": lambda p: altered(
        altered(p, "backward", reads=("rollout",)), "target.backward", reads=("environment",)
    ),
}


@pytest.mark.parametrize("sentence", FAULTS)
def test_a_wrong_program_is_refused(sentence):
    with pytest.raises(InternalError, match=sentence):
        verified(FAULTS[sentence](planned()), complete=True)


@pytest.mark.parametrize("forgotten", [add_heads, own_parameters, bind_seeds])
def test_a_program_without_a_pass_is_incomplete(forgotten):
    program = before(forgotten)
    for apply in (add_heads, share_trunk, own_parameters, choose_reuse, bind_seeds):
        if apply is not forgotten and apply is not add_heads and forgotten is not add_heads:
            program = apply(program)
    with pytest.raises(InternalError):
        verified(program, complete=True)


def test_planning_needs_no_torch():
    code = "import sys, gflowspec.compiler.plan; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
