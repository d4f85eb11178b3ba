from __future__ import annotations

from gflowspec.components.objectives.q_learning import QLearning
from gflowspec.core.schema import component


@component("objective", "soft_dqn")
class SoftDQN(QLearning):
    """Soft deep Q-learning (Haarnoja et al., 2017; for GFlowNets Tiapkin et al., 2024).

    The temperature is 1 and there is no bonus: Q* = log P_F + log F, V* = log F.
    """
