"""What is created from a program graph, and who owns it."""

import torch

from gflowspec.components.encoders.mlp import MLP
from tests.executor.experiments import experiment_of
from tests.executor.worlds import Grid


def test_the_owners_table_names_every_tensor_once():
    experiment = experiment_of(Grid(2, 4), "db", "tlm", encoder=MLP(hidden=(8, 6)))
    rows = {row.tensor: (row.shape, row.owners) for row in experiment.owners}
    assert rows == {
        "trunk.shared.input.table": ((8, 8), ("forward", "backward")),
        "trunk.shared.input.bias": ((8,), ("forward", "backward")),
        "trunk.shared.layers.0.weight": ((8, 6), ("forward", "backward")),
        "trunk.shared.layers.0.bias": ((6,), ("forward", "backward")),
        "head.forward.weight": ((3, 6), ("forward",)),
        "head.forward.bias": ((3,), ("forward",)),
        "head.backward.weight": ((2, 6), ("backward",)),
        "head.backward.bias": ((2,), ("backward",)),
        "head.flow.weight": ((1, 6), ("forward",)),
        "head.flow.bias": ((1,), ("forward",)),
    }
    total = sum(torch.Size(shape).numel() for shape, _ in rows.values())
    assert total == sum(item.numel() for item in experiment.networks.parameters())
    assert (
        "trunk.shared.layers.0.weight       8 x 6  forward + backward"
        in (experiment.owners_table().splitlines()[2])
    )


def test_log_z_is_a_group_of_its_own():
    experiment = experiment_of(Grid(2, 4), "tb", "tlm")
    groups = experiment.forward_optimizer.param_groups
    assert [group["lr"] for group in groups] == [1e-2, 0.1]
    assert groups[1]["params"] == [experiment.networks.log_z]
    assert experiment.owners[-1].tensor == "log_z"


def test_networks_have_the_precision_of_the_specification():
    for name, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        experiment = experiment_of(Grid(2, 4), "db", "tlm", precision=name)
        assert experiment.dtype is dtype
        assert {item.dtype for item in experiment.networks.parameters()} == {dtype}
        assert {item.dtype for item in experiment.backward_target.parameters()} == {dtype}
