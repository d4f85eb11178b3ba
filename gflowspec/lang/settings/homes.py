"""Where a setting stands that was looked for in another place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gflowspec.core.schema import parameters

if TYPE_CHECKING:
    from gflowspec.lang.settings.book import Book

#: What other packages call settings.
_ELSEWHERE: Mapping[str, str] = {
    "batch_size": "train.batch",
    "epochs": "train.steps",
    "exploration": "policy.forward.explore",
    "gpu": "train.device",
    "hidden_dim": "policy.encoder.hidden",
    "hidden_size": "policy.encoder.hidden",
    "iterations": "train.steps",
    "learning_rate": "train.optimizer.lr",
    "loss": "objective",
    "model": "policy.encoder",
    "n_iterations": "train.steps",
    "n_steps": "train.steps",
    "network": "policy.encoder",
    "num_epochs": "train.steps",
    "num_steps": "train.steps",
    "n_trajectories": "train.trajectories",
}


def homes(book: Book, name: str) -> tuple[str, ...]:
    """Paths whose last word is ``name``, in the components and calls in force, or what it means."""
    found = (*_of_settings(book, name), *_of_calls(book, name))
    habit = _ELSEWHERE.get(name)
    return found or (() if habit is None else (habit,))


def _of_settings(book: Book, name: str) -> Iterator[str]:
    for section, cls in book.vocabulary.sections.items():
        if section != "evaluate.every":
            yield from _below(book, section, cls, name)


def _below(book: Book, prefix: str, cls: type, name: str) -> Iterator[str]:
    for parameter in parameters(cls):
        path = f"{prefix}.{parameter.key}" if prefix else parameter.key
        if parameter.key == name:
            yield path
        inner = book.in_force(path, parameter)
        if inner is not None:
            yield from _below(book, path, inner, name)


def _of_calls(book: Book, name: str) -> Iterator[str]:
    for path, target in book.targets.items():
        declared = () if target.symbol is None else getattr(target.symbol.node, "params", ())
        if any(item.name.text == name for item in declared):
            yield f"{path}.{name}"
