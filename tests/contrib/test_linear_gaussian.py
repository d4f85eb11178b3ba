"""Scores of linear-Gaussian networks: against other ways to compute them, and in a reward."""

import math
from itertools import product

import numpy as np
import pytest
import torch

import gflowspec as gfs
from gflowspec.contrib.linear_gaussian import MEAN_WEIGHT, PRECISION_WEIGHT, bge, bic

#: 0 -> 1 -> 2, with noise.
DRAWS = np.random.default_rng(0).normal(size=(40, 3))
ROWS = (DRAWS @ np.array([[1.0, 0.8, 0.5], [0.0, 0.6, 0.4], [0.0, 0.0, 0.7]])).tolist()
SCORES = [bge, bic]


def total(score, parents, rows=ROWS):
    """The score of a structure, given by the parents of each node."""
    return sum(score(rows, node, of) for node, of in enumerate(parents))


@pytest.mark.parametrize("score", SCORES)
def test_structures_of_the_same_independences_score_the_same(score):
    chain, back, fork = ({}, {0}, {1}), ({1}, {2}, {}), ({1}, {}, {1})
    assert total(score, chain) == pytest.approx(total(score, back), abs=1e-9)
    assert total(score, chain) == pytest.approx(total(score, fork), abs=1e-9)
    collider = ({}, {0, 2}, {})
    assert total(score, collider) < total(score, chain) - 1
    complete = [({}, {0}, {0, 1}), ({1, 2}, {2}, {}), ({1}, {}, {0, 1})]
    for other in complete[1:]:
        assert total(score, complete[0]) == pytest.approx(total(score, other), abs=1e-9)


def log_student(x, degrees, centre, variance):
    """Log density of a shifted and scaled Student law."""
    return (
        math.lgamma((degrees + 1) / 2)
        - math.lgamma(degrees / 2)
        - math.log(degrees * math.pi * variance) / 2
        - (degrees + 1) / 2 * math.log1p((x - centre) ** 2 / (degrees * variance))
    )


def test_bge_of_one_variable_is_the_product_of_its_predictions():
    """Each observation given those before it follows a Student law."""
    for node in range(3):
        variables = len(ROWS[0])
        weight, centre = MEAN_WEIGHT, 0.0
        shape = (variables + PRECISION_WEIGHT - variables + 1) / 2
        rate = MEAN_WEIGHT * (PRECISION_WEIGHT - 1) / (MEAN_WEIGHT + 1) / 2
        found = 0.0
        for row in ROWS:
            variance = rate * (weight + 1) / (shape * weight)
            found += log_student(row[node], 2 * shape, centre, variance)
            rate += weight * (row[node] - centre) ** 2 / (2 * (weight + 1))
            centre = (weight * centre + row[node]) / (weight + 1)
            weight, shape = weight + 1, shape + 1 / 2
        assert bge(ROWS, node, set()) == pytest.approx(found, abs=1e-9)


def test_bic_of_one_variable():
    column = [row[1] for row in ROWS]
    mean = sum(column) / len(column)
    variance = sum((value - mean) ** 2 for value in column) / len(column)
    densities = sum(
        -math.log(2 * math.pi * variance) / 2 - (value - mean) ** 2 / (2 * variance)
        for value in column
    )
    assert bic(ROWS, 1, set()) == pytest.approx(densities - math.log(len(ROWS)), abs=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_a_variable_is_no_parent_of_itself(score):
    assert score(ROWS, 0, {0, 1}) == score(ROWS, 0, {1})


def shipped():
    return gfs.environment("gfs:std/bayesnet", "Structure", reward="Posterior")


def test_the_posterior_adds_the_scores_of_the_shipped_observations():
    environment = shipped()
    text = (gfs.core.resources.std_directory() / "linear_gaussian.csv").read_text()
    rows = [[float(cell) for cell in line.split(",")] for line in text.splitlines()[1:]]
    assert len(rows) == 100
    generator = torch.Generator().manual_seed(0)
    states = environment.source(20)
    for _ in range(6):
        mask = environment.forward_mask(states)[:, :-1].float()
        states, _ = environment.step(states, mask.multinomial(1, generator=generator).squeeze(1))
    found = environment.log_reward(states)
    for state, value in zip(environment.decode(states), found.tolist(), strict=True):
        matrix = state[0]
        parents = [{u for u in range(5) if matrix[5 * u + v]} for v in range(5)]
        assert value == pytest.approx(total(bge, parents, rows), abs=1e-9)


def test_the_true_structure_is_among_the_best():
    """No structure with one edge more, less or turned round scores better than the true one."""
    environment = shipped()
    true = {(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)}

    def value(edges):
        state = tuple((u, v) in edges for u, v in product(range(5), repeat=2))
        return float(environment.log_reward(environment.encode([(state,)])))

    best = value(true)
    for edge in true:
        assert value(true - {edge}) < best
    for u, v in product(range(5), repeat=2):
        if u < v and (u, v) not in true:
            assert value(true | {(u, v)}) < best
