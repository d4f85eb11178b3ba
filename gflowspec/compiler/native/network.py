"""The sizes of a policy as C++ constants."""

from __future__ import annotations

from gflowspec.components.nets.layered import Layered
from gflowspec.ir.derived import Codec

#: First layers: their number in C++.
INPUTS = ("sum", "scaled", "joined")

#: Activations: their class in product.hpp.
ACTIVATIONS = {
    "linear": "linear",
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "tanh": "tanh_",
    "silu": "silu",
    "gelu": "gelu",
}


def network_text(layered: Layered, codec: Codec) -> str:
    """What rollout.hpp must know about the trunk: see there."""
    offsets, total = [], 0
    for field in codec.fields:
        offsets.append(total)
        total += field.size
    widths = layered.widths
    kinds = ", ".join(f"{name.upper()} = {number}" for number, name in enumerate(INPUTS))
    return f"""
namespace {{

enum {{ {kinds} }};
constexpr int INPUT = {layered.input.upper()};
constexpr int64_t OFFSETS[] = {{{", ".join(map(str, offsets))}}};
constexpr int64_t FEATURES = {layered.features};
constexpr int64_t LAYERS = {len(widths)};
constexpr int64_t KEPT[] = {{{", ".join(map(str, widths))}}};
typedef {ACTIVATIONS[layered.activation]} Activation;

}}  // namespace
"""
