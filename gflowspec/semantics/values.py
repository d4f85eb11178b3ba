"""States and actions as people and JSON see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gflowspec.core.values import plain, text
from gflowspec.ir.environment import Environment


def plain_state(environment: Environment, state: Sequence[Any]) -> Mapping[str, Any]:
    """State variables by name, as plain values of their declared types."""
    return {
        variable.name: variable.view.plain(value)
        for variable, value in zip(environment.state, state, strict=True)
    }


def state_texts(environment: Environment, state: Sequence[Any]) -> Mapping[str, str]:
    """State variables by name, as messages show them."""
    return {
        variable.name: variable.view.text(value)
        for variable, value in zip(environment.state, state, strict=True)
    }


def plain_arguments(
    environment: Environment, action: str, arguments: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Arguments of an action by name, as plain values."""
    kinds = _kinds(environment, action)
    return {name: plain(value, kinds[name]) for name, value in arguments.items()}


def _kinds(environment: Environment, action: str) -> Mapping[str, Any]:
    binders = next(item.binders for item in environment.actions if item.name == action)
    return {binder.name: binder.type for binder in binders}


def state_text(environment: Environment, state: Sequence[Any]) -> str:
    """A state as it is shown in messages: ``t = 1, w = [0, empty]``."""
    shown = state_texts(environment, state)
    return ", ".join(f"{name} = {value}" for name, value in shown.items())


def call_text(environment: Environment, action: str, arguments: Mapping[str, Any]) -> str:
    """An action as it is shown in messages and taken by ``step``: ``write(p=0, v=3)``."""
    if action == "stop":
        return action
    kinds = _kinds(environment, action)
    shown = (f"{name}={text(value, kinds[name])}" for name, value in arguments.items())
    return f"{action}({', '.join(shown)})"
