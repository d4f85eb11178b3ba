"""Effects, actions and binders as text, in the notation of the language."""

from __future__ import annotations

from gflowspec.compiler.algebra.show import show
from gflowspec.core.values import text
from gflowspec.ir.environment import Action, Binder, Effect, Environment
from gflowspec.ir.views.direct import DirectView

#: Values of a carrier that are listed before the rest becomes three dots.
_LISTED = 6


def effect_text(effect: Effect, environment: Environment) -> str:
    """``x[i] += 1``, or for a collection what was written, such as ``S.add(v)``."""
    variable = environment.variable(effect.variable)
    if not isinstance(variable.view, DirectView) and effect.span is not None:
        return " ".join(effect.span.text.split())
    place = f"[{', '.join(show(item) for item in effect.indices)}]" if effect.indices else ""
    return f"{effect.variable}{place} {effect.kind.value} {show(effect.value)}"


def effects_text(action: Action, environment: Environment) -> str:
    """All effects of an action, between braces."""
    inside = "  ".join(effect_text(effect, environment) for effect in action.effects)
    return f"{{ {inside} }}"


def binder_text(binder: Binder) -> str:
    """``i in 0..3``: a binder with its carrier, integers without gaps as a range."""
    values = binder.carrier
    if len(values) > 1 and all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        low, high = values[0], values[-1]
        if values == tuple(range(low, high + 1)) and text(low, binder.type) == str(low):
            return f"{binder.name} in {low}..{high}"
    shown = ", ".join(text(value, binder.type) for value in values[:_LISTED])
    more = ", ..." if len(values) > _LISTED else ""
    return f"{binder.name} in [{shown}{more}]"


def head_text(action: Action) -> str:
    """``step(i in 0..3)``: the name of an action and its binders."""
    return f"{action.name}({', '.join(binder_text(binder) for binder in action.binders)})"
