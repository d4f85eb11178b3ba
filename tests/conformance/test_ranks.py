"""Arrays of several axes: what is written about them, in both executions and by nested lists."""

import itertools

import pytest
import texts
import torch

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.environment import Environment
from gflowspec.semantics.machine import machine
from gflowspec.semantics.masks import is_terminating
from gflowspec.semantics.transition import parents, successors

A, B, C = 2, 3, 2
TEXT = """
  state {{
    x: array[2, 3, 2] of int[0..2] = 0
    w: array[2, 2] of int[0..3]? = empty
    b: array[2, 1, 2, 1] of bool
  }}
  action step(i in 0..1, j in 0..2, k in 0..1) when {guard} {{ x[i, j, k] += 1 }}
  action write(i in 0..1, j in 0..1, v in 0..3) {{ w[i, j] := v }}
  action mark(i in 0..1, k in 0..1) {{ b[i, 0, k, 0] = true }}
  stop
"""


def filled(w):
    return [v for row in w for v in row if v is not None]


def flat(x):
    return [v for plane in x for row in plane for v in row]


#: An expression, and what it means for x, w and b as nested lists.
EXPRESSIONS = [
    ("x[1, 2, 0] + 10 * x[0, 0, 1]", lambda x, w, b: x[1][2][0] + 10 * x[0][0][1]),
    ("sum(x[i, j, k] * (i + 2 * j + 3 * k) for i in 0..1 for j in 0..2 for k in 0..1)",
     lambda x, w, b: sum(x[i][j][k] * (i + 2 * j + 3 * k)
                         for i in range(2) for j in range(3) for k in range(2))),
    ("sum(v for plane in x for row in plane for v in row)", lambda x, w, b: sum(flat(x))),
    ("sum(max(v for v in row) for plane in x for row in plane)",
     lambda x, w, b: sum(max(row) for plane in x for row in plane)),
    ("sum(x[1][j][0] for j in index(x[1]))", lambda x, w, b: sum(x[1][j][0] for j in range(3))),
    ("sum(x[i, 1][k] for i in index(x) for k in 0..1)",
     lambda x, w, b: sum(x[i][1][k] for i in range(2) for k in range(2))),
    ("x[0, x[0, 0, 0], 1]", lambda x, w, b: x[0][x[0][0][0]][1]),
    ("x[0][x[1, 1, 1]][0]", lambda x, w, b: x[0][x[1][1][1]][0]),
    ("len(x) + 10 * len(x[0]) + 100 * len(x[0, 0]) + x[0, 0, 0]",
     lambda x, w, b: 232 + x[0][0][0]),
    ("sum(v for row in x[0][1:2] for v in row)",
     lambda x, w, b: sum(v for row in x[0][1:3] for v in row)),
    ("hamming(x[0], x[1])", lambda x, w, b: sum(p != q for p, q in zip(
        flat(x[:1]), flat(x[1:]), strict=True))),
    ("indicator(x[0] == x[1]) + 2 * indicator(x[0, 0] != x[1, 1])",
     lambda x, w, b: (x[0] == x[1]) + 2 * (x[0][0] != x[1][1])),
    ("indicator(x[1, 2] in x[0]) + 2 * indicator([0, 1] in x[1])",
     lambda x, w, b: (x[1][2] in x[0]) + 2 * ([0, 1] in x[1])),
    ("indicator(x[1, 0] not in x[1])", lambda x, w, b: 0),
    ("number(x[1, 2], 3) + number(x[0], 3)",
     lambda x, w, b: x[1][2][0] * 3 + x[1][2][1]
     + sum(v * 3**i for i, v in enumerate(reversed(flat(x[:1]))))),
    ("number(reverse(x[0, 1]), 3)", lambda x, w, b: x[0][1][1] * 3 + x[0][1][0]),
    ("number(reverse(x[0])[0], 3)", lambda x, w, b: x[0][2][0] * 3 + x[0][2][1]),
    ("number(sorted(x[0, 1]), 3)", lambda x, w, b: min(x[0][1]) * 3 + max(x[0][1])),
    ("count_filled(w) + 5 * indicator(filled(w))",
     lambda x, w, b: len(filled(w)) + 5 * (len(filled(w)) == 4)),
    ("count_filled(w[0]) + 5 * indicator(filled(w[1]))",
     lambda x, w, b: len(filled(w[:1])) + 5 * (len(filled(w[1:])) == 2)),
    ("indicator(distinct(w))", lambda x, w, b: len(set(filled(w))) == len(filled(w))),
    ("indicator(distinct(w[1]))", lambda x, w, b: len(set(filled(w[1:]))) == len(filled(w[1:]))),
    ("indicator(distinct(x[0]))", lambda x, w, b: len(set(flat(x[:1]))) == 6),
    ("sum(or_else(v, 0) for row in w for v in row)", lambda x, w, b: sum(filled(w))),
    ("sum(w[i, j] for i in 0..1 for j in 0..1 if w[i, j] != empty)",
     lambda x, w, b: sum(filled(w))),
    ("count(b[i, 0, k, 0] for i in 0..1 for k in 0..1)",
     lambda x, w, b: sum(b[i][0][k][0] for i in range(2) for k in range(2))),
    ("count(e for plane in b for rows in plane for row in rows for e in row)",
     lambda x, w, b: sum(b[i][0][k][0] for i in range(2) for k in range(2))),
]  # fmt: skip


def nested(items, shape):
    if len(shape) == 1:
        return list(items)
    width = len(items) // shape[0]
    return [nested(items[i * width : (i + 1) * width], shape[1:]) for i in range(shape[0])]


def world(expression="0", guard="true"):
    body = TEXT.format(guard=guard)
    text = texts.environment(body) + f"reward R() for E {{ logR = {expression} }}\n"
    (instance,), found = texts.library(text)
    assert not texts.codes(found), [item.message for item in found]
    derived, found = derive(instance.environment)
    assert not found
    return derived, instance.rewards[0]


def random_states(derived, count=40):
    sizes = torch.tensor([field.size for field in derived.codec.fields])
    generator = torch.Generator().manual_seed(0)
    return (torch.rand((count, len(sizes)), generator=generator) * sizes).long()


@pytest.mark.parametrize(
    ("expression", "meaning"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS]
)
def test_expressions(expression, meaning):
    derived, reward = world(expression)
    states = random_states(derived)
    reference = Environment.of(derived, reward, backend="reference")
    decoded = reference.decode(states)
    shapes = [variable.type.shape for variable in derived.environment.state]
    wanted = torch.tensor(
        [
            float(meaning(*(nested(v, s) for v, s in zip(state, shapes, strict=True))))
            for state in decoded
        ],
        dtype=torch.float64,
    )
    for environment in (
        reference,
        Environment.of(derived, reward),
        Environment.of(derived, reward, table_limit=1),
    ):
        torch.testing.assert_close(environment.log_reward(states), wanted)


GUARDS = (
    "sum(v for plane in x for row in plane for v in row) < 9 or k == 0",
    "x[1 - i, j, k] <= x[i, j, k] and (i, j) != (1, 2)",
    "not filled(w) and x[i] != x[1 - i]",
    "all(b[i, 0, m, 0] or x[i, j, m] == 0 for m in 0..1)",
)


@pytest.mark.parametrize("guard", GUARDS)
def test_masks_are_the_parents_and_children(guard):
    derived, reward = world(guard=guard)
    environment = Environment.of(derived, reward)
    states = random_states(derived, 25)
    forward, backward = environment.forward_mask(states), environment.backward_mask(states)
    for row, state in enumerate(environment.decode(states)):
        children = list(successors(derived, state))
        found = {step.flat for step in children}
        assert found == set(forward[row, :-1].nonzero().reshape(-1).tolist())
        assert bool(forward[row, -1]) == is_terminating(derived, state)
        found = {step.flat for step in parents(derived, state)}
        assert found == set(backward[row].nonzero().reshape(-1).tolist())
        for step in children:
            assert state in {parent.state for parent in parents(derived, step.state)}


def test_codes_and_features():
    derived, reward = world()
    environment = Environment.of(derived, reward)
    states = random_states(derived)
    assert [f.variable for f in derived.codec.fields] == ["x"] * 12 + ["w"] * 4 + ["b"] * 4
    assert torch.equal(environment.encode(environment.decode(states)), states)
    features = environment.features(states)
    assert features.shape == (len(states), 12 * 3 + 4 * 5 + 4 * 2)
    assert torch.equal(features.sum(1), torch.full((len(states),), 20.0))
    place = list(itertools.product(range(A), range(B), range(C))).index((1, 0, 1))
    assert torch.equal(features[:, 3 * place : 3 * place + 3].argmax(1), states[:, place])
    assert machine(derived).source == environment.decode(environment.source(1))[0]
