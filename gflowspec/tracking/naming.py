"""The readable name of a run."""

from __future__ import annotations

from gflowspec.ir.config import Config
from gflowspec.tracking.project import short_hash


def run_name(config: Config, run_hash: str) -> str:
    """``<experiment>-<objective>.<backward>-s<seed>-<hash6>``.

    For example ``hypergrid_tlm-subtb.tlm-s1-3f9c2a``.
    """
    objective = config.objective.name
    backward = config.policy["backward"].name
    seed = config.train["seed"]
    return f"{config.experiment}-{objective}.{backward}-s{seed}-{short_hash(run_hash)}"
