"""Settings: precedence, constructors, provenance, and what can be wrong with them."""

import pytest
from texts import codes, experiment, words

from gflowspec.core.schema import ComponentCall

HEAD = """gfs 1.0
param rate: real(0..) = 1e-2
const WIDTH = 32
environment Grid(side: int[2..99] = 4) {
  state { x: int[0..side - 1] = 0 }
  action step() { x += 1 }
  stop
}
environment Wide = Grid(side = 50)
environment Other() { state { b: bool } action set() { b = true } stop }
reward Flat(height: real(0..) = 1) for Grid { R = height }
reward Tall = Flat(height = 7)
reward Elsewhere() for Other { R = 1 }
"""
BASE = "environment = Grid() reward = Flat() objective = tb()"


def run(body, *overrides, head=HEAD):
    return experiment(f"{head}experiment e {{ {body} }}\n", *overrides)


def settings(body, *overrides, head=HEAD):
    _, config, found = run(body, *overrides, head=head)
    assert config is not None, [item.message for item in found]
    return config.settings


def test_defaults_come_from_the_schema():
    found = settings(BASE)
    assert found["train.batch"].value == 16
    assert found["train.batch"].source == "default"
    assert found["policy.backward"].value == "uniform"
    assert found["train.optimizer.lr"].value == 1e-3


def test_precedence_is_default_base_file_command_line():
    head = HEAD + f"experiment base {{ {BASE} train {{ batch = 8 seed = 3 ema = 0.5 }} }}\n"
    text = head + "experiment e extends base { train { batch = 9 seed = 4 } }\n"
    _, config, found = experiment(text, "train.seed=5")
    assert not codes(found)
    values = {key: config.settings[f"train.{key}"] for key in ("ema", "batch", "seed", "device")}
    assert [item.value for item in values.values()] == [0.5, 9, 5, "auto"]
    assert values["seed"].source == "command line"
    assert values["device"].source == "default"
    assert values["ema"].source.endswith(":14:100")
    assert values["batch"].source.endswith(":15:37")


def test_the_last_override_wins():
    found = settings(BASE, "train.batch=2", "train.batch=3")
    assert found["train.batch"].value == 3


def test_diagnostics_of_overrides_are_placed_in_their_text():
    _, _, found = run(BASE, "train.batch=2", "train.batchh=3")
    assert codes(found) == ["GFS111"]
    span = found[0].primary.span
    assert span.file.name == "<command line>"
    assert span.file.text == "train.batchh=3"
    assert span.text == "batchh"
    assert found[0].fixes[0].edits[0].text == "batch"


def test_sections_and_paths_mean_the_same():
    a = settings(BASE + " policy { backward = tlm(lr = 1e-4) } train { batch = 4 }")
    b = settings(BASE + " policy.backward = tlm() policy.backward.lr = 1e-4 train.batch = 4")
    c = settings(BASE + " policy { backward = tlm() backward { lr = 1e-4 } } train.batch = 4")
    plain = [{key: item.value for key, item in found.items()} for found in (a, b, c)]
    assert plain[0] == plain[1] == plain[2]


def test_setting_a_constructor_discards_its_arguments():
    found = settings(BASE + " policy.backward = tlm(lr = 5)", "policy.backward=tlm")
    assert found["policy.backward.lr"].value == 1e-3
    assert found["policy.backward.lr"].source == "default"


def test_arguments_of_default_constructors_can_be_set():
    assert settings(BASE, "train.optimizer.lr=0.5")["train.optimizer.lr"].value == 0.5
    assert settings(BASE, "policy.encoder.hidden=[8]")["policy.encoder.hidden"].value == (8,)


def test_a_default_follows_another_setting():
    found = settings(BASE + " policy.backward = tlm()", "train.optimizer.lr=0.25")
    assert found["policy.backward.lr"].value == 0.25
    found = settings(BASE + " policy.backward = tlm(lr = 2)", "train.optimizer.lr=0.25")
    assert found["policy.backward.lr"].value == 2


def test_a_number_is_short_for_a_constructor():
    found = settings(BASE + " policy.forward = learned(explore = 0.125)")
    assert found["policy.forward.explore"].value == "epsilon"
    assert found["policy.forward.explore.p"].value == 0.125


def test_positional_arguments_follow_the_declaration():
    found = settings(BASE + " train.schedule = half_life(100)")
    assert found["train.schedule.iterations"].value == 100


def test_expressions_parameters_and_constants_are_folded():
    found = settings(BASE + " train.optimizer.lr = rate / 2 policy.encoder.hidden = [WIDTH, 2 * 4]")
    assert found["train.optimizer.lr"].value == 0.005
    assert found["policy.encoder.hidden"].value == (32, 8)
    assert settings(BASE + " train.optimizer.lr = rate", "rate=3")["train.optimizer.lr"].value == 3


def test_none_clears_an_optional_setting():
    found = settings(BASE + " train.budget = 2min", "train.budget=none")
    assert found["train.budget"].value is None
    assert settings(BASE + " train.budget = 2min")["train.budget"].value == 120.0


def test_intervals_are_counts_or_times():
    assert settings(BASE + " train.checkpoint_every = 50")["train.checkpoint_every"].value == 50
    found = settings(BASE + " train.checkpoint_every = 500ms")
    assert found["train.checkpoint_every"].value == 0.5


def test_environment_and_reward_arguments_are_settings():
    instance, config, _ = run("environment = Wide reward = Tall objective = tb")
    assert instance.environment.parameters == {"side": 50}
    assert instance.rewards[0].parameters["height"] == 7
    instance, config, _ = run(BASE, "environment.side=9", "reward.height=1/3")
    assert instance.environment.parameters == {"side": 9}
    assert str(instance.rewards[0].parameters["height"]) == "1/3"
    assert config.settings["environment.side"].source == "command line"
    assert config.settings["environment"].value == "Grid"
    instance, _, _ = run(BASE, "environment.side=9", "environment=Grid()")
    assert instance.environment.parameters == {"side": 4}


def test_exclusive_settings_replace_each_other_across_layers():
    found = settings(BASE + " train.trajectories = 100", "train.steps=7")
    assert (found["train.steps"].value, found["train.trajectories"].value) == (7, None)
    found = settings(BASE)
    assert (found["train.steps"].value, found["train.trajectories"].value) == (None, 1_000_000)


@pytest.mark.parametrize(
    ("body", "overrides"),
    [
        (BASE + " train { steps = 1 trajectories = 2 }", ()),
        (BASE, ("train.steps=1", "train.trajectories=2")),
    ],
)
def test_exclusive_settings_conflict_within_a_layer(body, overrides):
    assert codes(run(body, *overrides)[2]) == ["GFS403"]


def test_schedules_replace_those_of_the_base_by_interval():
    head = HEAD + (
        f"experiment base {{ {BASE} evaluate {{ every 10 {{ metrics = [loss()] }} "
        "every 20 { metrics = [loss()] } } }\n"
    )
    text = head + "experiment e extends base { evaluate { every 10 { metrics = [tv_exact()] } } }\n"
    _, config, found = experiment(text)
    assert not codes(found)
    names = {item.every: [call.name for call in item.metrics] for item in config.evaluate}
    assert names == {10: ["tv_exact"], 20: ["loss"]}


def test_lists_of_metrics_are_appended_to():
    head = HEAD + f"experiment base {{ {BASE} evaluate.final = [loss()] }}\n"
    text = head + "experiment e extends base { evaluate.final += [tv_exact] }\n"
    _, config, found = experiment(text)
    assert not codes(found)
    assert [call.name for call in config.evaluate[-1].metrics] == ["loss", "tv_exact"]
    assert config.evaluate[-1].every == 0


def test_metric_arguments_have_defaults():
    body = BASE + " evaluate.final = [tv_empirical(samples = 5)]"
    _, config, _ = run(body)
    (call,) = config.evaluate[0].metrics
    assert isinstance(call, ComponentCall)
    assert call.arguments == {"samples": 5, "source": "fresh"}


def test_calls_build_components():
    _, config, _ = run(BASE + " policy.encoder = mlp(hidden = [4])")
    assert words().build(config.policy["encoder"]).hidden == (4,)
    assert words().build(config.train["optimizer"]).lr == 1e-3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (BASE + " train.btch = 3", "GFS111"),
        (BASE + " trian.batch = 3", "GFS111"),
        (BASE + " objective.lamda = 1", "GFS111"),
        (BASE + " policy.backward.lr = 1", "GFS111"),
        (BASE + " train.batch.x = 1", "GFS111"),
        (BASE + " environment.sid = 3", "GFS111"),
        (BASE + " every 3 { metrics = [] }", "GFS111"),
        (BASE + " evaluate { every 3 { metric = [] } }", "GFS111"),
        (BASE + " policy.backward = uniform(lr = 1)", "GFS402"),
        ("environment = Grid() reward = Flat()", "GFS112"),
        ("environment = Grid() objective = tb", "GFS112"),
        (BASE + " train.schedule = half_life()", "GFS112"),
        (BASE + " train.batch = 3 train.batch = 4", "GFS113"),
        (BASE + " train { batch = 3 } train.batch = 4", "GFS113"),
        (BASE + " policy.backward = tlm(lr = 1) policy.backward.lr = 2", "GFS113"),
        (BASE + " evaluate { every 3 { } every 3 { } }", "GFS113"),
        (BASE + " environment = Grid()", "GFS113"),
        (BASE + ' train.batch = "3"', "GFS120"),
        (BASE + " train.batch = 1.5", "GFS120"),
        (BASE + " train.deterministic = 1", "GFS120"),
        (BASE + " train.precision = float16", "GFS120"),
        (BASE + " policy.encoder = 3", "GFS120"),
        (BASE + " policy.encoder.hidden = 3", "GFS120"),
        (BASE + " evaluate.final = tv_exact()", "GFS120"),
        (BASE + " train.batch += 3", "GFS120"),
        (BASE + " train = 3", "GFS120"),
        (BASE + " train.batch = 0", "GFS121"),
        (BASE + " train.optimizer.lr = 0", "GFS121"),
        (BASE + " policy.encoder.hidden = [3, 0]", "GFS121"),
        (BASE + " environment.side = 100", "GFS121"),
        (BASE + " reward.height = 0", "GFS121"),
        (BASE + " environment.side = 2.5", "GFS120"),
        (BASE + " train.budget = 3", "GFS127"),
        (BASE + " train.budget = 3KiB", "GFS127"),
        (BASE + " train.batch = 3s", "GFS127"),
        (BASE + " train.batch = x", "GFS101"),
        ("environment = Grod() reward = Flat() objective = tb", "GFS101"),
        ("environment = Grid() reward = Flat() objective = tbb", "GFS101"),
        (BASE + " evaluate.final = [tv_exat()]", "GFS101"),
        ("environment = Flat() reward = Flat() objective = tb", "GFS104"),
        ("environment = Grid() reward = Elsewhere() objective = tb", "GFS403"),
        ("environment = Grid(5) reward = Flat() objective = tb", "GFS120"),
    ],
)
def test_mistakes(body, code):
    _, config, found = run(body)
    assert codes(found) == [code], [item.message for item in found]
    assert config is None
    assert all(item.primary is not None for item in found)


def test_suggestions_for_settings_can_be_applied():
    text = HEAD + f"experiment e {{ {BASE} train.btch = 3 }}\n"
    found = experiment(text)[2]
    (edit,) = found[0].fixes[0].edits
    fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert not codes(experiment(fixed)[2])


@pytest.mark.parametrize(
    ("override", "takes"),
    [
        ("train.trajectories=abc", "`train.trajectories` takes an integer in [1..] or `none`"),
        ("train.optimizer.lr=fast", "takes a number in (0..) (the default is `0.001`)"),
        ("policy.encoder.hidden=[a]", "takes a list, each item an integer in [1..]"),
        ("train.deterministic=yes", "takes `true` or `false` (the default is `false`)"),
        ("train.checkpoint_every=never", "a time such as `5min`, in (0..) (the default is `300s`)"),
    ],
)
def test_whoever_writes_a_name_is_told_what_the_setting_takes(override, takes):
    [found] = run(BASE, override)[2]
    assert found.code == "GFS101"
    assert takes in found.helps[0]


@pytest.mark.parametrize(
    ("override", "write"),
    [
        ("batch=4", "train.batch"),
        ("side=5", "environment.side"),
        ("height=5", "reward.height"),
        ("epochs=5", "train.steps"),
        ("train.hidden=[8]", "policy.encoder.hidden"),
        ("policy.lr=0.1", "train.optimizer.lr"),
    ],
)
def test_whoever_leaves_the_path_out_is_told_the_path(override, write):
    [found] = run(BASE, override)[2]
    assert (found.code, found.helps) == ("GFS111", (f"write `{write}`",))
    assert not codes(run(BASE, f"{write}={override.partition('=')[2]}")[2])


def test_a_path_that_is_left_out_can_be_filled_in():
    [found] = run(BASE + " batch = 4")[2]
    assert found.fixes[0].edits[0].text == "train.batch"
    [below] = run(BASE + " train { lr = 0.1 }")[2]
    assert below.fixes[0].edits[0].text == "optimizer.lr"
    assert not run(BASE + " policy { batch = 4 }")[2][0].fixes
    assert not run(BASE + " train.batch = 3 batch = 4")[2][0].fixes


def test_a_name_that_stands_for_a_parameter_is_told_its_type():
    [found] = run(BASE, "environment.side=abc")[2]
    assert found.helps == ("`side` takes `int[2..99]` (the default is `4`)",)


def test_what_follows_a_component_that_is_wrong_is_not_reported():
    body = BASE + " policy.backward = tlm() train.optimizer = sgd(lr = 3)"
    assert codes(run(body)[2]) == ["GFS101"]


def test_what_a_file_has_is_listed_where_nothing_is_near():
    [found] = run(BASE.replace("Grid()", "Nope()"))[2]
    assert found.message == "undefined environment `Nope`"
    assert found.notes == ("there are: `Grid`, `Other`, `Wide`",)


def test_several_mistakes_are_reported_in_one_run():
    body = BASE + " train { btch = 3 budget = 3 } environment.side = 1 evaluate.final = [loss(3)]"
    assert codes(run(body)[2]) == ["GFS111", "GFS120", "GFS121", "GFS127"]


def test_a_broken_environment_hides_no_unknown_setting():
    head = HEAD.replace("x += 1", "y += 1")
    found = run(BASE + " train.btch = 3", head=head)[2]
    assert codes(found) == ["GFS101", "GFS111"]


def test_a_broken_environment_hides_no_error_of_its_reward():
    head = HEAD.replace("x += 1", "x += true").replace("R = height", "R = height and true")
    assert codes(run(BASE, head=head)[2]) == ["GFS120", "GFS120"]


def test_unknown_experiments_are_named():
    text = f"{HEAD}experiment e {{ {BASE} }}\n"
    _, config, found = experiment(text, name="ee")
    assert config is None
    assert codes(found) == ["GFS101"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("objective.lr_z = 1e400", "`objective.lr_z` cannot be 1e400: it must lie in float64"),
        ("train.steps = 1e400", "`train.steps` cannot be 1e400: it must lie in int64"),
        (
            "train.optimizer.lr = 1e-400",
            "`train.optimizer.lr` cannot be 1e-400: it must lie in (0..)",
        ),
        ("train.seed = 2 ^ 63", "`train.seed` cannot be 9223372036854775808: it must lie in [0.."),
        (
            "objective.lr_z = exp(999)",
            "`objective.lr_z` cannot be exp(999): it must lie in float64",
        ),
        ("train.ema = exp(999)", "`train.ema` cannot be inf: it must lie in [0..1)"),
    ],
)
def test_numbers_that_the_machine_cannot_keep(body, message):
    (item,) = run(f"{BASE} {body}")[2]
    assert item.code == "GFS121"
    assert item.message.startswith(message)


def test_a_default_time_is_shown_with_its_unit():
    (item,) = run(f"{BASE} train.checkpoint_every = 0s")[2]
    assert item.helps == ("the default is `300s`",)
