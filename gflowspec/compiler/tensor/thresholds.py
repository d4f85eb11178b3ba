"""A mask whose every column compares one code with one number.

Hypergrids are of this form: ``x[i] < side - 1``, and ``stop`` always. Such a mask is one gather of
columns and one comparison, whatever the number of actions.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from gflowspec.compiler.exactness.atoms import Abstracted
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.lengths import test_of_place
from gflowspec.ir.derived import Derived, DerivedAction
from gflowspec.ir.expr import Const, Expr, Index, StateVar

# Detection evaluates each column for every code of the field it reads.
LARGEST_DETECTED = 4096
_ALWAYS = torch.iinfo(torch.int64).max


def thresholds(derived: Derived, kit: Kit) -> tuple[Tensor, Tensor] | None:
    """Columns and limits such that the forward mask is ``codes[:, columns] < limits``.

    Returns:
        int64 [A_f] each, or None if the mask is not of this form.
    """
    columns: list[int] = []
    limits: list[int] = []
    for action in derived.actions:
        found = _action(action, kit)
        if found is None:
            return None
        columns.extend(found[0])
        limits.extend(found[1])
    if derived.stop_mask is not None:
        if not _is_true(derived.stop_mask):
            return None
        columns.append(0)
        limits.append(_ALWAYS)
    if not columns:
        return None
    return torch.tensor(columns, device=kit.device), torch.tensor(limits, device=kit.device)


def _is_true(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value is True


def _action(action: DerivedAction, kit: Kit) -> tuple[list[int], list[int]] | None:
    """Columns and limits of one action, or None."""
    binders = action.action.binders
    domains = {binder.name: binder.carrier for binder in binders}
    mask = test_of_place(action.forward_mask) or action.forward_mask
    abstracted = kit.tables.abstract(mask, domains)
    count = prod(len(binder.carrier) for binder in binders)
    if abstracted is None or abstracted.entries * count > LARGEST_DETECTED:
        return None
    source = _only_component(abstracted)
    # A binder that is read outside the address would make the limit depend on it.
    if source is None or len(abstracted.atoms) != 1:
        return None
    table = kit.tables.table(abstracted)
    if table is None:
        return None
    allowed = table.tensor.to(torch.int64)
    limit = int(allowed.sum())
    if not bool(allowed[:limit].all()):
        return None
    columns = _columns(source, action, kit)
    return None if columns is None else (columns, [limit] * count)


def _only_component(abstracted: Abstracted) -> Expr | None:
    components = [atom.source for atom in abstracted.atoms if atom.is_state]
    return components[0] if len(components) == 1 else None


def _columns(source: Expr, action: DerivedAction, kit: Kit) -> list[int] | None:
    """The column that each binding reads."""
    binders = action.action.binders
    lowering = kit.lowering()
    for binder in binders:
        lowering.scope.bind_axis(binder.name, binder.carrier, binder.type)
    if isinstance(source, StateVar):
        location = lowering.layout.location(source.name)
        return (
            None
            if location.shape
            else [location.offset] * prod(len(binder.carrier) for binder in binders)
        )
    if not isinstance(source, Index) or not isinstance(source.base, StateVar):
        return None
    location = lowering.layout.location(source.base.name)
    indices = [lowering.lower(index) for index in source.indices]
    place = lowering.flat_place(indices, location.shape)
    known = place.register.constant
    if known is None:
        return None
    sizes = tuple(len(binder.carrier) for binder in binders)
    known = known.reshape(1, *known.shape[1:], *(1,) * (len(sizes) - place.depth))
    return (known.expand(1, *sizes).reshape(-1) + location.offset).tolist()
