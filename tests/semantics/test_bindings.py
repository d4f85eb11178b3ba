"""What a mask says about binders alone is decided once, and masks stay what they were."""

from compiler.proofs import worlds

from gflowspec.semantics.explore import explore
from gflowspec.semantics.machine import machine
from gflowspec.semantics.masks import backward_mask, forward_mask
from gflowspec.semantics.transition import parents

PAIRS = """gfs 1.0
environment Pairs() {
  state { joined: array[5] of bool = false }
  action join(a in 0..3, b in 0..3) when a < b and a + b < 5 and not joined[0] {
    joined[a + b] = true
  }
  stop
}
"""


def test_bindings_that_no_state_allows_are_not_tried():
    (action,) = machine(worlds.derived(PAIRS)).actions
    allowed = [(row["a"], row["b"]) for row in action.forward.arguments]
    wanted = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    assert [allowed[i] for i in action.forward.possible] == wanted
    assert action.backward.possible == action.forward.possible


def test_masks_cover_all_bindings():
    """joined[a + b] does not exist for a + b = 5 and 6, which is never read."""
    derived = worlds.derived(PAIRS)
    source = machine(derived).source
    assert [i for i, legal in enumerate(forward_mask(derived, source)) if legal] == [
        1,
        2,
        3,
        6,
        7,
        16,
    ]
    assert backward_mask(derived, source) == (False,) * 16
    for state in explore(derived, 100).states:
        sums = [step.arguments["a"] + step.arguments["b"] for step in parents(derived, state)]
        (joined,) = state
        assert sorted(sums) == sorted(
            s for s, n in ((1, 1), (2, 1), (3, 2), (4, 1)) if joined[s] for _ in range(n)
        )
