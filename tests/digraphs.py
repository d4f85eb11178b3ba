"""Graphs as tuples of truth values, and what is true of them by definition."""

from itertools import product


def matrices(nodes):
    """Every adjacency matrix, loops included, row-major."""
    return product((False, True), repeat=nodes * nodes)


def without_loops(matrix, nodes):
    return not any(matrix[v * nodes + v] for v in range(nodes))


def walks(matrix, nodes):
    """Pairs of nodes between which there is a walk, by growing the relation until it stays."""
    found = {(v, v) for v in range(nodes)}
    while True:
        more = {
            (u, w)
            for u, v in found
            for w in range(nodes)
            if matrix[v * nodes + w] or (v, w) in found
        }
        if more <= found:
            return found
        found |= more


def is_acyclic(matrix, nodes):
    """Whether the nodes can be taken away one by one, each when no edge enters it."""
    left = set(range(nodes))
    while left:
        free = {v for v in left if not any(matrix[u * nodes + v] for u in left)}
        if not free:
            return False
        left -= free
    return True


def is_connected(matrix, nodes):
    """Whether merging the ends of all edges merges all nodes."""
    group = list(range(nodes))
    for u, v in product(range(nodes), repeat=2):
        if matrix[u * nodes + v]:
            old, new = group[v], group[u]
            group = [new if item == old else item for item in group]
    return len(set(group)) == 1
