"""How a component declares itself: one attrs class is the only place that knows its settings.

From such a class come the checks and suggestions for ``.gfs`` files, defaults, ``explain``, the
reference page, the names of tracked parameters, and the constructor in Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar, dataclass_transform

import attrs

from gflowspec.core.frozen import Frozen

T = TypeVar("T")

#: Kinds of component that exist; each is a folder of ``components/``.
KINDS = (
    "objective",
    "backward",
    "forward",
    "head",
    "encoder",
    "exploration",
    "residual",
    "replay",
    "test_set",
    "metric",
    "optimizer",
    "schedule",
    "tracker",
    "device",
)


@attrs.frozen(eq=False, repr=False)
class Range(Frozen):
    """A range of numbers; data, so that a violation can be shown at its place.

    ``low`` and ``high`` are included unless ``low_open`` / ``high_open``; None is no bound.
    """

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def contains(self, value: float | Fraction) -> bool:
        """Whether a number lies inside; a NaN never does."""
        if isinstance(value, float) and math.isnan(value):
            return False
        above = self.low is None or (value > self.low if self.low_open else value >= self.low)
        below = self.high is None or (value < self.high if self.high_open else value <= self.high)
        return above and below

    def __str__(self) -> str:
        left = "(" if self.low_open else "["
        right = ")" if self.high_open or (self.high is None and self.low_open) else "]"
        low = "" if self.low is None else shown_number(self.low)
        high = "" if self.high is None else shown_number(self.high)
        return f"{left}{low}..{high}{right}"


#: Integers of more digits are shortened in messages.
_MAX_DIGITS = 40


def shown_number(value: float | Fraction) -> str:
    """A number for people: integers in full as long as they fit a line, others in short."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:g}"
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{float(value):g}"
    if isinstance(value, float) and abs(value) >= 1e15:
        return f"{value:g}"
    text = str(int(value))
    return text if len(text) <= _MAX_DIGITS else f"{text[:20]}... ({len(text)} digits)"


@attrs.frozen(eq=False, repr=False)
class Parameter(Frozen):
    """What a setting accepts.

    Attributes:
        name: Attribute of the class.
        key: Name in ``.gfs`` (``lambda`` for ``subtb_lambda``).
        type: One of int, float, bool, str (a plain value), ``"choice"`` (one of ``choices``),
            ``"component"`` (a component of ``kind``), ``"list"`` (of ``item``), ``"time"``
            (seconds as a float, from a time quantity), ``"interval"`` (a count of iterations as
            an int, or a time quantity as float seconds), ``"map"`` (str to str).
        default: Python value; ``REQUIRED`` if there is none. The default of a ``"component"`` is
            an instance; ``call_of`` makes a ComponentCall of it.
        range: Bounds of a number, or of the items of a list.
        choices: The words a ``"choice"`` accepts.
        kind: The component kind a ``"component"`` accepts.
        item: Item type of a ``"list"``: int, float, or ``"component"``.
        optional: Whether the word ``none`` is accepted; it becomes None.
        follows: Path of the setting whose value is the default (``train.optimizer.lr``); such a
            setting is ``REQUIRED`` in Python only.
        offered_by: Path of the component whose class may offer another default for this one,
            ``offers: ClassVar[Mapping[str, component]]`` by kind.
        shorthand: Component that a plain number stands for: ``explore = 0.1`` is
            ``explore = epsilon(0.1)``.
        doc: One line for ``explain`` and the reference.
    """

    name: str
    key: str
    type: Any
    default: Any
    range: Range | None = None
    choices: tuple[str, ...] = ()
    kind: str | None = None
    item: Any = None
    optional: bool = False
    follows: str | None = None
    offered_by: str | None = None
    shorthand: str | None = None
    doc: str = ""


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()
_METADATA = "gflowspec"


def param(  # noqa: PLR0913 - a declaration reads better flat
    default: Any = REQUIRED,
    range: Range | None = None,
    *,
    doc: str,
    type: Any = None,
    key: str | None = None,
    choices: tuple[str, ...] = (),
    kind: str | None = None,
    item: Any = None,
    optional: bool = False,
    follows: str | None = None,
    offered_by: str | None = None,
    shorthand: str | None = None,
) -> Any:
    """Declare a setting of a component; ``type`` is inferred from the default where it is plain.

    Type checkers see a default only if it is given by name: ``param(default=1.0, ...)``.
    """
    if type is None:
        if choices:
            type = "choice"
        elif kind is not None and item is None:
            type = "component"
        elif item is not None:
            type = "list"
        else:
            type = default.__class__
    declared = {
        "key": key,
        "type": type,
        "range": range,
        "choices": choices,
        "kind": kind,
        "item": item,
        "optional": optional,
        "follows": follows,
        "offered_by": offered_by,
        "shorthand": shorthand,
        "doc": doc,
    }
    arguments: dict[str, Any] = {"metadata": {_METADATA: declared}}
    if default is not REQUIRED:
        arguments["default"] = default
    if type is float or item is float or type == "time":
        arguments["converter"] = _plain_number
    return attrs.field(**arguments)


def _plain_number(value: Any) -> Any:
    """Settings are exact rationals in a configuration; a component computes with floats."""
    if isinstance(value, tuple | list):
        return tuple(_plain_number(item) for item in value)
    return value if value is None else float(value)


def parameters(of: type) -> tuple[Parameter, ...]:
    """The declared settings of a component or section class, in order."""
    return _parameters(of)


@lru_cache(maxsize=1024)
def _parameters(of: Any) -> tuple[Parameter, ...]:
    found = []
    for field in attrs.fields(of):
        declared = field.metadata.get(_METADATA)
        if declared is None:
            continue
        default = REQUIRED if field.default is attrs.NOTHING else field.default
        key = declared["key"] or field.name
        found.append(Parameter(name=field.name, default=default, **{**declared, "key": key}))
    return tuple(found)


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(param, attrs.field)
)
def component(kind: str, name: str) -> Callable[[type[T]], type[T]]:
    """Make a class a component: frozen attrs, with its ``kind`` and its ``name`` in ``.gfs``."""

    def decorate(cls: type[T]) -> type[T]:
        written = issubclass(cls, Frozen)  # equality and repr are, by all bases in this package
        made = attrs.frozen(kw_only=True, slots=False, eq=not written, repr=not written)(cls)
        made.component_kind = kind  # type: ignore[attr-defined]
        made.component_name = name  # type: ignore[attr-defined]
        return made

    return decorate


@attrs.frozen(eq=False, repr=False)
class Vocabulary(Frozen):
    """All components, by kind and name, and the classes of the sections of an experiment.

    ``sections`` maps the path of a section (``""`` for the experiment's own level, ``policy``,
    ``train``, ``evaluate``, ``track``, ``compile``) to its class.
    """

    components: Mapping[str, Mapping[str, type]]
    sections: Mapping[str, type]

    @classmethod
    def of(cls, components: Iterable[type], sections: Mapping[str, type]) -> Vocabulary:
        """Collect decorated classes; a name declared twice within a kind is a bug."""
        table: dict[str, dict[str, type]] = {kind: {} for kind in KINDS}
        for item in components:
            names = table[item.component_kind]  # type: ignore[attr-defined]
            name = item.component_name  # type: ignore[attr-defined]
            if name in names:
                message = f"two components are called {name!r}"
                raise ValueError(message)
            names[name] = item
        return cls(table, dict(sections))

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of a kind, in alphabetical order."""
        return tuple(sorted(self.components.get(kind, {})))

    def find(self, kind: str, name: str) -> type | None:
        """The class, or None."""
        return self.components.get(kind, {}).get(name)

    def build(self, call: ComponentCall) -> Any:
        """An instance with the resolved arguments of ``call``; nested calls are built too."""
        cls = self.components[call.kind][call.name]
        attribute = {item.key: item.name for item in parameters(cls)}
        return cls(**{attribute[key]: self._value(value) for key, value in call.arguments.items()})

    def _value(self, value: Any) -> Any:
        if isinstance(value, ComponentCall):
            return self.build(value)
        if isinstance(value, tuple):
            return tuple(self._value(item) for item in value)
        return value


@attrs.frozen(eq=False, repr=False)
class ComponentCall(Frozen):
    """A resolved constructor: every argument has a value, defaults included, by key."""

    kind: str
    name: str
    arguments: Mapping[str, Any]


def call_of(component: Any) -> ComponentCall:
    """The call that builds ``component``: the inverse of ``Vocabulary.build``."""
    declared = parameters(type(component))
    arguments = {item.key: _plain(getattr(component, item.name)) for item in declared}
    return ComponentCall(component.component_kind, component.component_name, arguments)


def _plain(value: Any) -> Any:
    if hasattr(value, "component_kind"):
        return call_of(value)
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    return value
