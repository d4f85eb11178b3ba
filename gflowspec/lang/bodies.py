"""Names inside declarations: every expression of a file, with the names that are in scope there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.source import Span
from gflowspec.lang import ast
from gflowspec.lang.builtins import FUNCTIONS, LEVEL_TWO, WORDS
from gflowspec.lang.cycles import Edges, let_cycles
from gflowspec.lang.messages import names as messages
from gflowspec.lang.messages.methods import no_method
from gflowspec.lang.scopes import (
    Local,
    Locals,
    child_nodes,
    dotted,
    environment_names,
    environment_node,
    reward_names,
    value_names,
)
from gflowspec.lang.symbols import CALLABLE, VALUES, Kind, Symbol, Tables


def check_bodies(tree: ast.Module, module: str, tables: Tables, bag: DiagnosticBag) -> Edges:
    """Report what is wrong with the names in the bodies of a file.

    Returns:
        Which declarations need each other, for the search for cycles.
    """
    walker = _Walker(module, tables, bag)
    for item in tree.items:
        walker.item(item)
    return walker.edges


@attrs.define
class _Walker:
    module: str
    tables: Tables
    bag: DiagnosticBag
    edges: Edges = attrs.field(factory=dict)
    #: The declaration whose body is being read.
    owner: ast.Node | None = None

    # ---- items ------------------------------------------------------------------------------

    def item(self, item: ast.Item) -> None:  # noqa: C901 - one case an item
        self.owner = item
        match item:
            case ast.Const():
                self.types([item.type] if item.type is not None else [], {})
                self.expression(item.value, {})
            case ast.Param():
                self.parameters([item.declaration], {})
            case ast.TypeAlias():
                self.types([item.type], {})
            case ast.Data():
                self.types([item.type], {})
                self.expression(item.value, {})
            case ast.Function():
                self.function(item)
            case ast.Extern():
                self.parameters(item.params, {})
                self.types([item.result], {})
                self.hides_builtin(item.name)
            case ast.Environment():
                self.environment(item)
            case ast.Reward():
                self.reward(item)
            case ast.EnvironmentAlias():
                self.alias(item.call, Kind.ENVIRONMENT)
            case ast.RewardAlias():
                self.alias(item.call, Kind.REWARD)
            case _:
                pass

    def function(self, item: ast.Function) -> None:
        self.parameters(item.params, {})
        self.types([] if item.result is None else [item.result], {})
        self.hides_builtin(item.name)
        declared = {p.name.text: Local("parameter", p.name.span) for p in item.params}
        self.shadows(declared, {})
        self.expression(item.body, declared)

    def alias(self, call: ast.Apply, kind: Kind) -> None:
        parts = dotted(call.function)
        if parts is not None:
            self.reference(call.function.span, parts, kind)
        for argument in call.arguments:
            self.expression(argument.value, {})

    def environment(self, item: ast.Environment) -> None:
        self.parameters(item.params, {})
        declared = self.unique(environment_names(item), item.name.text)
        self.shadows(declared, {})
        self.members(item.members, declared)
        self.lets(item.members, declared)

    def reward(self, item: ast.Reward) -> None:
        self.parameters(item.params, {})
        own = self.unique(reward_names(item), item.name.text)
        self.shadows(own, {})
        outer = [self.names_of_environment(name) for name in item.environments]
        for names in outer:
            if names is not None:
                self.shadows(own, names)
                self.owner = item
                self.members(item.members, {**names, **own})
        self.lets(item.members, own)

    def names_of_environment(self, name: ast.Dotted) -> Locals | None:
        """What a reward sees of an environment; None if that is not known."""
        parts = tuple(part.text for part in name.parts)
        symbol = self.reference(name.span, parts, Kind.ENVIRONMENT)
        node = None if symbol is None else environment_node(symbol, self.tables)
        return None if node is None else dict(environment_names(node))

    def lets(self, members: Iterable[ast.Member], declared: Locals) -> None:
        lets = [m for m in members if isinstance(m, ast.Let)]
        for let in lets:
            if let.arguments is not None:
                self.hides_builtin(let.name)
        self.bag.extend(let_cycles([m for m in lets if declared[m.name.text].let is m], self.edges))

    def parameters(self, params: Iterable[ast.ParamDecl], names: Locals) -> None:
        for param in params:
            self.types([param.type], names)
            if param.default is not None:
                self.expression(param.default, names)

    # ---- members ----------------------------------------------------------------------------

    def members(self, members: Sequence[ast.Member], names: Locals) -> None:
        for member in members:
            owner = self.owner
            if isinstance(member, ast.Let):
                self.owner = member
                inner = {a.text: Local("argument", a.span) for a in member.arguments or ()}
                self.shadows(inner, names)
                self.expression(member.value, {**names, **inner})
            elif isinstance(member, ast.State):
                self.state(member, names)
            elif isinstance(member, ast.Action):
                self.action(member, names)
            elif isinstance(member, ast.Scope):
                for entry in member.entries:
                    if isinstance(entry, ast.Set):
                        self.expression(entry.value, {})
            elif isinstance(member, ast.Mode):
                self.node(member, {**value_names(members), **names})
            elif not isinstance(member, ast.Symmetry | ast.Assume):
                self.node(member, names)
            self.owner = owner

    def state(self, member: ast.State, names: Locals) -> None:
        for variable in member.variables:
            self.types([variable.type], names)
            if variable.initial is not None:
                self.expression(variable.initial, names)

    def action(self, member: ast.Action, names: Locals) -> None:
        inner = dict(names)
        for binder in member.binders:
            self.expression(binder.domain, inner)
            found = {binder.name.text: Local("binder", binder.name.span)}
            first = inner.get(binder.name.text)
            if first is not None and first.what == "binder":
                where = f"action `{member.name.text}`"
                self.bag.add(
                    messages.duplicate(binder.name.span, binder.name.text, first.span, where)
                )
            else:
                self.shadows(found, names)
            inner.update(found)
        if member.guard is not None:
            self.expression(member.guard, inner)
        for effect in member.effects:
            self.node(effect, inner)

    # ---- expressions ------------------------------------------------------------------------

    def types(self, types: Iterable[ast.TypeExpr], names: Locals) -> None:
        for node in types:
            self.node(node, names)

    def expression(self, node: ast.Expr, names: Locals) -> None:
        self.node(node, names)

    def node(self, node: ast.Node, names: Locals) -> None:
        """Any node: expressions are read, types are looked up, the rest is searched."""
        match node:
            case ast.Var():
                self.value(node, names)
            case ast.Attribute():
                self.attribute(node, names)
            case ast.Apply():
                self.apply(node, names)
            case ast.Generator() | ast.ListComp() | ast.SetComp():
                self.comprehension(node, names)
            case ast.NamedType():
                self.named_type(node)
            case _:
                for child in child_nodes(node):
                    self.node(child, names)

    def comprehension(
        self, node: ast.Generator | ast.ListComp | ast.SetComp, names: Locals
    ) -> None:
        inner = dict(names)
        for clause in node.clauses:
            self.node(clause.domain, inner)
            found = {n.text: Local("loop variable", n.span) for n in clause.names}
            self.shadows(found, inner)
            inner.update(found)
            if clause.condition is not None:
                self.node(clause.condition, inner)
        self.node(node.body, inner)

    def value(self, node: ast.Var, names: Locals) -> None:
        local = names.get(node.name)
        if local is not None:
            self.needs(local.let)
            if local.takes_arguments:
                found = "let with arguments"
                self.bag.add(messages.wrong_kind(node.span, node.name, found, "value"))
            return
        symbol = self.tables.of(self.module).get(node.name)
        if symbol is not None:
            self.use(symbol, node.span, node.name, VALUES, "value")
        elif node.name in FUNCTIONS:
            self.bag.add(messages.wrong_kind(node.span, node.name, "function", "value"))
        elif node.name not in self.tables.of(self.module).broken:
            plain = [n for n, item in names.items() if not item.takes_arguments]
            known = (*plain, *self.tables.of(self.module).names(*VALUES))
            self.bag.add(messages.undefined(node.span, "name", node.name, known))

    def attribute(self, node: ast.Attribute, names: Locals) -> None:
        parts = dotted(node)
        table = self.tables.of(self.module)
        if parts is None or parts[0] in names:
            self.node(node.base, names)
            return
        first = table.get(parts[0])
        if first is None or first.kind is not Kind.MODULE:
            self.node(node.base, names)
            return
        symbol = self.in_module(node, parts)
        if symbol is not None:
            self.use(symbol, node.span, ".".join(parts), VALUES, "value")

    def apply(self, node: ast.Apply, names: Locals) -> None:
        parts = dotted(node.function)
        if parts is None:
            self.node(node.function, names)
        elif parts[0] in names and len(parts) > 1:
            self.method(node.function, names[parts[0]])
        elif len(parts) > 1:
            symbol = self.in_module(node.function, parts)
            if symbol is not None:
                self.use(symbol, node.function.span, ".".join(parts), CALLABLE, "function")
        else:
            self.function_name(node.function.span, parts[0], names)
        for position, argument in enumerate(node.arguments):
            key = position if argument.name is None else argument.name.text
            words = WORDS.get((parts[0] if parts else "", key), ())
            if not (words and self.is_word(argument.value, names)):
                self.node(argument.value, names)

    def method(self, node: ast.Expr, local: Local) -> None:
        """``x.f(...)`` of a value."""
        assert isinstance(node, ast.Attribute)
        name = node.name
        self.bag.add(no_method(name.span, node.base.span.text, name.text, local.what))

    def is_word(self, node: ast.Expr, names: Locals) -> bool:
        """Whether an argument that accepts words is one, right or wrong, and no name."""
        if not isinstance(node, ast.Var):
            return False
        return node.name not in names and self.tables.of(self.module).get(node.name) is None

    def function_name(self, span: Span, name: str, names: Locals) -> None:
        local = names.get(name)
        if local is not None and local.takes_arguments:
            self.needs(local.let)
            return
        symbol = self.tables.of(self.module).get(name)
        if symbol is not None and symbol.kind in CALLABLE:
            self.use(symbol, span, name, CALLABLE, "function")
        elif name in FUNCTIONS or name in LEVEL_TWO:
            return
        elif local is not None:
            self.bag.add(messages.wrong_kind(span, name, local.what, "function"))
        elif symbol is not None:
            self.bag.add(messages.wrong_kind(span, name, symbol.kind.value, "function"))
        elif name not in self.tables.of(self.module).broken:
            called = [n for n, item in names.items() if item.takes_arguments]
            known = (*called, *self.tables.of(self.module).names(*CALLABLE), *FUNCTIONS)
            self.bag.add(messages.undefined(span, "function", name, known))

    def named_type(self, node: ast.NamedType) -> None:
        parts = tuple(part.text for part in node.name.parts)
        symbol = self.tables.find(self.module, parts)
        if symbol is not None:
            self.use(symbol, node.span, node.name.text, {Kind.ENUM, Kind.TYPE}, "type")
        elif parts[0] not in self.tables.of(self.module).broken:
            known = (*self.tables.of(self.module).names(Kind.ENUM, Kind.TYPE), *_PLAIN_TYPES)
            self.bag.add(messages.undefined(node.span, "type", node.name.text, known))

    # ---- looking up -------------------------------------------------------------------------

    def reference(self, span: Span, parts: tuple[str, ...], kind: Kind) -> Symbol | None:
        """The symbol of a dotted name that must have one kind."""
        symbol = self.tables.find(self.module, parts)
        if symbol is not None:
            return self.use(symbol, span, ".".join(parts), {kind}, kind.value)
        if parts[0] not in self.tables.of(self.module).broken:
            known = self.tables.of(self.module).names(kind)
            self.bag.add(messages.undefined(span, kind.value, ".".join(parts), known))
        return None

    def in_module(self, node: ast.Node, parts: tuple[str, ...]) -> Symbol | None:
        """The symbol of ``m.name``; reported if there is none."""
        symbol = self.tables.find(self.module, parts)
        first = self.tables.of(self.module).get(parts[0])
        if symbol is None and parts[0] not in self.tables.of(self.module).broken:
            if first is None:
                known = self.tables.of(self.module).names(Kind.MODULE)
                start = messages.beginning(node.span, parts[0])
                self.bag.add(messages.undefined(start, "module", parts[0], known))
            elif first.kind is not Kind.MODULE:
                method = ".".join(parts[1:])
                self.bag.add(no_method(node.span, parts[0], method, first.kind.value))
            else:
                inside = self.tables.of(first.module)
                known = tuple(f"{parts[0]}.{name}" for name in inside.names())
                self.bag.add(messages.undefined(node.span, "name", ".".join(parts), known))
        return symbol

    def use(
        self, symbol: Symbol, span: Span, name: str, kinds: Iterable[Kind], wanted: str
    ) -> Symbol | None:
        """Note that the current declaration needs a symbol; None if its kind is wrong."""
        if symbol.kind not in kinds:
            self.bag.add(messages.wrong_kind(span, name, symbol.kind.value, wanted))
            return None
        self.needs(symbol.node)
        return symbol

    def needs(self, node: ast.Node | None) -> None:
        if node is not None and self.owner is not None:
            self.edges.setdefault(id(self.owner), set()).add(id(node))

    # ---- duplicates and shadows -------------------------------------------------------------

    def unique(self, names: Iterable[tuple[str, Local]], where: str) -> Locals:
        """The names as a mapping in which the first of two equal ones stays."""
        found: dict[str, Local] = {}
        for name, local in names:
            first = found.setdefault(name, local)
            if first is not local:
                self.bag.add(messages.duplicate(local.span, name, first.span, f"`{where}`"))
        return found

    def shadows(self, inner: Locals, outer: Locals) -> None:
        """Warn where a name hides one of ``outer`` or of the file."""
        for name, local in inner.items():
            symbol = self.tables.of(self.module).get(name)
            if name in outer:
                what = f"the {outer[name].what} of the same name"
                self.bag.add(messages.shadowed(local.span, name, what, outer[name].span))
            elif symbol is not None and symbol.kind in VALUES | CALLABLE:
                what = f"the {symbol.kind.value} of the same name"
                self.bag.add(messages.shadowed(local.span, name, what, symbol.span))

    def hides_builtin(self, name: ast.Name) -> None:
        if name.text in FUNCTIONS:
            what = "the built-in function of the same name"
            self.bag.add(messages.shadowed(name.span, name.text, what, None))


_PLAIN_TYPES = ("int", "real", "bool", "string")
