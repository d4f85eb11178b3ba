"""Stores of actions: as one addition of table rows, or as a program where addresses move.

Most actions write locations and amounts that are known once their binders are. Their step is
``state * keep[action] + add[action]``, mostly with ``keep`` 1 throughout. The others, such as
``w[t] := v`` with a cursor t, are programs over the row that takes the action.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.tensor import choice
from gflowspec.compiler.tensor.builder import Register
from gflowspec.compiler.tensor.indices import Block
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.layout import bounds
from gflowspec.compiler.tensor.lower import Lowering
from gflowspec.compiler.tensor.program import Op, Program
from gflowspec.compiler.tensor.representation import exact, integer, lift, settled, shifted
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.types import SlotType, Type
from gflowspec.ir.derived import Store
from gflowspec.ir.environment import Binder
from gflowspec.ir.expr import Binary, Bound, Expr, Index, StateVar, Unary, walk

# Larger tables of steps are not built: [actions, fields], two of them, int64.
LARGEST_TABLE = 1 << 22


@attrs.frozen(eq=False)
class Rows:
    """A step as table rows: ``state * keep[a] + add[a]``, both int64 [A, W].

    ``keep`` is None where all of it is 1.
    """

    keep: Tensor | None
    add: Tensor


@attrs.frozen(eq=False)
class Moves:
    """The stores of one action over its binders, and those that undo them."""

    binders: tuple[Binder, ...]
    stores: tuple[Store, ...]
    reverse: tuple[Store, ...]


def step_rows(moves: Sequence[Moves], extra: int, kit: Kit) -> Rows | None:
    """The table form of some actions, followed by ``extra`` actions that change nothing.

    None if an action writes where, or what, its binders alone do not say.
    """
    width = kit.layout.width
    count = sum(prod(len(binder.carrier) for binder in move.binders) for move in moves) + extra
    if count * width > LARGEST_TABLE:
        return None
    blocks = [_block(move, kit) for move in moves]
    found = [block for block in blocks if block is not None]
    if len(found) < len(blocks):
        return None
    still = (torch.ones((extra, width), dtype=torch.int64), torch.zeros((extra, width)).long())
    keep = torch.cat([*(block[0] for block in found), still[0]])
    add = torch.cat([*(block[1] for block in found), still[1]])
    everything = bool((keep == 1).all())
    return Rows(None if everything else keep.to(kit.device), add.to(kit.device))


def _block(move: Moves, kit: Kit) -> tuple[Tensor, Tensor] | None:
    """Rows of ``keep`` and ``add`` for all bindings of one action."""
    lowering = kit.lowering()
    for binder in move.binders:
        lowering.scope.bind_axis(binder.name, binder.carrier, binder.type)
    sizes = tuple(len(binder.carrier) for binder in move.binders)
    count = prod(sizes)
    keep = torch.ones((count, kit.layout.width), dtype=torch.int64)
    add = torch.zeros((count, kit.layout.width), dtype=torch.int64)
    every = torch.arange(count)
    if any(_is_whole(lowering, store) for store in move.stores):
        return None
    for store in move.stores:
        columns = _static(lowering, _column(lowering, store), sizes)
        if columns is None:
            return None
        amount = _amount(store)
        if amount is not None:
            change = _static(lowering, settled(lowering.builder, lowering.lower(amount)), sizes)
        else:
            change = _static(lowering, _code(lowering, store), sizes)
            old = _overwritten(lowering, store, move.reverse, sizes)
            if change is not None and old is not None:
                change = change - old
            else:
                keep[every, columns] = 0
        if change is None:
            return None
        add[every, columns] += change
    return keep, add


def _static(lowering: Lowering, value: Value, sizes: tuple[int, ...]) -> Tensor | None:
    """The value for all bindings, [prod(sizes)], if it does not depend on the state."""
    known = lift(lowering.builder, value, len(sizes)).register.constant
    if known is None or value.scale != 1:
        return None
    return known.expand(1, *sizes).reshape(-1).cpu()


def _overwritten(
    lowering: Lowering, store: Store, reverse: tuple[Store, ...], sizes: tuple[int, ...]
) -> Tensor | None:
    """The code that a store replaces, where the store that undoes it says so."""
    for other in reverse:
        if other.variable != store.variable or other.indices != store.indices:
            continue
        names = [node.name for node in walk(other.value) if isinstance(node, Bound)]
        if _amount(other) is None and all(name in lowering.scope for name in names):
            return _static(lowering, _code(lowering, other), sizes)
    return None


def _amount(store: Store) -> Expr | None:
    """What a store adds to its location; None for a store that replaces it."""
    value = store.value
    if not isinstance(value, Binary) or value.op not in "+-":
        return None
    if _reads(value.left, store):
        negative = Unary("-", value.right, type=value.right.type)
        return value.right if value.op == "+" else negative
    return value.left if value.op == "+" and _reads(value.right, store) else None


def _reads(expr: Expr, store: Store) -> bool:
    """Whether an expression is the location that a store writes."""
    if isinstance(expr, Index):
        same = isinstance(expr.base, StateVar) and expr.base.name == store.variable
        return same and expr.indices == store.indices
    return isinstance(expr, StateVar) and expr.name == store.variable and not store.indices


def _column(lowering: Lowering, store: Store) -> Value:
    """The column that a store writes."""
    location = lowering.layout.location(store.variable)
    indices = [lowering.lower(index) for index in store.indices]
    place = lowering.flat_place(indices, location.shape)
    return attrs.evolve(place, register=shifted(lowering.builder, place.register, location.offset))


def _code(lowering: Lowering, store: Store) -> Value:
    """The code that a store writes."""
    element = lowering.layout.location(store.variable).element
    register = _encoded(lowering, lowering.lower(store.value), element)
    return Value(register=register, kind=Kind.EXACT, depth=len(register.shape))


def _encoded(lowering: Lowering, value: Value, of: Type) -> Register:
    """The code of a value in a location of type ``of``."""
    builder = lowering.builder
    number = exact(builder, value)
    if not isinstance(of, SlotType):
        return shifted(builder, number.register, number.shift - bounds(of)[0])
    first = bounds(of)[0] - 1
    slot = attrs.evolve(integer(builder, first), empty=first)
    if number.empty is not None:
        number, _ = choice.same_empty(builder, number, slot)
        if number.empty != first:
            number = choice.renumbered(builder, number, first)
    return shifted(builder, number.register, number.shift - first)


def step_program(moves: Sequence[Moves], block: Block, kit: Kit, extra: int = 0) -> Program:
    """The state after each row's action: int64 [B, W].

    Row inputs are those of ``block``: the number of the action, then the places of all binders.
    ``extra`` actions behind those of ``moves`` change nothing.
    """
    lowering = kit.lowering(block.row_inputs)
    builder = lowering.builder
    columns = builder.constant(torch.arange(kit.layout.width).unsqueeze(0))
    result = builder.state
    for number, move in enumerate(moves):
        with lowering.scope.inner():
            block.bind(lowering, number)
            after = builder.state
            for store in move.stores:
                after = _written(lowering, after, columns, store)
        if len(moves) == 1 and not extra:
            result = after
            break
        taken = block.taken(lowering, number)
        wide = builder.emit(Op.UNSQUEEZE, (taken.register,), (1,))
        result = builder.emit(Op.WHERE, (wide, after, result))
    return builder.finish((result,))


def _is_whole(lowering: Lowering, store: Store) -> bool:
    """Whether a store replaces a whole array."""
    return bool(lowering.layout.location(store.variable).shape) and not store.indices


def _written(lowering: Lowering, after: Register, columns: Register, store: Store) -> Register:
    """The rows ``after`` with one store made; what it stores is read from the state before."""
    builder, code = lowering.builder, _code(lowering, store).register
    if _is_whole(lowering, store):
        return _replaced(lowering, after, store, code)
    place = _column(lowering, store).register
    place, code = (builder.emit(Op.UNSQUEEZE, (register,), (1,)) for register in (place, code))
    here = builder.emit(Op.EQ, (columns, place))
    return builder.emit(Op.WHERE, (here, code, after))


def _replaced(lowering: Lowering, after: Register, store: Store, codes: Register) -> Register:
    """The rows with the codes of a whole array."""
    builder, location = lowering.builder, lowering.layout.location(store.variable)
    codes = builder.flatten(codes, 1, len(location.shape))
    first, stop = location.offset, location.offset + prod(location.shape)
    parts = [codes]
    if first > 0:
        parts.insert(0, builder.emit(Op.NARROW, (after,), 1, 0, first))
    if stop < lowering.layout.width:
        rest = lowering.layout.width - stop
        parts.append(builder.emit(Op.NARROW, (after,), 1, stop, rest))
    return codes if len(parts) == 1 else builder.emit(Op.CONCATENATE, tuple(parts), 1)
