"""The forward actions as addresses and words: where something is written, and what."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.types import ArrayType
from gflowspec.ir.derived import Codec, Derived, DerivedAction, Place, Store
from gflowspec.ir.environment import Binder, Environment
from gflowspec.ir.expr import Bound


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Part(Frozen):
    """One action, or ``stop``.

    Attributes:
        addresses: P, the number of values of its addresses together.
        words: V, likewise of its payloads; 1 without any.
        forward: Index in the forward set of (address, word), words varying fastest; P * V of them.
        columns: For each address, the column of the state that it writes, where that is an entry
            of an array and the address alone says which; None otherwise.
    """

    addresses: int
    words: int
    forward: tuple[int, ...]
    columns: tuple[int, ...] | None = None


def factors_of(derived: Derived) -> tuple[Part, ...]:
    """One part for each action in the order of declaration, ``stop`` behind them."""
    parts: list[Part] = []
    first = 0
    for action in derived.actions:
        parts.append(_part(action, first, derived.environment, derived.codec))
        first += prod(len(binder.carrier) for binder in action.action.binders)
    if derived.stop_mask is not None:
        parts.append(Part(addresses=1, words=1, forward=(first,)))
    return tuple(parts)


def _part(action: DerivedAction, first: int, environment: Environment, codec: Codec) -> Part:
    binders = action.action.binders
    addresses = {binder.name for binder in action.addresses}
    sizes = [len(binder.carrier) for binder in binders]
    wheres = [i for i, binder in enumerate(binders) if binder.name in addresses]
    whats = [i for i, binder in enumerate(binders) if binder.name not in addresses]
    forward = []
    for where in _places(sizes, wheres):
        for what in _places(sizes, whats):
            place = dict(zip((*wheres, *whats), (*where, *what), strict=True))
            index = 0
            for i, size in enumerate(sizes):
                index = index * size + place[i]
            forward.append(first + index)
    located = [binders[i] for i in wheres]
    return Part(
        addresses=prod(sizes[i] for i in wheres),
        words=prod(sizes[i] for i in whats),
        forward=tuple(forward),
        columns=_columns(action, located, environment, codec) if whats else None,
    )


def _places(sizes: Sequence[int], chosen: Sequence[int]) -> list[tuple[int, ...]]:
    return list(product(*(range(sizes[i]) for i in chosen)))


def _columns(
    action: DerivedAction, located: list[Binder], environment: Environment, codec: Codec
) -> tuple[int, ...] | None:
    """Columns of the one location that takes a payload, if it is an entry found by addresses."""
    words = {item.binder.name for item in action.payloads}
    stores = [x for x in action.stores if isinstance(x.value, Bound) and x.value.name in words]
    names = [binder.name for binder in located]
    if len(stores) != 1 or not _is_direct(stores[0], names):
        return None
    store = stores[0]
    of = environment.variable(store.variable).type
    if not isinstance(of, ArrayType):
        return None
    column = {
        item.offset: j
        for j, item in enumerate(codec.fields)
        if item.variable == store.variable and item.place is Place.ENTRY
    }
    order = [names.index(index.name) for index in store.indices if isinstance(index, Bound)]
    found = []
    for values in product(*(binder.carrier for binder in located)):
        offset = 0
        for axis, i in zip(of.shape, order, strict=True):
            offset = offset * axis + int(values[i])
        if offset not in column:
            return None
        found.append(column[offset])
    return tuple(found)


def _is_direct(store: Store, names: list[str]) -> bool:
    """Whether every index is an address as it stands."""
    return bool(store.indices) and all(
        isinstance(index, Bound) and index.name in names for index in store.indices
    )
