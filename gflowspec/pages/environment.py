"""The reference page of an environment: what it declares, what is derived, what is proved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from textwrap import dedent

import attrs

from gflowspec.compiler.algebra.notation import undo_text
from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import TRUE
from gflowspec.compiler.front import Checked
from gflowspec.compiler.report import OBLIGATIONS
from gflowspec.core.errors import TooManyStates
from gflowspec.core.source import Span
from gflowspec.core.types import ArrayType, describe
from gflowspec.core.values import text
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.environment import Environment, StateVariable
from gflowspec.ir.hashes import environment_hash
from gflowspec.lang import ast
from gflowspec.pages import html
from gflowspec.pages.pictures import instance_text, state_graph_picture

#: Longer integers are shown by their size.
_MOST_DIGITS = 24


@attrs.frozen(kw_only=True)
class Subject:
    """What a page is about.

    Attributes:
        node: The declaration.
        checked: It at its defaults, proved.
        rewards: Declarations of the rewards for it, in order.
        experiments: Names of the experiments that train on it.
    """

    node: ast.Environment
    checked: Checked
    rewards: tuple[ast.Reward, ...] = ()
    experiments: tuple[str, ...] = ()

    @property
    def environment(self) -> Environment:
        """The instance at its defaults."""
        return self.checked.instance.environment


def environment_page(subject: Subject, *, back: str = "") -> str:
    """The page; nothing outside it is needed to read it."""
    name = subject.node.name.text
    return html.page(name, _sections(subject), back=back)


def summary_of(subject: Subject) -> str:
    """The first paragraph of the documentation, as HTML."""
    return html.inline(subject.node.doc.strip().partition("\n\n")[0].replace("\n", " "))


def place_of(path: str) -> str:
    """A file as it is shown: below the working directory, else by its name alone."""
    place = Path(path)
    here = Path.cwd()
    if place.is_absolute():
        return str(place.relative_to(here)) if place.is_relative_to(here) else place.name
    return str(place)


def _sections(subject: Subject) -> Iterator[str]:
    node = subject.node
    yield f"<h1>{escape(node.name.text)}</h1>"
    file = escape(place_of(node.span.file.name))
    yield f'<p class="lead">environment, declared in <code>{file}</code></p>'
    yield html.prose(node.doc)
    yield from _parameters(node.params, "Parameters", 2)
    yield from _state(subject)
    yield from _actions(subject)
    yield from _ends(subject)
    yield from _obligations(subject)
    yield from _sizes(subject)
    yield from _picture(subject)
    yield from _rewards(subject)
    if subject.experiments:
        yield "<h2>Experiments</h2>"
        yield f"<p>{', '.join(html.code(name) for name in subject.experiments)}</p>"
    yield "<h2>Specification</h2>"
    yield html.source(_text(node.span))
    yield f"<footer>{escape(environment_hash(subject.environment))}</footer>"


def _text(span: Span) -> str:
    """A declaration as it is written, without the margin of its file."""
    start = span.file.text.rfind("\n", 0, span.start) + 1
    return dedent(span.file.text[start : span.end])


def _parameters(params: Sequence[ast.ParamDecl], title: str, level: int) -> Iterator[str]:
    if not params:
        return
    yield f"<h{level}>{title}</h{level}>"
    rows = [
        [
            html.code(item.name.text),
            html.code(_line(item.type.span)),
            "" if item.default is None else html.code(_line(item.default.span)),
            html.inline(item.doc),
        ]
        for item in params
    ]
    yield html.table(["name", "type", "default", ""], rows)


def _line(span: Span) -> str:
    return " ".join(span.text.split())


# ---- what is declared and derived ----------------------------------------------------------------


def _state(subject: Subject) -> Iterator[str]:
    environment = subject.environment
    written = {
        item.name.text: item
        for member in subject.node.members
        if isinstance(member, ast.State)
        for item in member.variables
    }
    yield "<h2>State</h2>"
    rows = []
    for variable in environment.state:
        item = written[variable.name]
        declared, here = _line(item.type.span), describe(variable.view.declared)
        shown = html.code(declared)
        if declared != here:
            shown += f"<br>here {html.code(here)}"
        rows.append(
            [html.code(variable.name), shown, _initial(variable), html.inline(variable.doc)]
        )
    yield html.table(["variable", "type", "initially", ""], rows)
    if environment.parameters:
        yield f"<p>Here and below: {html.code(instance_text(environment))}.</p>"


def _initial(variable: StateVariable) -> str:
    """The initial value; that of an array with equal elements once."""
    declared, value = variable.view.declared, variable.initial
    if isinstance(declared, ArrayType) and declared.size > 1 and len(set(value)) == 1:
        return f"{html.code(text(value[0], declared.element))} everywhere"
    return html.code(variable.view.text(value))


def _actions(subject: Subject) -> Iterator[str]:
    written = {
        item.name.text: item for item in subject.node.members if isinstance(item, ast.Action)
    }
    yield "<h2>Actions</h2>"
    for item in subject.checked.derived.actions:
        yield from _action(subject.environment, item, written[item.action.name])


def _action(of: Environment, item: DerivedAction, node: ast.Action) -> Iterator[str]:
    binders = ", ".join(binder.name for binder in item.action.binders)
    name = escape(item.action.name)
    yield f'<h3 id="{name}"><code>{name}({escape(binders)})</code></h3>'
    yield html.prose(node.doc)
    yield html.source(_text(node.span))
    undone = "<br>".join(html.code(undo_text(of, store)) for store in item.undo)
    pairs = [
        ("legal forwards", html.code(show(item.forward_mask))),
        ("legal backwards", html.code(show(item.backward_mask))),
        ("undone by", undone),
    ]
    if item.addresses:
        names = ", ".join(html.code(binder.name) for binder in item.addresses)
        pairs.append(("a backward action names", names))
    if item.payloads:
        read = ", ".join(
            f"{html.code(payload.binder.name)} = {html.code(show(payload.value))}"
            for payload in item.payloads
        )
        pairs.append(("and reads off the child", read))
    if item.blocked_by:
        pairs.append(("not simpler because of", html.inline(item.blocked_by)))
    yield html.definitions(pairs)


def _ends(subject: Subject) -> Iterator[str]:
    environment, derived = subject.environment, subject.checked.derived
    pairs = []
    if environment.stop is not None:
        mask = derived.stop_mask
        when = "in every state"
        if mask is not None and mask != TRUE:
            when = f"when {html.code(show(mask))}"
        pairs.append(("a trajectory may stop", when))
    if environment.terminal is not None:
        when = html.code(show(environment.terminal))
        pairs.append(("a trajectory ends", f"as soon as {when}"))
    if environment.object is not None:
        pairs.append(("what is sampled", html.code(show(environment.object))))
    yield "<h2>Ends</h2>"
    yield html.definitions(pairs)
    if environment.invariants:
        yield "<h2>Invariants</h2>"
        shown = (html.code(show(item)) for item in environment.invariants)
        yield "<p>" + "<br>".join(shown) + "</p>"


# ---- what is known -------------------------------------------------------------------------------


def _obligations(subject: Subject) -> Iterator[str]:
    yield "<h2>Proofs</h2>"
    rows = []
    for name, result in subject.checked.report.results.items():
        strength = result.strength.value
        badge = f'<span class="badge {strength}">{strength}</span>'
        rows.append([name, OBLIGATIONS[name], badge, html.inline(result.detail)])
    yield html.table(["", "obligation", "strength", "how"], rows)
    assumptions = subject.environment.assumptions
    if assumptions:
        said = (f"{item.obligation}: {escape(item.reason)}" for item in assumptions)
        yield "<p>Assumed by the author: " + "; ".join(said) + "</p>"


def _sizes(subject: Subject) -> Iterator[str]:
    checked = subject.checked
    counts, sizes = checked.report.counts, checked.derived.sizes
    upper = checked.report.states_upper
    states = _number(counts.states)
    if counts.states is None and upper is not None:
        states = f"at most {_number(upper)}"
    horizon = sizes.horizon if counts.horizon is None else counts.horizon
    rows = [
        ["states", states],
        ["edges", _number(counts.edges)],
        ["states in which a trajectory may end", _number(counts.terminal_states)],
        ["objects", _number(counts.objects)],
        ["parallel edges", _number(counts.parallel_edges)],
        ["longest trajectory", _number(horizon)],
        ["forward actions", _number(sizes.forward_actions)],
        ["backward actions", _number(sizes.backward_actions)],
    ]
    yield "<h2>Size</h2>"
    kept = [row for row in rows if row[1]]
    yield html.table([instance_text(subject.environment), ""], kept, numbers=(1,))


def _number(value: int | None) -> str:
    if value is None:
        return ""
    digits = value.bit_length() * 0.30103
    return f"{value:,}" if digits < _MOST_DIGITS else f"about 10<sup>{round(digits)}</sup>"


def _picture(subject: Subject) -> Iterator[str]:
    """The state graph at the scope; nothing where even that cannot be enumerated."""
    from gflowspec.compiler.graphs import state_graph  # noqa: PLC0415 - networkx is slow to load

    small = subject.checked.small
    try:
        graph = state_graph(small)
    except TooManyStates as error:
        yield "<h2>State graph</h2>"
        yield f"<p>More than {error.limit:,} states: it is not drawn.</p>"
        return
    yield "<h2>State graph</h2>"
    picture = state_graph_picture(small.environment, graph)
    yield f"<figure>{picture}</figure>"


def _rewards(subject: Subject) -> Iterator[str]:
    if not subject.rewards:
        return
    yield "<h2>Rewards</h2>"
    for node in subject.rewards:
        yield f'<h3 id="{escape(node.name.text)}">{html.code(node.name.text)}</h3>'
        yield html.prose(node.doc)
        yield from _parameters(node.params, "", 4)
        yield html.source(_text(node.span))
