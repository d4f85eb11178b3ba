"""Sizes that keep code readable: file, function, class, arguments, inheritance."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
LIMITS = {"file": 400, "function": 50, "class": 12, "arguments": 7, "inheritance": 2}
#: Its classes stand for what attrs would generate in each class; to derive from them is no step.
GENERATED = "gflowspec/core/frozen.py"
BANNED = {"utils", "helpers", "manager", "handler", "handlers", "managers", "misc", "common"}


@attrs.frozen
class Measure:
    path: str
    rule: str
    name: str
    value: int


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, the docstring not counted."""
    body = node.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    start = body[0].end_lineno if documented else node.lineno
    return node.end_lineno - start


def arguments_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    spec = node.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def measures(path: str, text: str) -> Iterator[Measure]:
    yield Measure(path, "file", "", text.count("\n"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Measure(path, "function", node.name, lines_of(node))
            # A click callback has one argument for each flag: its signature is the command line.
            if not any("click" in ast.unparse(item) for item in node.decorator_list):
                yield Measure(path, "arguments", node.name, arguments_of(node))
        if isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
            public = [item for item in methods if not item.name.startswith("_")]
            yield Measure(path, "class", node.name, len(public))


def inheritance(texts: dict[str, str]) -> Iterator[Measure]:
    """Steps from each class to its root within the package: abstract -> final is one.

    Classes of one name in different modules are different classes.
    """
    parents: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for path, text in texts.items():
        tree = ast.parse(text)
        origin = {
            alias.asname or alias.name: (f"{node.module.replace('.', '/')}.py", alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                # A dotted base (`nn.Module`) belongs to another library.
                names = [base.id for base in node.bases if isinstance(base, ast.Name)]
                bases = {origin.get(name, (path, name)) for name in names}
                parents[path, node.name] = {base for base in bases if base[0] != GENERATED}

    def depth(key: tuple[str, str], seen: frozenset[tuple[str, str]]) -> int:
        if key in seen or key not in parents:
            return -1
        return 1 + max((depth(base, seen | {key}) for base in parents[key]), default=-1)

    for path, name in parents:
        yield Measure(path, "inheritance", name, depth((path, name), frozenset()))


def sources() -> list[Path]:
    return sorted((ROOT / "gflowspec").rglob("*.py"))


def violations(
    found: list[Measure], exceptions: list[dict[str, object]]
) -> tuple[list[str], list[str]]:
    """What passes its budget, and the exceptions that nothing needs."""
    broken, needed = [], set()
    for item in found:
        if item.value <= LIMITS[item.rule]:
            continue
        for index, allowed in enumerate(exceptions):
            same = (allowed["path"], allowed["rule"], allowed.get("name", "")) == (
                item.path,
                item.rule,
                item.name,
            )
            if same and item.value <= int(allowed["limit"]):
                needed.add(index)
                break
        else:
            broken.append(
                f"{item.path}: {item.rule} {item.name} {item.value} > {LIMITS[item.rule]}"
            )
    unused = [str(item) for index, item in enumerate(exceptions) if index not in needed]
    return broken, unused


def exceptions() -> list[dict[str, object]]:
    text = (ROOT / "tests/architecture/exceptions.toml").read_text()
    return tomllib.loads(text).get("exception", [])


def test_budgets_hold():
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in sources()}
    found = [measure for path, text in texts.items() for measure in measures(path, text)]
    found += inheritance(texts)
    broken, unused = violations(found, exceptions())
    assert not broken, "\n".join(broken)
    assert not unused, "exceptions that nothing needs:\n" + "\n".join(unused)


def test_exceptions_have_reasons():
    for item in exceptions():
        assert str(item["reason"]).strip(), item


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x = 1\n" * 401, "file"),
        ("def f():\n" + "    x = 1\n" * 51, "function"),
        ("def f(a, b, c, d, e, f, g, h): ...\n", "arguments"),
        ("class A:\n" + "".join(f"    def m{i}(self): ...\n" for i in range(13)), "class"),
    ],
)
def test_each_budget_can_fail(text, rule):
    broken, _ = violations(list(measures("a.py", text)), [])
    assert [line for line in broken if f": {rule} " in line]


def test_deep_inheritance_is_found():
    text = "class A: ...\nclass B(A): ...\nclass C(B): ...\nclass D(C): ...\n"
    broken, _ = violations(list(inheritance({"a.py": text})), [])
    assert broken == ["a.py: inheritance D 3 > 2"]


def test_an_unneeded_exception_fails():
    spare = {"path": "a.py", "rule": "file", "limit": 500, "reason": "history"}
    assert violations(list(measures("a.py", "x = 1\n")), [spare])[1]


def test_no_file_or_package_is_called_by_what_it_is_not():
    names = [path for path in sources() if path.stem in BANNED or path.parent.name in BANNED]
    assert not names


def test_only_the_top_level_package_has_code_in_its_init():
    for path in (ROOT / "gflowspec").rglob("__init__.py"):
        if path.parent.name == "gflowspec":
            continue
        code = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.Expr)]
        imports = all(
            isinstance(node, ast.ImportFrom | ast.Assign) for node in code
        )  # re-exports of a pass and __all__
        assert imports, f"{path} holds code"
