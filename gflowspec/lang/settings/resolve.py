"""All settings of an experiment: layers applied, defaults filled, every value with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from gflowspec.core.diagnostics import Diagnostic, DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import (
    REQUIRED,
    ComponentCall,
    Parameter,
    Range,
    Vocabulary,
    call_of,
    param,
    parameters,
)
from gflowspec.ir.config import MetricSchedule, Setting
from gflowspec.lang import ast
from gflowspec.lang.messages import settings as messages
from gflowspec.lang.settings.book import Book, Given
from gflowspec.lang.settings.entries import Assignment, EveryBlock, layers_of
from gflowspec.lang.settings.targets import KINDS, Target
from gflowspec.lang.settings.values import INVALID, Constants, Constructor, Reader
from gflowspec.lang.symbols import Tables


@attrs.frozen(eq=False, repr=False)
class Resolved(Frozen):
    """An experiment whose settings all have values.

    Attributes:
        experiment: Its declaration.
        environment: What ``environment`` is set to.
        reward: What ``reward`` is set to.
        sections: Values by section path and key; components are ComponentCalls.
        evaluate: Metric schedules, ``evaluate.final`` last.
        settings: All settings by path, those of environment and reward left out.
        complete: Whether nothing was reported.
    """

    experiment: ast.Experiment
    environment: Target
    reward: Target
    sections: Mapping[str, Mapping[str, Any]]
    evaluate: tuple[MetricSchedule, ...]
    settings: Mapping[str, Setting]
    complete: bool


def resolve_settings(
    experiment: ast.Experiment,
    module: str,
    overrides: Iterable[ast.Override],
    tables: Tables,
    vocabulary: Vocabulary,
    constants: Constants,
    point: tuple[Assignment | EveryBlock, ...] = (),
) -> tuple[Resolved, tuple[Diagnostic, ...]]:
    """Resolve an experiment against the vocabulary.

    Args:
        experiment: The declaration.
        module: Its file.
        overrides: Settings of the command line; the last one wins.
        tables: Names of all files.
        vocabulary: Components and sections.
        constants: Evaluates constant expressions.
        point: What a sweep sets.
    """
    bag = DiagnosticBag()
    layers, whole = layers_of(experiment, module, overrides, tables, bag, point)
    targets = {name: Target(kind) for name, kind in KINDS.items()}
    book = Book(vocabulary, Reader(vocabulary, constants, bag), bag, targets)
    schedules: dict[int, tuple[EveryBlock, int]] = {}
    for number, layer in enumerate(layers):
        once = not layer.from_command_line
        for item in layer.entries:
            if isinstance(item, EveryBlock):
                _schedule(item, number, schedules, book)
            elif item.path[0].text in targets:
                targets[item.path[0].text].assign(item, number, tables, bag, once=once)
            else:
                book.assign(item, number, once=once)
    values = _Values(book, experiment)
    for name, target in targets.items():
        if target.symbol is None and not target.reported:
            known = tables.of(module).names(KINDS[name])
            bag.add(messages.missing(experiment.name.span, name, experiment.name.text, known))
    sections = {
        path: values.section(path, cls)
        for path, cls in vocabulary.sections.items()
        if path != "evaluate.every"
    }
    evaluate = tuple(
        values.schedule(every, block) for every, (block, _) in sorted(schedules.items())
    )
    final = sections.get("evaluate", {}).get("final") or ()
    if final:
        evaluate = (*evaluate, MetricSchedule(0, final))
    resolved = Resolved(
        experiment=experiment,
        environment=targets["environment"],
        reward=targets["reward"],
        sections=sections,
        evaluate=evaluate,
        settings=values.settings,
        complete=whole and not bag.has_errors,
    )
    # What is missing may stand in the base that could not be read.
    found = (item for item in bag.sorted() if whole or item.code != "GFS112")
    return resolved, tuple(found)


def _schedule(
    item: EveryBlock, layer: int, schedules: dict[int, tuple[EveryBlock, int]], book: Book
) -> None:
    """An ``every N`` block replaces the one with the same N of a lower layer."""
    found = book.reader.read(_INTERVAL, item.interval, "every", item.module)
    if found is INVALID:
        return
    before = schedules.get(found)
    if before is not None and before[1] == layer:
        book.bag.add(messages.set_twice(item.span, f"every {found}", before[0].span))
        return
    schedules[found] = (item, layer)


_INTERVAL = Parameter("every", "every", int, REQUIRED, Range(1))


@attrs.define
class _Values:
    """Final values, computed from what was given and from defaults."""

    book: Book
    experiment: ast.Experiment
    settings: dict[str, Setting] = attrs.field(factory=dict)

    def section(self, path: str, cls: type) -> Mapping[str, Any]:
        """The values of a section by key."""
        silent = self._replaced(path, cls)
        found = {}
        for parameter in parameters(cls):
            place = f"{path}.{parameter.key}" if path else parameter.key
            default = None if parameter.key in silent else parameter.default
            found[parameter.key] = self.value(place, parameter, default)
        return found

    def _replaced(self, path: str, cls: type) -> frozenset[str]:
        """Settings whose default gives way because one that excludes them is given."""
        prefix = f"{path}." if path else ""
        pairs = getattr(cls, "exclusive", ())
        return frozenset(
            key
            for pair in pairs
            for key in pair
            if prefix + key not in self.book.given
            and any(
                prefix + other in self.book.given
                and self.book.given[prefix + other].value is not None
                for other in pair
            )
        )

    def value(self, path: str, parameter: Parameter, default: Any) -> Any:
        """The value at a path; ``default`` is that of the class or of a default instance."""
        given = self.book.given.get(path)
        if parameter.type == "component":
            if parameter.offered_by is not None:
                default = self.book.default(parameter)
            return self._component(path, parameter, given, default)
        if parameter.type == "map":
            return self._map(path)
        if given is not None:
            value = given.value
            if value is not INVALID and parameter.item == "component":
                value = self._calls(parameter, value, given)
            return self._keep(path, value, given)
        if default is REQUIRED or parameter.follows is not None:
            return self._followed(path, parameter, default)
        if parameter.item == "component":
            default = tuple(call_of(item) for item in default or ())
        return self._keep(path, default, None)

    def _followed(self, path: str, parameter: Parameter, default: Any) -> Any:
        """The value of the setting that this one follows, else its default."""
        if parameter.follows is not None:
            leader = self.book.given.get(parameter.follows)
            if leader is not None:
                return self._keep(path, leader.value, None)
            value = self._default_at(parameter.follows)
            if value is not None:
                return self._keep(path, value, None)
        if default is not REQUIRED:
            return self._keep(path, default, None)
        if parameter.follows is not None and self._refused(parameter.follows):
            return INVALID
        name = self.experiment.name
        self.book.bag.add(messages.missing(name.span, path, name.text, ()))
        return INVALID

    def _refused(self, path: str) -> bool:
        """Whether a component that a path leads through was reported."""
        given = self.book.given.items()
        return any(item.value is INVALID for place, item in given if path.startswith(f"{place}."))

    def _default_at(self, path: str) -> Any:
        """The default value of a plain setting; None if the component in force has none."""
        quiet = attrs.evolve(self.book, bag=DiagnosticBag())
        names = [ast.Name(text=part, span=self.experiment.span) for part in path.split(".")]
        place = quiet.place(tuple(names))
        if place is None:
            return None
        parent = path.rpartition(".")[0]
        holder = None if parent in self.book.given else quiet.place(tuple(names[:-1]))
        default = place.parameter.default
        if holder is not None and isinstance(holder.parameter.default, place.owner):
            default = getattr(holder.parameter.default, place.parameter.name)
        return None if default is REQUIRED else default

    def _component(
        self, path: str, parameter: Parameter, given: Given | None, default: Any
    ) -> ComponentCall | None:
        if given is not None and given.value is INVALID:
            return None
        if given is None and default is REQUIRED:
            name = self.experiment.name
            known = self.book.vocabulary.names(parameter.kind or "")
            self.book.bag.add(messages.missing(name.span, path, name.text, known))
            return None
        if (given is not None and given.value is None) or (given is None and default is None):
            self._keep(path, None, given)
            return None
        kind = parameter.kind or ""
        if given is not None:
            assert isinstance(given.value, Constructor)
            name_, instance = given.value.name, None
        else:
            name_, instance = default.component_name, default
        self._keep(path, name_, given)
        cls = self.book.vocabulary.find(kind, name_)
        declared = parameters(cls) if cls is not None else parameters(type(instance))
        arguments = {}
        for item in declared:
            fallback = item.default if instance is None else getattr(instance, item.name)
            arguments[item.key] = self.value(f"{path}.{item.key}", item, fallback)
        return ComponentCall(kind, name_, arguments)

    def _map(self, path: str) -> Mapping[str, str] | None:
        found = {
            key.removeprefix(f"{path}."): given
            for key, given in self.book.given.items()
            if key.startswith(f"{path}.") and given.value is not INVALID
        }
        for key, given in found.items():
            self._keep(f"{path}.{key}", given.value, given)
        return {key: given.value for key, given in found.items()} or None

    def _calls(
        self, parameter: Parameter, nodes: Iterable[ast.Expr], given: Given
    ) -> tuple[ComponentCall, ...]:
        """Components of a list: each is resolved on its own."""
        kind = parameter.kind or ""
        holder = attrs.make_class("Holder", {kind: param(kind=kind, doc="")}, frozen=True)
        vocabulary = attrs.evolve(self.book.vocabulary, sections={"": holder})
        found = []
        for node in nodes:
            book = Book(vocabulary, self.book.reader, self.book.bag)
            path = (ast.Name(text=kind, span=node.span),)
            book.assign(Assignment(path, node, False, given.source, given.module), 0, once=True)
            call = _Values(book, self.experiment).section("", holder)[kind]
            if call is not None:
                found.append(call)
        return tuple(found)

    def _keep(self, path: str, value: Any, given: Given | None) -> Any:
        source = "default" if given is None else given.source
        span = None if given is None else given.span
        plain = value.name if isinstance(value, Constructor) else _plain(value)
        self.settings[path] = Setting(path, plain, source, span)
        return value

    def schedule(self, every: int, block: EveryBlock) -> MetricSchedule:
        """An ``every N`` block."""
        cls = self.book.vocabulary.sections["evaluate.every"]
        vocabulary = attrs.evolve(self.book.vocabulary, sections={"": cls})
        inner = Book(vocabulary, self.book.reader, self.book.bag)
        for item in block.assignments:
            inner.assign(attrs.evolve(item, append=False), 0, once=True)
        values = _Values(inner, self.experiment)
        metrics = values.section("", cls).get("metrics") or ()
        given = inner.given.get("metrics")
        span = block.span if given is None else given.span
        path = f"evaluate.every.{every}"
        self.settings[path] = Setting(path, _plain(metrics), block.source, span)
        return MetricSchedule(every, metrics)


def _plain(value: Any) -> Any:
    """A value as it is tracked and shown: components by name, with arguments in lists."""
    if isinstance(value, ComponentCall):
        inside = ", ".join(f"{key} = {_shown(item)}" for key, item in value.arguments.items())
        return f"{value.name}({inside})"
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return None if value is INVALID else value


def _shown(value: Any) -> str:
    plain = _plain(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return "none" if plain is None else str(plain)
