"""What undoing an action does, as text."""

from __future__ import annotations

from gflowspec.compiler.algebra.declared import element_parts
from gflowspec.compiler.algebra.show import show
from gflowspec.core.types import ArrayType, DigraphType, SetType
from gflowspec.ir.derived import Store
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Call, Const


def undo_text(environment: Environment, store: Store) -> str:
    """What a derived store does: ``x[i] = x[i] - 1``, or ``S.remove(v)`` for a collection."""
    of = environment.variable(store.variable).type
    held = of.holds if isinstance(of, ArrayType) else None
    gone = isinstance(store.value, Const) and store.value.value in (False, None)
    if isinstance(held, SetType) and gone:
        parts = [show(part) for part in element_parts(held, store.indices)]
        inside = ", ".join(parts)
        return f"{store.variable}.remove({inside if len(parts) == 1 else f'({inside})'})"
    inside = ", ".join(show(item) for item in store.indices)
    if isinstance(held, DigraphType) and gone:
        return f"{store.variable}.remove_edge({inside})"
    if isinstance(store.value, Call) and store.value.function == "removed":
        return f"{store.variable}.remove_at({show(store.value.arguments[1])})"
    place = f"[{inside}]" if store.indices else ""
    return f"{store.variable}{place} = {show(store.value)}"
