"""The settings of an experiment while its layers are applied, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.frozen import Frozen
from gflowspec.core.schema import Parameter, Vocabulary, parameters
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.messages import settings as messages
from gflowspec.lang.settings.entries import COMMAND_LINE, Assignment
from gflowspec.lang.settings.homes import homes
from gflowspec.lang.settings.targets import Target
from gflowspec.lang.settings.values import INVALID, Constructor, Reader


@attrs.frozen(eq=False, repr=False)
class Given(Frozen):
    """A value that a layer gives to a path; a component stands there as its ``Constructor``."""

    value: Any
    source: str
    span: Span
    layer: int
    module: str


@attrs.frozen(eq=False, repr=False)
class Place(Frozen):
    """What a path means: a parameter of a section or of the component in force."""

    path: str
    parameter: Parameter
    owner: type
    what: str
    #: The rest of the path, for a parameter that is a map.
    key: str | None = None


@attrs.define
class Book:
    """What is set so far, by path."""

    vocabulary: Vocabulary
    reader: Reader
    bag: DiagnosticBag
    #: The calls of ``environment`` and ``reward``, whose parameters are set by path too.
    targets: Mapping[str, Target] = attrs.field(factory=dict)
    given: dict[str, Given] = attrs.field(factory=dict)
    #: Paths that were set, and by which layer, for GFS113.
    _seen: dict[tuple[int, str], Span] = attrs.field(factory=dict)

    def assign(self, item: Assignment, layer: int, *, once: bool) -> None:
        """Apply one assignment; ``once`` forbids a second one in the same layer."""
        place = self.place(item.path)
        if place is None:
            return
        if once and not item.append:
            first = self._seen.setdefault((layer, place.path), item.span)
            if first is not item.span:
                self.bag.add(messages.set_twice(item.span, place.path, first))
                return
        if place.key is not None:
            self._set_key(place, item, layer)
        elif item.append:
            self._append(place, item, layer)
        else:
            self._set(place, item, layer, once=once)

    # ---- setting ----------------------------------------------------------------------------

    def _set(self, place: Place, item: Assignment, layer: int, *, once: bool) -> None:
        value = self.reader.read(place.parameter, item.value, place.path, item.module)
        if value is not None and not self._agrees(place, item, layer):
            return
        for path in [p for p in self.given if p.startswith(f"{place.path}.")]:
            del self.given[path]
        if value is INVALID:
            self.given[place.path] = Given(INVALID, item.source, item.value.span, layer, "")
            return
        self.given[place.path] = Given(value, item.source, item.value.span, layer, item.module)
        if isinstance(value, Constructor):
            self._arguments(place, value, item, layer, once=once)

    def _agrees(self, place: Place, item: Assignment, layer: int) -> bool:
        """Settle settings that exclude each other: a higher layer replaces a lower one."""
        for pair in getattr(place.owner, "exclusive", ()):
            if place.parameter.key not in pair:
                continue
            prefix = place.path.removesuffix(place.parameter.key)
            for key in pair:
                other = self.given.get(prefix + key)
                if key == place.parameter.key or other is None:
                    continue
                if other.layer == layer:
                    self.bag.add(
                        messages.exclusive(item.span, place.path, prefix + key, other.span)
                    )
                    return False
                del self.given[prefix + key]
        return True

    def _arguments(
        self, place: Place, call: Constructor, item: Assignment, layer: int, *, once: bool
    ) -> None:
        cls = self.vocabulary.components[place.parameter.kind or ""][call.name]
        declared = parameters(cls)
        for position, argument in enumerate(call.arguments):
            name = self._argument_name(place, call, declared, position, argument)
            if name is None:
                continue
            path = (*_names(place.path, name.span), name)
            source = item.source if item.source == COMMAND_LINE else str(argument.span)
            inner = Assignment(path, argument.value, False, source, item.module)
            self.assign(inner, layer, once=once)

    def _argument_name(
        self,
        place: Place,
        call: Constructor,
        declared: tuple[Parameter, ...],
        position: int,
        argument: ast.Argument,
    ) -> ast.Name | None:
        kind = place.parameter.kind or ""
        what = f"{messages.kind_word(kind)} `{call.name}`"
        if argument.name is None:
            if position >= len(declared):
                wanted = f"at most {len(declared)} arguments for `{call.name}`"
                self.bag.add(messages.wrong_value(argument.span, place.path, wanted))
                return None
            return ast.Name(text=declared[position].key, span=argument.span)
        name = argument.name
        if any(item.key == name.text for item in declared):
            return name
        owners = self.owners(kind, name.text)
        if owners:
            self.bag.add(messages.no_effect(name.span, name.text, what, owners))
        else:
            known = [item.key for item in declared]
            self.bag.add(messages.unknown_setting(name.span, name.text, what, known))
        return None

    def owners(self, kind: str, key: str) -> tuple[str, ...]:
        """Components of a kind that have a setting of this name."""
        classes = self.vocabulary.components.get(kind, {})
        return tuple(n for n, c in classes.items() if any(p.key == key for p in parameters(c)))

    def _append(self, place: Place, item: Assignment, layer: int) -> None:
        if place.parameter.type != "list":
            self.bag.add(messages.not_a_list(item.span, place.path))
            return
        value = self.reader.read(place.parameter, item.value, place.path, item.module)
        if value is INVALID:
            return
        before = self.given.get(place.path)
        old: tuple[Any, ...] = ()
        if before is not None and before.value is not INVALID:
            old = before.value
        elif before is None and place.parameter.item != "component":
            old = place.parameter.default or ()
        self.given[place.path] = Given(
            (*old, *value), item.source, item.value.span, layer, item.module
        )

    def _set_key(self, place: Place, item: Assignment, layer: int) -> None:
        inner = attrs.evolve(place.parameter, type=str)
        path = f"{place.path}"
        value = self.reader.read(inner, item.value, path, item.module)
        if value is not INVALID:
            self.given[path] = Given(value, item.source, item.value.span, layer, item.module)

    # ---- finding ----------------------------------------------------------------------------

    def place(self, path: tuple[ast.Name, ...]) -> Place | None:
        """What a path means; reported (GFS111) if it means nothing."""
        section, rest = split_path(path, self.vocabulary)
        cls = self.vocabulary.sections[section]
        what = f"section `{section}`" if section else "an experiment"
        prefix = section
        while True:
            if not rest:
                wanted = f"settings: it is a section, written `{section} {{ ... }}`"
                self.bag.add(messages.wrong_value(path[-1].span, section, wanted))
                return None
            name, rest = rest[0], rest[1:]
            found = next((p for p in parameters(cls) if p.key == name.text), None)
            if found is None:
                self._unknown(name, cls, what, prefix)
                return None
            prefix = f"{prefix}.{name.text}" if prefix else name.text
            if not rest:
                return Place(prefix, found, cls, what)
            if found.type == "map":
                key = ".".join(part.text for part in rest)
                return Place(f"{prefix}.{key}", found, cls, what, key)
            inner = self.in_force(prefix, found)
            if inner is None:
                if found.type != "component" or prefix not in self.given:
                    known: tuple[str, ...] = ()
                    owner = f"`{prefix}`"
                    self.bag.add(messages.unknown_setting(rest[0].span, rest[0].text, owner, known))
                return None
            word = messages.kind_word(found.kind or "")
            cls, what = inner, f"{word} `{inner.component_name}`"  # type: ignore[attr-defined]

    def in_force(self, path: str, parameter: Parameter) -> type | None:
        """The class of the component at a path, a default one included."""
        if parameter.type != "component":
            return None
        given = self.given.get(path)
        if given is None:
            default = self.default(parameter)
            return type(default) if hasattr(default, "component_name") else None
        if isinstance(given.value, Constructor):
            return self.vocabulary.find(parameter.kind or "", given.value.name)
        return None

    def default(self, parameter: Parameter) -> Any:
        """The default of a component: its own, or what the component that offers one offers."""
        given = self.given.get(parameter.offered_by or "")
        if given is None or not isinstance(given.value, Constructor):
            return parameter.default
        # A path of one word: the key of a component on the level of the experiment is its kind.
        offering = self.vocabulary.find(parameter.offered_by or "", given.value.name)
        offered = getattr(offering, "offers", {})
        return offered.get(parameter.kind, parameter.default)

    def _unknown(self, name: ast.Name, cls: type, what: str, prefix: str) -> None:
        found = homes(self, name.text)
        if found:
            here = _relative(found, prefix) if found[0] not in self.given else None
            self.bag.add(messages.misplaced_setting(name.span, name.text, what, found, here))
            return
        known = [item.key for item in parameters(cls)]
        if not prefix:
            sections = {path.split(".")[0] for path in self.vocabulary.sections if path}
            known += ["environment", "reward", *sorted(sections)]
        self.bag.add(messages.unknown_setting(name.span, name.text, what, known))


def _relative(found: tuple[str, ...], prefix: str) -> str | None:
    """The only path, as it is written below ``prefix``; None if it does not stand there."""
    inside = f"{prefix}." if prefix else ""
    if len(found) > 1 or not found[0].startswith(inside):
        return None
    return found[0].removeprefix(inside)


def split_path(
    path: tuple[ast.Name, ...], vocabulary: Vocabulary
) -> tuple[str, tuple[ast.Name, ...]]:
    """The longest prefix of a path that is a section, and the rest."""
    for length in range(len(path), 0, -1):
        text = ".".join(part.text for part in path[:length])
        if text in vocabulary.sections and text != "evaluate.every":
            return text, path[length:]
    return "", path


def _names(path: str, span: Span) -> Iterable[ast.Name]:
    return tuple(ast.Name(text=part, span=span) for part in path.split("."))
