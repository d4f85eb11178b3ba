"""Flat action indices and the binders they stand for, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.tensor import arithmetic, choice
from gflowspec.compiler.tensor.constants import encode
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.lower import Lowering
from gflowspec.compiler.tensor.program import Op, Program
from gflowspec.compiler.tensor.representation import constant, exact, integer, settled
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.errors import InternalError
from gflowspec.core.types import ListType
from gflowspec.ir.derived import Derived, DerivedAction, Payload
from gflowspec.ir.environment import Binder


@attrs.frozen(eq=False)
class Block:
    """A flat index set: actions one after the other, binders varying last fastest.

    Attributes:
        binders: The binders of each action (its addresses, for the backward set).
        rows: int64 [A + extra, R]: for each flat index the number of the action, then the places
            of the binders of all actions (0 for those of other actions).
    """

    binders: tuple[tuple[Binder, ...], ...]
    rows: Tensor

    @classmethod
    def of(cls, binders: Sequence[tuple[Binder, ...]], extra: int, device: torch.device) -> Block:
        """The index set of some actions, and ``extra`` indices that belong to none."""
        total = sum(len(item) for item in binders)
        parts, column = [], 1
        for number, own in enumerate(binders):
            sizes = [len(binder.carrier) for binder in own]
            rows = torch.zeros((prod(sizes), 1 + total), dtype=torch.int64)
            rows[:, 0] = number
            if own:
                places = torch.cartesian_prod(*(torch.arange(size) for size in sizes))
                rows[:, column : column + len(own)] = places.reshape(-1, len(own))
            parts.append(rows)
            column += len(own)
        rest = torch.zeros((extra, 1 + total), dtype=torch.int64)
        rest[:, 0] = len(binders)
        return cls(tuple(binders), torch.cat([*parts, rest]).to(device))

    @property
    def row_inputs(self) -> int:
        """Row inputs of a program over this set."""
        return int(self.rows.shape[1])

    def first(self, number: int) -> int:
        """Flat index of the first binding of an action."""
        return sum(prod(len(binder.carrier) for binder in own) for own in self.binders[:number])

    def inputs(self, indices: Tensor) -> tuple[Tensor, ...]:
        """The row inputs for flat indices [B]."""
        return self.rows.index_select(0, indices).unbind(1)

    def bind(self, lowering: Lowering, number: int) -> None:
        """Binds the binders of an action to the row inputs."""
        column = 1 + sum(len(own) for own in self.binders[:number])
        for binder in self.binders[number]:
            position = lowering.builder.rows[column]
            lowering.scope.bind_row(binder.name, binder.carrier, binder.type, position)
            column += 1

    def taken(self, lowering: Lowering, number: int) -> Value:
        """Which rows take an action."""
        chosen = integer(lowering.builder, number).register
        register = lowering.builder.emit(Op.EQ, (lowering.builder.rows[0], chosen))
        return Value(register=register, kind=Kind.BOOL, depth=0)


def undoing(derived: Derived, forward: Block, backward: Block) -> Tensor:
    """The flat backward index that undoes each flat forward index, int64 [A_f]; -1 for ``stop``."""
    result = torch.full((forward.rows.shape[0],), -1, dtype=torch.int64)
    column = 1
    for number, action in enumerate(derived.actions):
        names = [binder.name for binder in action.action.binders]
        mine = forward.rows[:, 0].cpu() == number
        flat = torch.full((int(mine.sum()),), backward.first(number), dtype=torch.int64)
        for binder, stride in zip(action.addresses, strides(action.addresses), strict=True):
            places = forward.rows[:, column + names.index(binder.name)].cpu()[mine]
            flat += places * stride
        result[mine] = flat
        column += len(names)
    return result.to(forward.rows.device)


def strides(binders: Sequence[Binder]) -> list[int]:
    """How far one step of each binder is in the flat index."""
    sizes = [len(binder.carrier) for binder in binders]
    return [prod(sizes[i + 1 :]) for i in range(len(sizes))]


def redoing(derived: Derived, backward: Block, undone_by: Tensor) -> Tensor | None:
    """The flat forward index that each backward index undoes, if no payload has to be read."""
    if any(action.payloads for action in derived.actions):
        return None
    forward = torch.zeros(backward.rows.shape[0], dtype=torch.int64, device=undone_by.device)
    steps = undone_by[undone_by >= 0]
    forward[steps] = torch.arange(len(steps), device=undone_by.device)
    return forward


def redoing_program(derived: Derived, forward: Block, backward: Block, kit: Kit) -> Program:
    """The flat forward index that a backward action undoes, over the child: int64 [B]."""
    lowering = kit.lowering(backward.row_inputs)
    builder = lowering.builder
    result = integer(builder, 0)
    for number, action in enumerate(derived.actions):
        with lowering.scope.inner():
            backward.bind(lowering, number)
            flat = _forward_index(lowering, action, forward.first(number))
        result = (
            flat
            if number == 0
            else choice.choose(builder, backward.taken(lowering, number), flat, result)
        )
    return builder.finish((settled(builder, result).register,))


def _forward_index(lowering: Lowering, action: DerivedAction, first: int) -> Value:
    builder, payloads = lowering.builder, {item.binder.name: item for item in action.payloads}
    flat = integer(builder, first)
    binders = action.action.binders
    for binder, stride in zip(binders, strides(binders), strict=True):
        payload = payloads.get(binder.name)
        place = (
            lowering.scope[binder.name].position
            if payload is None
            else _carrier_place(lowering, payload)
        )
        scaled = arithmetic.multiply(builder, place, integer(builder, stride))
        flat = arithmetic.add(builder, flat, scaled)
    return flat


def _carrier_place(lowering: Lowering, payload: Payload) -> Value:
    """The place of a payload in the carrier of its binder; some place where it is not in it."""
    builder, carrier = lowering.builder, payload.binder.carrier
    value = exact(builder, lowering.lower(payload.value))
    encoded = encode([carrier], ListType(payload.binder.type, len(carrier)))
    if encoded is None or encoded.scale != 1 or value.scale != 1:
        message = f"values of `{payload.binder.name}` have no place in a table"
        raise InternalError(message)
    numbers = exact(builder, constant(builder, encoded)).register.constant
    if numbers is None:
        message = "a carrier is constant"
        raise InternalError(message)
    places = {int(number): place for place, number in enumerate(numbers.reshape(-1).tolist())}
    table = [places.get(number, 0) for number in range(value.low, value.high + 1)]
    if all(table[i] == i + table[0] for i in range(len(table))):
        return arithmetic.add(builder, value, integer(builder, table[0] - value.low))
    return arithmetic.look_up(builder, table, value)
