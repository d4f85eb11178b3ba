"""What an environment means, straight from its declaration: slow, and without the derived parts.

Actions are tried on all states of the type; backward actions are found by looking which parents
lead to a child. Nothing here uses masks, inverses, ranks or the prover.
"""

from functools import cache
from itertools import product

from gflowspec.core.types import ArrayType, BoolType, EnumType, IntType, SlotType
from gflowspec.ir.environment import EffectKind
from gflowspec.semantics.errors import EvaluationError
from gflowspec.semantics.evaluate import compile_expr, frame_of
from gflowspec.semantics.identity import Same


@cache
def _code(key):
    return compile_expr(key.value)


def evaluate(expr, environment, state, bound=None):
    names = (variable.name for variable in environment.state)
    return _code(Same(expr))(frame_of(names, state, bound))


def values(of):
    match of:
        case IntType(lo, hi):
            return list(range(lo, hi + 1))
        case BoolType():
            return [False, True]
        case EnumType(_, members):
            return list(range(len(members)))
        case SlotType(element):
            return [None, *values(element)]
        case ArrayType(_, element):
            return list(product(values(element), repeat=of.size))
    raise AssertionError(of)


def all_states(environment):
    return list(product(*(values(variable.type) for variable in environment.state)))


def source(environment):
    return tuple(variable.initial for variable in environment.state)


def holds(expr, environment, state, bound=None):
    """A condition; where it has no value it does not hold."""
    try:
        return expr is None or bool(evaluate(expr, environment, state, bound))
    except EvaluationError:
        return False


def is_legal(environment, state):
    declared = (*environment.implied, *environment.invariants)
    return all(holds(item, environment, state) for item in declared)


def is_terminal(environment, state):
    return environment.terminal is not None and holds(environment.terminal, environment, state)


def may_stop(environment, state):
    stop = environment.stop
    return (
        stop is not None
        and not is_terminal(environment, state)
        and holds(stop.condition, environment, state)
    )


def bindings(action):
    names = [binder.name for binder in action.binders]
    for chosen in product(*(binder.carrier for binder in action.binders)):
        yield dict(zip(names, chosen, strict=True))


def apply(environment, action, state, bound):
    """The child, or None where the action is disabled or an effect is impossible."""
    if is_terminal(environment, state) or not holds(action.guard, environment, state, bound):
        return None
    written = []
    for effect in action.effects:
        position = environment.position(effect.variable)
        of = environment.state[position].type
        element = of.element if isinstance(of, ArrayType) else of
        place = _place(environment, effect, state, bound, of)
        old = state[position] if place is None else state[position][place]
        value = evaluate(effect.value, environment, state, bound)
        if effect.kind is EffectKind.INCREMENT:
            value += old
        if not _possible(effect.kind, element, old, value):
            return None
        written.append((position, place, value))
    child = list(state)
    for position, place, value in written:
        if place is None:
            child[position] = value
        else:
            before = child[position]
            child[position] = (*before[:place], value, *before[place + 1 :])
    return tuple(child)


def _place(environment, effect, state, bound, of):
    """Row-major place in the array; None for a scalar."""
    place = None
    for axis, index in enumerate(effect.indices):
        found = evaluate(index, environment, state, bound)
        assert 0 <= found < of.shape[axis]
        place = (place or 0) * of.shape[axis] + found
    return place


def _possible(kind, element, old, value):
    if kind is EffectKind.INCREMENT:
        return element.lo <= value <= element.hi
    if kind is EffectKind.FILL:
        return old is None
    return not (isinstance(element, BoolType) and old == value)


def steps(environment, state):
    """(action, arguments as a sorted tuple, child) of every enabled action."""
    found = []
    for action in environment.actions:
        for bound in bindings(action):
            child = apply(environment, action, state, bound)
            if child is not None:
                found.append((action.name, tuple(sorted(bound.items())), child))
    return found


def reachable(environment, steps_of):
    first = source(environment)
    seen, waiting = {first}, [first]
    while waiting:
        for _, _, child in steps_of(waiting.pop()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return seen


def longest(states, steps_of):
    """Length of the longest path among states; None if there is a cycle."""
    depth, visiting = {}, set()

    def visit(state):
        if state in depth:
            return depth[state]
        if state in visiting:
            raise RecursionError
        visiting.add(state)
        depth[state] = max((1 + visit(child) for _, _, child in steps_of(state)), default=0)
        visiting.discard(state)
        return depth[state]

    try:
        return max(visit(state) for state in states)
    except RecursionError:
        return None
