"""Every construct of the expression language, from text to both executions."""

import pytest
import torch

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load

TEXT = """gfs 1.0
enum Colour {{ red, green, blue }}
const M = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
const L = [[0, 1, 2], [2, 2, 2]]
const K = 2
environment E() {{
  state {{ x: array[3] of int[0..2] = 0  w: array[2] of int[0..2]? = empty  c: Colour = red }}
  action step(i in index(x)) {{ x[i] += 1 }}
  action write(p in index(w), v in 0..2) {{ w[p] := v }}
  action turn() when c == red {{ c = green }}
  stop
}}
reward Gain() for E {{ logR = {expression} }}
"""
EXPRESSIONS = (
    "len({w[i] for i in index(w) if w[i] != empty})",
    "count(v in {x[i] for i in index(x)} for v in 0..2)",
    "len([i for i in index(x) if x[i] > 0])",
    "sum(indicator(i in {x[j] for j in 0..i}) for i in 0..2)",
    "number(x, 3)",
    "number(reverse(x), 3)",
    "number(sorted(x), 3)",
    "number(bits_of(x[0], 4), 2)",
    "hamming(x, [0, 1, 2])",
    "hamming(bits_of(number(x, 3), 6), bits_of(21, 6))",
    "sum(x[0:1][i] for i in 0..1)",
    "max(x) - min(x) + sum(x)",
    "max(e for e in x)",
    "sum(or_else(w[i], 0) for i in index(w))",
    "sum([3, 5, 7][x[i]] for i in index(x))",
    "indicator(x == [0, 1, 2])",
    "sum(concat([x[i], 1] for i in index(x)))",
    "sum(M[i][j] * x[i] for i in 0..2 for j in 0..2)",
    "min(hamming(x, m) for m in L)",
    "x[x[0]] + x[2 - x[1]]",
    "count(a != b for a in x for b in x)",
    "clip(x[0] - x[1], -1, 1) + 2",
    "number_of(c) + indicator(c == green) + indicator(c in [red, green])",
    "sum(indicator(x[0] in row) for row in L) + sum(indicator(K in row) for row in L)",
    "indicator(x in L)",
    "indicator(distinct(x)) + indicator(distinct([x[0], 1, x[2]])) + indicator(distinct(w))",
    "count_filled(w) + indicator(filled(w)) + indicator(2 not in w)",
    "prod(x[i] + 1 / 2 for i in index(x))",
    "quantile([1, 2, 3, 9], 1 / 4) + mean([1, 2]) + x[0]",
    "max(abs(x[i] - 1) / (i + 1) for i in index(x) if x[i] > 0 or i == 0)",
    "(x[0] + 1) ^ x[1] + 2 ^ -x[0] + x[1] ^ (1 / 2)",
    "sqrt(x[0]) + log(sum(x) + 1) + exp(-x[0]) + tanh(x[1]) + sigmoid(x[2]) + erf(x[1] / 2)",
    "log1p(x[0]) + cos(x[1]) * sin(x[2]) + normal_pdf(x[0] - 1)",
    "round(x[0] / 2) + ceil(x[1] / 3) + floor(-x[2] / 2)",
    "(x[0] + x[1] + x[2] + 5) // (x[2] + 1) + 7 % (x[0] + 2)",
    "indicator(all(x[i] <= x[j] for i in index(x) for j in i..2))",
    "indicator(0 <= x[0] < x[1] <= 2 => x[2] == 1) + indicator(x[0] in 1..x[1])",
    "3 if c == red else x[0] / 2",
    "min(x[0], x[1], 1) + max(x[2], 1 / 2)",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_interpreter_and_tensors_agree(expression, tmp_path):
    path = tmp_path / "e.gfs"
    path.write_text(TEXT.format(expression=expression))
    spec, found = load(str(path), (), vocabulary())
    assert not found
    instance, found = instantiate(spec, "E", {}, "Gain")
    assert instance is not None, found
    derived, _ = derive(instance.environment)
    (reward,) = instance.rewards
    reference = Environment.of(derived, reward, backend="reference")
    # A limit of 1 forbids all tables, so that the operations themselves are compared.
    with_tables, without = (Environment.of(derived, reward, table_limit=n) for n in (65_536, 1))
    generator = torch.Generator().manual_seed(0)
    sizes = torch.tensor([field.size for field in derived.codec.fields])
    states = (torch.rand((60, len(sizes)), generator=generator) * sizes).long()
    expected = reference.log_reward(states)
    assert len(expected.unique()) > 1
    for environment in (with_tables, without):
        found = environment.log_reward(states)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
