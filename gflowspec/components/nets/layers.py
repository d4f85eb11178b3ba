"""Layers that can enter autograd with an output computed earlier.

A rollout has already evaluated the network at every state of the batch. While the parameters have
not changed since, its activations are the activations of the loss: a layer that is given what it
computed then skips the forward product and keeps only what its backward pass needs.

Weights are stored in x out, so that no product of the forward pass needs a transposed copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

aten = torch.ops.aten


@attrs.frozen(kw_only=True)
class Activation:
    """An elementwise function, and its derivative from the tensor that is kept.

    Attributes:
        apply: Pre-activation -> activation; writes into its argument if ``keeps_output``.
        backward: (gradient of the output, kept tensor) -> gradient of the input.
        keeps_output: Whether the kept tensor is the output; otherwise it is the input.
    """

    apply: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor], Tensor]
    keeps_output: bool

    def finish(self, pre: Tensor) -> tuple[Tensor, Tensor]:
        """Activation of ``pre``, and the tensor to keep; ``pre`` may be overwritten."""
        out = self.apply(pre)
        return out, out if self.keeps_output else pre

    def output(self, kept: Tensor) -> Tensor:
        """The activation that belongs to a kept tensor."""
        return kept.detach() if self.keeps_output else self.apply(kept)


#: Activation functions by their name in ``.gfs``.
ACTIVATIONS = {
    "relu": Activation(
        apply=torch.relu_,
        backward=lambda grad, out: aten.threshold_backward(grad, out, 0),
        keeps_output=True,
    ),
    "tanh": Activation(apply=torch.tanh_, backward=aten.tanh_backward, keeps_output=True),
    "leaky_relu": Activation(
        apply=lambda pre: functional.leaky_relu_(pre, 0.01),
        backward=lambda grad, out: aten.leaky_relu_backward(grad, out, 0.01, True),
        keeps_output=True,
    ),
    "gelu": Activation(apply=functional.gelu, backward=aten.gelu_backward, keeps_output=False),
    "silu": Activation(apply=functional.silu, backward=aten.silu_backward, keeps_output=False),
}

#: No activation at all.
LINEAR = Activation(apply=lambda pre: pre, backward=lambda grad, _kept: grad, keeps_output=True)

# torch leaves the signatures of Function open; ours are narrower on purpose.
# mypy: disable-error-code="override, untyped-decorator, no-untyped-call"


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        activation: Activation,
        kept: Tensor | None,
    ) -> Tensor:
        if kept is None:
            out, kept = activation.finish(torch.addmm(bias, x, weight))
        else:
            out = activation.output(kept)
        ctx.save_for_backward(x, weight, kept)
        ctx.activation = activation
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, kept = ctx.saved_tensors
        inner = ctx.activation.backward(grad, kept)
        below = inner @ weight.t() if ctx.needs_input_grad[0] else None
        return below, x.t() @ inner, inner.sum(0), None, None


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        index: Tensor,
        table: Tensor,
        bias: Tensor,
        activation: Activation,
        kept: Tensor | None,
    ) -> Tensor:
        if kept is None:
            pre = functional.embedding_bag(index, table, mode="sum").add_(bias)
            out, kept = activation.finish(pre)
        else:
            out = activation.output(kept)
        ctx.save_for_backward(index, kept)
        ctx.rows = table.shape[0]
        ctx.activation = activation
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        index, kept = ctx.saved_tensors
        inner = ctx.activation.backward(grad, kept)
        table = inner.new_zeros(ctx.rows, inner.shape[1])
        # Column by column: three times as fast as the product with a one-hot matrix.
        for column in index.unbind(1):
            table.index_add_(0, column, inner)
        return None, table, inner.sum(0), None, None


class _ActionMajor(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(hidden, weight)
        return torch.addmm(bias.unsqueeze(1), weight, hidden.t())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight = ctx.saved_tensors
        # State-major on purpose: autograd's own order would hand a transposed gradient down,
        # on which everything below is several times slower.
        below = grad.t() @ weight if ctx.needs_input_grad[0] else None
        return below, grad @ hidden, grad.sum(1)


def action_major(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """W h + b, actions first.

    Args:
        hidden: float [N, H].
        weight: float [A, H].
        bias: float [A].

    Returns:
        float [A, N].
    """
    return _ActionMajor.apply(hidden, weight, bias)


def dense(
    x: Tensor, weight: Tensor, bias: Tensor, activation: Activation, kept: Tensor | None = None
) -> Tensor:
    """f(x W + b).

    Args:
        x: float [N, I].
        weight: float [I, O].
        bias: float [O].
        activation: f.
        kept: float [N, O], what the same layer kept at the same x and parameters.
    """
    return _Dense.apply(x, weight, bias, activation, kept)


def look_up(
    index: Tensor, table: Tensor, bias: Tensor, activation: Activation, kept: Tensor | None = None
) -> Tensor:
    """f(sum of the rows ``index`` of a table + b): the product with a concatenation of one-hots.

    Args:
        index: int64 [N, F], one row of the table for each field.
        table: float [R, O].
        bias: float [O].
        activation: f.
        kept: float [N, O], what the same layer kept at the same index and parameters.
    """
    return _LookUp.apply(index, table, bias, activation, kept)
