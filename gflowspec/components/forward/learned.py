from __future__ import annotations

from gflowspec.components.exploration.base import Exploration
from gflowspec.components.exploration.epsilon import Epsilon
from gflowspec.components.heads.base import ForwardHead
from gflowspec.components.heads.joint import Joint
from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import component, param


@component("forward", "learned")
class Learned(Frozen):
    """P_F as one softmax over all legal actions of a state."""

    explore: Exploration = param(
        default=Epsilon(),
        kind="exploration",
        shorthand="epsilon",
        doc="behaviour policy that samples the training batches; losses and metrics never see it",
    )
    head: ForwardHead = param(
        default=Joint(), kind="head", doc="how logits are made of the address and the value"
    )
