"""Generated C++ computes the bits that torch computes: expressions, masks, steps and ends."""

import ctypes
import tempfile
from pathlib import Path

import attrs
import pytest
import torch
from compilers import needs_compiler
from conformance.random_specs import specs
from conformance.test_environments import FILES, LARGER, at_scope, few, larger, visited
from conformance.test_expressions import EXPRESSIONS, TEXT
from fixtures_ir import const
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gflowspec.compiler.derive.pipeline import derive
from gflowspec.compiler.elaborate import instantiate
from gflowspec.compiler.environment import Environment
from gflowspec.compiler.native.arrays import TYPES
from gflowspec.compiler.native.cache import load as load_library
from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.functions import function
from gflowspec.compiler.native.moves import moves_text
from gflowspec.compiler.native.source import fixed
from gflowspec.compiler.native.toolchain import Compiler
from gflowspec.compiler.tensor.eager import executable
from gflowspec.compiler.tensor.kit import Kit
from gflowspec.compiler.tensor.reward import expression_program
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load

pytestmark = needs_compiler
CPU = torch.device("cpu")


def compiled(parts):
    return load_library("\n".join([fixed("arithmetic"), *parts]), Compiler.find())


def pointer(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


def instance_of(text, reward):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "e.gfs")
        path.write_text(text)
        spec, _ = load(str(path), (), vocabulary())
        instance, _ = instantiate(spec, "E", {}, reward)
    return None if instance is None else (derive(instance.environment)[0], instance.rewards[0])


# Expressions


def over_all(name, result):
    """A loop over states around a function of one."""
    return (
        f'extern "C" void all_{name}(const int64_t* states, int64_t rows, int64_t width,'
        f" {TYPES[result]}* out) {{ for (int64_t r = 0; r < rows; ++r)"
        f" {name}(states + r * width, nullptr, out + r); }}"
    )


def test_expressions_have_the_same_bits():
    texts, cases, refused = [], [], []
    for number, expression in enumerate(EXPRESSIONS):
        found = instance_of(TEXT.format(expression=expression), "Gain")
        if found is None:  # what is elaborated is the matter of the test it comes from
            continue
        derived, reward = found
        width = derived.codec.width
        generator = torch.Generator().manual_seed(0)
        sizes = torch.tensor([field.size for field in derived.codec.fields])
        states = (torch.rand((60, width), generator=generator) * sizes).long()
        for limit in (65_536, 1):
            program = expression_program(reward.log_value, Kit.of(derived, limit, CPU))
            (expected,) = executable(program)(states)
            name = f"f{number}_{limit}"
            try:
                texts.append(function(name, program, width, expected.dtype))
            except NoNativeForm:
                refused.append((expression, limit))
                continue
            texts.append(over_all(name, expected.dtype))
            cases.append((expression, name, states, expected))
    functions = compiled(texts)
    for expression, name, states, expected in cases:
        found = torch.empty_like(expected)
        call = getattr(functions, f"all_{name}")
        call(pointer(states), ctypes.c_int64(len(states)), ctypes.c_int64(states.shape[1]),
             pointer(found))  # fmt: skip
        assert torch.equal(found, expected), expression
    inexact = ("sqrt", "exp", "log1p", "^", "/")
    assert all(any(word in expression for word in inexact) for expression, _ in refused), refused
    assert len(refused) < len(cases) / 8
    assert len(cases) > len(EXPRESSIONS)


# Masks, steps and ends


def moves_of(derived, number):
    """The functions of an environment in a namespace of their own, with loops over states."""
    return f"""namespace e{number} {{
{moves_text(derived, 65_536)}
extern "C" void masks_{number}(const int64_t* states, int64_t rows, uint8_t* out) {{
  for (int64_t r = 0; r < rows; ++r) mask_of(states + r * WIDTH, out + r * ACTIONS);
}}
extern "C" void steps_{number}(const int64_t* states, const int64_t* actions, int64_t rows,
                               int64_t* after, uint8_t* done) {{
  for (int64_t r = 0; r < rows; ++r) {{
    step_of(states + r * WIDTH, actions[r], after + r * WIDTH);
    done[r] = is_terminal(after + r * WIDTH);
  }}
}}
}}"""


def check(functions, number, environment, states):
    """All masks, and every legal move."""
    rows = ctypes.c_int64(len(states))
    expected = environment.forward_mask(states)
    masks = torch.empty_like(expected, memory_format=torch.contiguous_format)
    getattr(functions, f"masks_{number}")(pointer(states), rows, pointer(masks))
    assert torch.equal(masks, expected)
    row, action = expected.nonzero(as_tuple=True)
    moves = action != (-1 if environment.stop_action is None else environment.stop_action)
    before, action = states[row[moves]].contiguous(), action[moves].contiguous()
    after, ended = environment.step(before, action)
    found, done = torch.empty_like(before), torch.empty_like(ended)
    rows = ctypes.c_int64(len(before))
    getattr(functions, f"steps_{number}")(
        pointer(before), pointer(action), rows, pointer(found), pointer(done)
    )
    assert torch.equal(found, after)
    assert torch.equal(done, ended)


def check_all(pairs):
    # Rewards have no part in it, and some take long to prepare.
    plain = {"value": const(1), "log_value": None, "mode": None, "lets": {}}
    worlds = [Environment.of(derived, attrs.evolve(reward, **plain)) for derived, reward in pairs]
    functions = compiled(moves_of(derived, n) for n, (derived, _) in enumerate(pairs))
    for number, world in enumerate(worlds):
        check(functions, number, world, few(visited(world, walks=8, seed=0), 60).contiguous())


def test_every_environment_of_the_library_has_a_native_form_that_agrees():
    one_each = {
        derived.environment.name: (derived, reward)
        for file in FILES
        for derived, reward in at_scope(file)
    }
    assert {"Hypergrid", "BitSeq", "Permutation", "Ordering"} <= set(one_each)
    check_all([*one_each.values()])


@pytest.mark.slow
def test_larger_instances_agree():
    check_all([larger(*case) for case in LARGER])


@given(texts=st.lists(specs(), min_size=8, max_size=8))
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_random_environments_agree(texts):
    pairs = [instance_of(text, "G") for text in texts]
    printable = []
    for pair in pairs:
        try:
            moves_text(pair[0], 65_536)
        except NoNativeForm:
            continue
        printable.append(pair)
    assert len(printable) > len(pairs) / 2
    check_all(printable)
