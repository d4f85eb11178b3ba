"""Masks, steps and ends of an environment as C++ functions of one state."""

from __future__ import annotations

import torch

from gflowspec.compiler.native.arrays import table
from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.functions import LARGEST_CONSTANTS, function
from gflowspec.compiler.tensor.indices import Block
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.masks import condition_program, forward_mask_program
from gflowspec.compiler.tensor.stores import Moves, Rows, step_program, step_rows
from gflowspec.ir.derived import Derived


def moves_text(derived: Derived, table_limit: int) -> str:
    """Sizes, and the functions ``mask_of``, ``step_of`` and ``is_terminal``.

    Raises:
        NoNativeForm: An expression has no native form.
    """
    kit = Kit.of(derived, table_limit, torch.device("cpu"))
    width, has_stop = derived.codec.width, derived.stop_mask is not None
    actions = derived.sizes.forward_actions
    mask = function("mask_", forward_mask_program(derived, kit), width, torch.bool)
    terminal = function("terminal_", condition_program(derived.terminal, kit), width, torch.bool)
    return f"""
namespace {{

constexpr int64_t WIDTH = {width}, ACTIONS = {actions}, STOP = {actions - 1 if has_stop else -1};

{mask}
{terminal}
{_step(derived, kit)}
inline void mask_of(const int64_t* state, uint8_t* out) {{ mask_(state, nullptr, out); }}

inline bool is_terminal(const int64_t* state) {{
  uint8_t holds;
  terminal_(state, nullptr, &holds);
  return holds;
}}

}}  // namespace
"""


def _step(derived: Derived, kit: Kit) -> str:
    """``step_of(state, action, after)``; never called for ``stop``."""
    moves = [Moves(item.action.binders, item.stores, item.undo) for item in derived.actions]
    extra = int(derived.stop_mask is not None)
    rows = step_rows(moves, extra, kit)
    if rows is not None:
        return _by_rows(rows)
    block = Block.of([move.binders for move in moves], extra, kit.device)
    inner = function("step_", step_program(moves, block, kit), kit.layout.width, torch.int64)
    return f"""{inner}
{_checked("bindings", block.rows)}

inline void step_of(const int64_t* state, int64_t action, int64_t* after) {{
  step_(state, bindings + action * {block.row_inputs}, after);
}}
"""


def _by_rows(rows: Rows) -> str:
    keep, add = rows.keep, rows.add
    kept = "" if keep is None else _checked("keep", keep)
    old = "state[j]" if keep is None else "state[j] * keep[action * WIDTH + j]"
    return f"""{kept}
{_checked("add", add)}

inline void step_of(const int64_t* state, int64_t action, int64_t* after) {{
  for (int64_t j = 0; j < WIDTH; ++j) after[j] = {old} + add[action * WIDTH + j];
}}
"""


def _checked(name: str, values: torch.Tensor) -> str:
    if values.numel() > LARGEST_CONSTANTS:
        reason = "tables as large as this environment has"
        raise NoNativeForm(reason)
    return table(name, values)
