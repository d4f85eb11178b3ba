"""An environment whose dead ends were not excluded by proof: it looks out for them (GFS503)."""

from __future__ import annotations

import torch
from torch import Tensor

from gflowspec.compiler.tensor_environment import TensorEnvironment
from gflowspec.core.diagnostics import Diagnostic, Label, Severity
from gflowspec.core.errors import SpecInvalid
from gflowspec.semantics.values import state_text


class WatchedEnvironment(TensorEnvironment):
    """The tensor backend for a run that was started without a proof of O5.

    The mask of a state without an action would make every action look equally illegal, and
    training would walk on from states that do not exist.
    """

    def forward_mask(self, states: Tensor) -> Tensor:
        """See `Environment.forward_mask`.

        Raises:
            SpecInvalid: A state that is no end has no action (GFS503).
        """
        masks = super().forward_mask(states)
        stuck = masks.any(dim=1).logical_not()
        if bool(stuck.any()):
            stuck &= self.is_terminal(states).logical_not()
            if bool(stuck.any()):
                raise SpecInvalid((self._dead_end(states, stuck),))
        return masks

    def _dead_end(self, states: Tensor, stuck: Tensor) -> Diagnostic:
        environment = self.derived.environment
        [state] = self.decode(states[torch.argmax(stuck.to(torch.uint8))].unsqueeze(0))
        span = environment.span
        return Diagnostic(
            "GFS503",
            Severity.ERROR,
            f"training met a dead end: {state_text(environment, state)}",
            None if span is None else Label(span, "O5 was not proved for it"),
            notes=("the state has no action and is no end, so no trajectory can go on there",),
            helps=("run `gflowspec check` with a `scope` that shows it",),
            obligation="O5",
        )
