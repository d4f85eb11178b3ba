"""A resolved experiment: every setting has a value and says where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import ComponentCall
from gflowspec.core.source import Span


@attrs.frozen(eq=False, repr=False)
class Setting(Frozen):
    """The value of one path.

    Attributes:
        path: Dotted, as in ``.gfs``; a constructor stands at its path by name
            (``policy.backward`` is ``"tlm"``), its arguments below it (``policy.backward.lr``).
        value: A plain value: int, Fraction, float, bool, str, None, or a tuple of these.
        source: ``default``, ``file:line:column`` or ``command line``.
        span: Where it was written, if it was.
    """

    path: str
    value: Any
    source: str
    span: Span | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(eq=False, repr=False)
class MetricSchedule(Frozen):
    """Metrics that are computed every ``every`` iterations; 0 means once, at the end."""

    every: int
    metrics: tuple[ComponentCall, ...]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Config(Frozen):
    """Everything an experiment says besides its environment and reward.

    Attributes:
        experiment: Name of the experiment.
        settings: All resolved settings by path, flat; what is tracked and shown by ``plan``.
        policy: Values of the ``policy`` section by key: ``encoder``, ``forward``, ``backward`` are
            ComponentCalls, ``share`` is a word.
        objective: The loss of P_F.
        replay: Replay buffer, or None.
        train: Values of the ``train`` section by key, defaults included.
        evaluate: Metric schedules.
        track: Values of the ``track`` section by key.
        limits: ``table_limit``, ``exact_limit``, ``scope_limit``.
    """

    experiment: str
    settings: Mapping[str, Setting]
    policy: Mapping[str, Any]
    objective: ComponentCall
    replay: ComponentCall | None
    train: Mapping[str, Any]
    evaluate: tuple[MetricSchedule, ...]
    track: Mapping[str, Any]
    limits: Mapping[str, int]
