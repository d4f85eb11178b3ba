"""Masks of an action: the guard with all that is implied, and its weakest precondition backwards.

``B_a(s') = something is there and payloads in carriers and G(p) and implied(p) and not terminal(p)
and Inv(p) and E(p) = s'``, where p is the parent as an expression over s'. A conjunct is left out
where it follows from ``Inv(s')`` and the conjuncts before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from gflowspec.compiler.algebra.show import show
from gflowspec.compiler.algebra.terms import ORDER, conjoin, conjuncts, names_read, negate
from gflowspec.compiler.derive.inverse import Inverse
from gflowspec.compiler.provers.polarity import STILL, UP, trend
from gflowspec.compiler.provers.refute import SMALL_BUDGET, follows
from gflowspec.ir.derived import DerivedAction
from gflowspec.ir.expr import Bound, Compare, Const, Expr, StateVar


@attrs.frozen(kw_only=True)
class Rules:
    """What holds in the whole environment, in canonical form.

    Attributes:
        terminal: Condition under which a state ends the trajectory; ``false`` without one.
        invariants: Conjuncts of the declared invariants and of what declared types imply.
    """

    terminal: Expr
    invariants: tuple[Expr, ...]


def masked(inverse: Inverse, rules: Rules) -> DerivedAction:
    """The action with both masks."""
    backward, blocked = _backward(inverse, rules)
    simplified = not blocked
    return DerivedAction(
        action=inverse.action,
        addresses=inverse.addresses,
        payloads=inverse.payloads,
        forward_mask=_forward(inverse, rules),
        stores=inverse.stores,
        backward_mask=conjoin(*backward),
        undo=inverse.undo,
        simplified=simplified,
        blocked_by=blocked[0] if blocked else "",
    )


def _forward(inverse: Inverse, rules: Rules) -> Expr:
    """The guard comes first: it is what makes the addresses of the effects exist."""
    wanted = [*inverse.guard, *inverse.implied, negate(rules.terminal)]
    return conjoin(*_without_consequences(conjuncts(*wanted)))


def _without_consequences(wanted: Sequence[Expr]) -> list[Expr]:
    """The conjuncts that do not follow from those before them.

    Later ones are not used: a conjunct may be what makes a later one have a value at all.
    """
    kept: list[Expr] = []
    for conjunct in wanted:
        if not follows(kept, conjunct):
            kept.append(conjunct)
    return kept


def _backward(inverse: Inverse, rules: Rules) -> tuple[list[Expr], list[str]]:
    """Conjuncts of B_a, and the text of those that are not "something is there"."""
    kept: list[Expr] = []
    # What the guard says about addresses alone comes first: it is what makes them exist.
    for conjunct in [*_over_addresses(inverse), *inverse.removable]:
        if not follows([*rules.invariants, *kept], conjunct):
            kept.append(conjunct)
    blocked: list[str] = []
    for needed in _preconditions(inverse, rules):
        known = [*rules.invariants, *kept]
        if any(follows(known, item, SMALL_BUDGET) for item in needed.enough):
            continue
        for part in conjuncts(needed.condition):
            if follows([*rules.invariants, *kept], part):
                continue
            weaker = _weaker(kept, part)
            if weaker is None:
                kept.append(part)
                blocked.append(needed.text)
            else:
                kept[weaker] = part
    return kept, blocked


def _over_addresses(inverse: Inverse) -> list[Expr]:
    """Conjuncts of the guard that read neither the state nor a payload: they hold of s' as of p."""
    stored = {payload.binder.name for payload in inverse.payloads}
    return [
        item
        for item in inverse.guard
        if not names_read(item, StateVar) and not names_read(item, Bound) & stored
    ]


@attrs.frozen
class Needed:
    """A condition on the child without which there is no such parent.

    Attributes:
        condition: What must hold.
        text: Where it comes from.
        enough: Shorter conditions, each of which implies it.
    """

    condition: Expr
    text: str
    enough: tuple[Expr, ...] = ()


def _weaker(kept: Sequence[Expr], part: Expr) -> int | None:
    """Where there is a bound of the same term that a stronger one can take the place of."""
    term = _bounded_term(part)
    for position, item in enumerate(kept):
        if term is not None and _bounded_term(item) == term and follows([part], item):
            return position
    return None


def _bounded_term(expr: Expr) -> Expr | None:
    """What a comparison with a constant bounds."""
    if isinstance(expr, Compare) and expr.op in ORDER and isinstance(expr.right, Const):
        return expr.left
    return None


def _preconditions(inverse: Inverse, rules: Rules) -> list[Needed]:
    """What must hold of the parent, over the child, each with the text it comes from."""
    terminal = negate(rules.terminal)
    found = [
        Needed(item, f"`{show(item)}`: other values cannot be stored") for item in inverse.carried
    ]
    found += [_of_parent(inverse, item, f"guard `{_source(item)}`") for item in inverse.guard]
    found += [_of_parent(inverse, item, f"`{show(item)}`") for item in inverse.implied]
    found.append(_of_parent(inverse, terminal, f"terminal `{_source(rules.terminal)}`"))
    found += [
        _of_parent(inverse, item, f"invariant `{_source(item)}`") for item in rules.invariants
    ]
    found += [Needed(item, f"stored value `{show(item)}`") for item in inverse.repeated]
    return found


def _of_parent(inverse: Inverse, item: Expr, text: str) -> Needed:
    """A condition on the parent; what undoing cannot break holds there if it holds in the child."""
    kept = trend(item, inverse.moves) in (UP, STILL)
    return Needed(inverse.at_parent(item), text, (inverse.at_payload(item),) if kept else ())


def _source(expr: Expr) -> str:
    """The text the author wrote, if it is known and short."""
    if expr.span is not None and len(expr.span.text) <= 60 and "\n" not in expr.span.text:
        return expr.span.text
    return show(expr)
