"""``gflowspec explain``: pages about diagnostics, settings, actions, types and functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import verb
from gflowspec.cli.output import Output
from gflowspec.cli.settings_text import default_text, summary, type_text
from gflowspec.cli.usage import unknown_word, usage
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.core.schema import Parameter, Vocabulary

#: Pages about types; language.md 5 says more.
TYPES = {
    "int": "int[a..b]: integers from a to b, both included; int[a..] and int for parameters only.",
    "bool": "true or false; indicator(c) makes 1 or 0 of it. A state variable starts false.",
    "real": "real, real[a..], real(a..), real[a..b]: exact fractions, or floats. Not in a state.",
    "enum": "enum Colour { red, green }: named values in the order of their declaration.",
    "slot": "T?: `empty`, or a value of T. Filled by `:=`. Starts empty.",
    "set": "set[a..b] of T: a to b different values. `S.add(v)`, `v in S`, `len(S)`; starts empty.",
    "seq": "seq[a..b] of T: a to b values. `s.append(v)`, `s.prepend(v)`, `s.insert(p, v)`.",
    "digraph": (
        "digraph { nodes[d..d] edges }: nodes 0..d - 1 with at most one edge each way. "
        "`G.add_edge(u, v)`, `edge(G, u, v)`, `parents(G, v)`, `reaches(G, u, v)`."
    ),
    "array": "array[n] of T, array[n, m] of T: a fixed number of values, indices from 0.",
    "string": "Text of messages and names; never in a state.",
}


@attrs.frozen(kw_only=True)
class Page:
    """What is known about a topic."""

    topic: str
    kind: str
    title: str
    text: str
    data: dict[str, Any] = attrs.field(factory=dict)


@click.command("explain")
@click.argument("topic")
@verb
def explain(output: Output, topic: str) -> Answer:
    """Explain a code (GFS302), a setting (train.batch, objective.subtb), an action or a type.

    An action is named as file.gfs:Environment.action.
    """
    page = find(topic)
    payload = attrs.asdict(page)
    return Answer(payload=payload, text=f"{page.title}\n\n{page.text}".rstrip())


def find(topic: str) -> Page:
    """The page of a topic.

    Raises:
        UsageError: There is none (GFS600); near ones are suggested.
    """
    if re.fullmatch(r"(?i)gfs\d+", topic):
        return _diagnostic(topic.upper())
    if ".gfs" in topic:
        return _action(topic)
    if topic in TYPES:
        return Page(topic=topic, kind="type", title=f"type `{topic}`", text=TYPES[topic])
    return _setting(topic) or _function(topic)


def _diagnostic(code: str) -> Page:
    from gflowspec.core.codes import CODES
    from gflowspec.core.codes import explain as page_of

    if code not in CODES:
        raise UsageError(usage("GFS600", f"there is no code {code}", helps=["see docs/codes.md"]))
    entry = CODES[code]
    title, _, text = page_of(entry).partition("\n\n")
    data = {"severity": entry.severity.value, "wrong": entry.wrong, "right": entry.right}
    return Page(topic=code, kind="diagnostic", title=title, text=text, data=data)


def _setting(topic: str) -> Page | None:
    from gflowspec.components.discover import vocabulary

    words = vocabulary()
    classes = dict(_classes(words))
    if topic in classes:
        return _component(topic, classes[topic])
    owner, _, key = topic.rpartition(".")
    for name in (owner, f"section {owner}"):
        if name in classes:
            for item in _parameters(classes[name]):
                if item.key == key:
                    return _parameter(topic, item)
    return None


def _classes(words: Vocabulary) -> Iterator[tuple[str, type]]:
    """Components by ``kind.name`` and by name alone, sections by path."""
    for kind, named in words.components.items():
        for name, cls in named.items():
            yield name, cls
            yield f"{kind}.{name}", cls
            yield f"policy.{kind}.{name}", cls
    for path, cls in words.sections.items():
        yield (path or "experiment"), cls
        yield f"section {path}", cls


def _parameters(cls: type) -> tuple[Parameter, ...]:
    from gflowspec.core.schema import parameters

    return parameters(cls)


def _component(topic: str, cls: type) -> Page:
    found = _parameters(cls)
    rows = [
        f"  {item.key}: {type_text(item)} = {default_text(item)}\n      {item.doc}"
        for item in found
    ]
    text = summary(cls) + ("\n\n" + "\n".join(rows) if rows else "")
    data = {
        "type": "constructor",
        "default": None,
        "range": None,
        "settings": [p.key for p in found],
    }
    return Page(topic=topic, kind="setting", title=f"`{topic}`", text=text, data=data)


def _parameter(topic: str, item: Parameter) -> Page:
    text = f"{item.doc}\n\ntype     {type_text(item)}\ndefault  {default_text(item)}"
    data = {
        "type": type_text(item),
        "default": default_text(item),
        "range": None if item.range is None else str(item.range),
    }
    return Page(topic=topic, kind="setting", title=f"setting `{topic}`", text=text, data=data)


def _function(topic: str) -> Page:
    from gflowspec.cli.functions import FUNCTIONS

    if topic in FUNCTIONS:
        text = FUNCTIONS[topic]
        return Page(topic=topic, kind="function", title=f"function `{topic}`", text=text)
    raise UsageError(unknown_word("topic", topic, [*_topics(), *FUNCTIONS, *TYPES]))


def _topics() -> Iterator[str]:
    from gflowspec.components.discover import vocabulary

    words = vocabulary()
    for path, cls in words.sections.items():
        yield from (f"{path}.{item.key}".lstrip(".") for item in _parameters(cls))
    for kind, named in words.components.items():
        yield from (f"{kind}.{name}" for name in named)


def _action(topic: str) -> Page:
    """``file.gfs:Environment.action``; the environment may be left out if there is one."""
    from gflowspec.cli.specs import instance
    from gflowspec.compiler.algebra.notation import undo_text
    from gflowspec.compiler.algebra.show import show

    place, _, action = topic.rpartition(".")
    if place.endswith(":") or ":" not in place:
        place = place.rstrip(":")
    derived = instance(place, ()).checked.derived
    for item in derived.actions:
        if item.action.name == action:
            of = derived.environment
            data = {
                "forward_mask": show(item.forward_mask),
                "backward_mask": show(item.backward_mask),
                "inverse": [undo_text(of, store) for store in item.undo],
                "binders": [binder.name for binder in item.action.binders],
                "addresses": [binder.name for binder in item.addresses],
                "payloads": [payload.binder.name for payload in item.payloads],
                "simplified": item.simplified,
                "blocked_by": item.blocked_by,
            }
            return Page(
                topic=topic,
                kind="action",
                title=f"action `{action}` of `{derived.environment.name}`",
                text=_action_text(item.action.doc, data),
                data=data,
            )
    known = [item.action.name for item in derived.actions]
    raise UsageError(unknown_word("action", action, known))


def _action_text(doc: str, data: dict[str, Any]) -> str:
    lines = [doc, ""] if doc else []
    lines.append(f"legal forwards   {data['forward_mask']}")
    lines.append(f"legal backwards  {data['backward_mask']}")
    lines += [f"undone by        {text}" for text in data["inverse"]]
    lines.append(f"addresses        {', '.join(data['addresses']) or 'none'}")
    lines.append(f"payloads         {', '.join(data['payloads']) or 'none'}")
    if data["blocked_by"]:
        lines.append(f"not simplified   because of {data['blocked_by']}")
    return "\n".join(lines)
