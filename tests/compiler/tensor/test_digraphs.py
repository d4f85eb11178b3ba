"""Functions on directed graphs as tensor programs, against the interpreter."""

import random

import pytest
import torch
from digraphs import matrices
from fixtures_ir import codec_of

from gflowspec.compiler.tensor.codes import encode_states
from gflowspec.compiler.tensor.eager import executable
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.layout import Layout
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.representation import lift
from gflowspec.compiler.tensor.tables import Tables
from gflowspec.core.types import ArrayType, BoolType, IntType, SlotType
from gflowspec.ir.environment import Environment, StateVariable
from gflowspec.ir.expr import Bound, Call, Const, StateVar, Updated
from gflowspec.semantics.evaluate import bound_key, compile_expr

BOOL = BoolType()
LABELS = SlotType(IntType(2, 3))


def world(nodes, element=BOOL):
    of = ArrayType((nodes, nodes), element)
    nothing = (False if element == BOOL else None,) * nodes**2
    variable = StateVariable(name="G", type=of, initial=nothing)
    return Environment(
        name="E", parameters={}, state=(variable,), actions=(), stop=None, terminal=None
    )


def questions(nodes, element=BOOL):
    """Each function, and each on a graph whose place depends on binders."""
    node = IntType(0, nodes - 1)
    u, v = Bound("u", type=node), Bound("v", type=node)
    graph = StateVar("G", type=ArrayType((nodes, nodes), element))
    value = Const(True, type=BOOL) if element == BOOL else Const(3, type=IntType(3, 3))
    for place in (graph, Updated(graph, (v, u), value, type=graph.type)):
        yield Call("reaches", (place, u, v), type=BOOL)
        yield Call("acyclic", (place,), type=BOOL)
        yield Call("connected", (place,), type=BOOL)


def agree(nodes, states, element=BOOL):
    """Asks all questions of all states and pairs of nodes, both ways."""
    environment = world(nodes, element)
    codec = codec_of(environment)
    kit = Kit(Layout(environment, codec), Tables(environment, 1), torch.device("cpu"))
    codes = encode_states([(state,) for state in states], environment, codec)
    for expr in questions(nodes, element):
        lowering = kit.lowering()
        for name in ("u", "v"):
            lowering.scope.bind_axis(name, tuple(range(nodes)), IntType(0, nodes - 1))
        value = lift(lowering.builder, lowering.lower(expr), 2)
        register = lowering.builder.emit(Op.EXPAND, (value.register,), (nodes, nodes))
        found = executable(lowering.builder.finish((register,)))(codes)[0]
        code = compile_expr(expr)
        for row, state in enumerate(states):
            for u in range(nodes):
                for v in range(nodes):
                    frame = {"G": state, bound_key("u"): u, bound_key("v"): v}
                    assert bool(found[row, u, v]) == code(frame), (expr.function, state, u, v)


@pytest.mark.parametrize("nodes", [1, 2])
def test_all_small_graphs(nodes):
    agree(nodes, list(matrices(nodes)))


@pytest.mark.parametrize("nodes", [3, 4, 5, 7])
def test_random_graphs(nodes):
    draw = random.Random(nodes)
    states = [
        tuple(draw.random() < share for _ in range(nodes**2))
        for share in (0.1, 0.2, 0.3)
        for _ in range(4)
    ]
    path = tuple(head == tail + 1 for tail in range(nodes) for head in range(nodes))
    agree(nodes, [*states, path])


def test_labelled_edges():
    draw = random.Random(0)
    agree(3, [tuple(draw.choice((None, 2, 3)) for _ in range(9)) for _ in range(30)], LABELS)


def test_the_work_does_not_depend_on_the_graph():
    """ceil(log2 d) squarings."""
    environment = world(9)
    kit = Kit(
        Layout(environment, codec_of(environment)), Tables(environment, 1), torch.device("cpu")
    )
    lowering = kit.lowering()
    graph = StateVar("G", type=ArrayType((9, 9), BOOL))
    value = lowering.lower(Call("acyclic", (graph,), type=BOOL))
    program = lowering.builder.finish((value.register,))
    squarings = [item for item in program.instructions if item.op is Op.ANY]
    assert len(squarings) == 4 + 1
