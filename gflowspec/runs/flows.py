"""The policies and flows of a trained run on its state graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gflowspec.executor import exact
from gflowspec.executor.tables import Tables
from gflowspec.executor.views import exact_view
from gflowspec.semantics.explore import explore

if TYPE_CHECKING:
    from gflowspec.compiler.graphs import StateGraph
    from gflowspec.runs.prepared import Prepared


def add_flows(graph: StateGraph, prepared: Prepared) -> None:
    """Add what a run has learned to what ``compiler.graphs.state_graph`` made of its environment.

    Edges get ``pf`` and ``pb``, the probabilities of the forward and of the backward action, and
    ``flow`` = mu(s) P_F(s' | s), the probability that a trajectory takes the edge. Nodes get
    ``visits`` = mu(s), ``pf_stop``, and, 0 where no trajectory ends, ``learned`` and ``target``:
    the terminal law of P_F and R / Z. Flows out of the source sum to 1 with its ``pf_stop``.

    Args:
        graph: The state graph of the full instance; it is changed.
        prepared: The run with its weights.
    """
    experiment, environment = prepared.experiment, prepared.environment
    tables = Tables.of(environment, experiment.config.limits["exact_limit"])
    view = exact_view(experiment, tables)
    measured = exact.evaluate(tables.graph, view)
    states = explore(prepared.job.checked.derived, len(graph)).states
    rows = tables.rows(environment.encode(states)).tolist()
    visits = measured.log_visits.exp().tolist()
    columns = {
        "visits": visits,
        "pf_stop": view.log_pf_stop.exp().tolist(),
        "learned": measured.log_p.exp().tolist(),
        "target": measured.log_target.exp().tolist(),
    }
    for node, row in enumerate(rows):
        graph.nodes[node].update({name: values[row] for name, values in columns.items()})
    pf, pb = view.log_pf.exp().tolist(), view.log_pb.exp().tolist()
    table = tables.table
    pairs = zip(table.parent.tolist(), table.forward_actions.tolist(), strict=True)
    edges = {pair: place for place, pair in enumerate(pairs)}
    for parent, _, data in graph.edges(data=True):
        row = rows[parent]
        place = edges[row, data["forward"]]
        data.update(pf=pf[place], pb=pb[place], flow=visits[row] * pf[place])
