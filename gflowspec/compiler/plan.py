"""From a configuration to the program graph. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Callable

from gflowspec.compiler.passes.add_heads import add_heads
from gflowspec.compiler.passes.bind_seeds import bind_seeds
from gflowspec.compiler.passes.choose_reuse import choose_reuse
from gflowspec.compiler.passes.own_parameters import BACKWARD, FORWARD, own_parameters
from gflowspec.compiler.passes.share_trunk import share_trunk
from gflowspec.compiler.program import Demands, Node, NodeKind, Program
from gflowspec.compiler.settings import Settings
from gflowspec.compiler.verify import verified
from gflowspec.components.backward.base import FixedBackward, LearnedBackward, TrainedBackward
from gflowspec.components.needs import Estimate, Owner
from gflowspec.ir.derived import Sizes

#: The passes, in order.
PASSES: tuple[Callable[[Program], Program], ...] = (
    add_heads,
    share_trunk,
    own_parameters,
    choose_reuse,
    bind_seeds,
)


def plan(settings: Settings, sizes: Sizes) -> Program:
    """The complete, verified program graph.

    Args:
        settings: The components of the experiment and their settings.
        sizes: Widths of the action sets.
    """
    program = verified(initial(settings, sizes))
    for apply in PASSES:
        program = verified(apply(program))
    return verified(program, complete=True)


def initial(settings: Settings, sizes: Sizes) -> Program:
    """What the configuration names, before any pass."""
    rule = settings.backward
    nodes = [
        Node(name="environment", kind=NodeKind.ENVIRONMENT),
        Node(name="rollout", kind=NodeKind.ROLLOUT, reads=("environment",)),
        Node(name="objective", kind=NodeKind.OBJECTIVE, component=settings.name("objective")),
    ]
    if Estimate.LOG_REWARDS in settings.objective.requires:
        nodes.append(
            Node(
                name="fixed.rewards",
                kind=NodeKind.FIXED,
                reads=("environment",),
                gives=Estimate.LOG_REWARDS,
            )
        )
    if isinstance(rule, FixedBackward):
        nodes.append(
            Node(
                name="fixed.backward",
                kind=NodeKind.FIXED,
                component=settings.name("backward"),
                reads=("environment",),
                gives=Estimate.LOG_PB,
            )
        )
    elif isinstance(rule, TrainedBackward):
        component = settings.name("backward")
        nodes.append(Node(name="backward", kind=NodeKind.BACKWARD, component=component))
    return Program(
        nodes=tuple(nodes), demands=_demands(settings, sizes), updates=_updates(settings)
    )


def _demands(settings: Settings, sizes: Sizes) -> Demands:
    rule = settings.backward
    return Demands(
        estimates=settings.objective.requires,
        owner=rule.owner,
        backward_needs=rule.needs,
        backward_zero=not isinstance(rule, LearnedBackward) or rule.init == "uniform",
        forward_target=settings.objective.optimisation.lag is not None,
        fresh=_fresh(settings),
        share=settings.share,
        forward_width=sizes.forward_actions,
        backward_width=sizes.backward_actions,
        seed=settings.train.seed,
    )


def _fresh(settings: Settings) -> frozenset[str]:
    """Updates that see the batch just sampled, and see it once."""
    rule, found = settings.backward, set()
    if settings.replay is None and settings.objective.optimisation.updates == 1:
        found.add(FORWARD)
    if isinstance(rule, TrainedBackward):
        how = rule.optimisation
        if how.batches == how.updates == 1:
            found.add(BACKWARD)
    return frozenset(found)


def _updates(settings: Settings) -> tuple[str, ...]:
    rule = settings.backward
    if rule.owner is not Owner.BACKWARD or not isinstance(rule, TrainedBackward):
        return (FORWARD,)
    return (BACKWARD, FORWARD) if rule.optimisation.before else (FORWARD, BACKWARD)
