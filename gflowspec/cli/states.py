"""States and actions as a person types them: JSON states, ``step(i=0)``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError
from gflowspec.core.values import Unreadable
from gflowspec.ir.environment import Environment, StateVariable
from gflowspec.lang.nearest import nearest
from gflowspec.semantics.evaluate import evaluate
from gflowspec.semantics.transition import Step
from gflowspec.semantics.values import call_text


def read_state(environment: Environment, text: str) -> tuple[Any, ...]:
    """A state from JSON, ``{"x": [0, 3]}``; variables that are left out keep their initial value.

    Values are read as they are shown: those of the declared types.

    Raises:
        UsageError: It is not JSON, names an unknown variable, has a value of another type, or
            violates an invariant.
    """
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(usage("GFS600", f"--state is not JSON: {error}")) from None
    if not isinstance(given, Mapping):
        raise UsageError(usage("GFS600", '--state must be an object, such as {"x": [0, 3]}'))
    names = [variable.name for variable in environment.state]
    for name in given:
        if name not in names:
            near = nearest(name, names)
            helps = [f"did you mean `{near}`?"] if near else [f"there are: {', '.join(names)}"]
            raise UsageError(usage("GFS600", f"--state: no variable `{name}`", helps=helps))
    state = tuple(
        _value(given[variable.name], variable) if variable.name in given else variable.initial
        for variable in environment.state
    )
    for condition in environment.invariants:
        if not evaluate(condition, environment, state, {}):
            text = "" if condition.span is None else f" `{condition.span.text}`"
            message = f"--state: the invariant{text} is false there: no trajectory visits it"
            raise UsageError(usage("GFS600", message))
    return state


def _value(given: Any, variable: StateVariable) -> Any:
    try:
        return variable.view.read(given)
    except Unreadable as error:
        said = f"--state: `{variable.name}`: {error}"
        raise UsageError(usage("GFS600", said)) from None


def find_step(environment: Environment, text: str, steps: Iterable[Step]) -> Step:
    """The step that ``text`` names, whatever its spaces.

    Raises:
        UsageError: It is not among ``steps``; the enabled ones are listed.
    """
    known = {_squeezed(call_text(environment, step.action, step.arguments)): step for step in steps}
    wanted = _squeezed(text)
    if not wanted.endswith(")"):
        wanted += "()"
    if wanted in known:
        return known[wanted]
    near = nearest(wanted, known)
    shown = ", ".join(list(known)[:12]) or "none"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    raise UsageError(
        usage(
            "GFS600",
            f"`{text}` is not possible here",
            notes=[f"possible: {shown}{more}"],
            helps=[f"did you mean `{near}`?"] if near else [],
        )
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())
