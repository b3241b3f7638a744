"""The layers of the package, its sub-packages and sizes, and that the Splunk side is Python 3.9."""

import ast
import sys
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "loglm_bridge"

#: Layer -> (own layers, distributions) it may import; the standard library always.
LAYERS = {
    "contract": (set(), set()),
    "splunk": ({"contract"}, {"requests", "splunklib"}),
    "telemetry": ({"contract"}, {"orjson"}),
    "model": (
        {"contract", "telemetry"},
        {"ahocorasick", "cryptography", "numpy", "re2", "onnxruntime", "safetensors", "tokenizers"},
    ),
    "sidecar": ({"contract", "telemetry", "model"}, {"numpy", "orjson", "starlette", "uvicorn"}),
    "interchange": ({"contract", "telemetry"}, {"pyarrow"}),
    "knowledge": ({"contract", "telemetry"}, {"sigma", "yaml"}),
    "harness": ({"contract"}, set()),
    "lab": (
        {"contract", "telemetry", "knowledge", "model"},
        {
            "numpy",
            "onnx",
            "onnxruntime",
            "orjson",
            "safetensors",
            "scipy",
            "sigma",
            "matplotlib",
            "sklearn",
            "tokenizers",
            "torch",
            "yaml",
        },
    ),
}

#: Folders that are no layer: the subcommands and what they show, measure or ship.
OUTSIDE = {"bench", "commands", "demo", "harness", "models", "samples"}

#: Most modules of a folder (without `__init__`), and most lines of a module; tables made by a program may be longer.
MAX_MODULES, MAX_LINES = 16, 320
GENERATED = {"contract/attack_table.py"}

#: The modules that do the input and output which the contract must not.
IO_MODULES = {"asyncio", "http", "logging", "os", "pathlib", "shutil", "socket", "ssl", "subprocess", "sys", "tempfile"}

#: Imports that a subcommand pays for when it needs them, not every start of `loglm`.
HEAVY = {"numpy", "onnxruntime", "starlette", "tokenizers", "torch", "uvicorn", "yaml"}

#: Of the standard library, what 3.9 lacks: modules, names, keyword arguments.
NEWER_MODULES = {"tomllib"}
NEWER_NAMES = {
    *("aclosing", "aiter", "anext", "assert_never", "assert_type", "bit_count", "chdir", "ExceptionGroup"),
    *("file_digest", "LiteralString", "NotRequired", "pairwise", "ParamSpec", "Required", "Self", "StrEnum"),
    *("TypeAlias", "TypeGuard", "UnionType", "Unpack", "UTC", "batched", "override", "deprecated"),
}
NEWER_KEYWORDS = {"zip": {"strict"}, "dataclass": {"slots", "kw_only"}, "field": {"kw_only"}, "bisect": {"key"}}


def modules(*folders: str) -> list[Path]:
    """All modules below the folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names of all imported modules, wherever in the tree they are imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            if node.module == PACKAGE:
                yield from (f"{PACKAGE}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def foreign(path: Path, own: set[str], distributions: set[str]) -> list[str]:
    """What a module imports beyond the standard library, its own layers and its distributions."""
    names = []
    for name in imports(ast.parse(path.read_text())):
        top, _, rest = name.partition(".")
        layer = rest.partition(".")[0]
        inside = top == PACKAGE and layer in own | {"", "__version__"}
        if not inside and top not in sys.stdlib_module_names | distributions:
            names.append(name)
    return names


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_downward(layer):
    own, distributions = LAYERS[layer]
    paths = modules(f"{PACKAGE}/{layer}")
    upward = {str(path.relative_to(ROOT)): foreign(path, own | {layer}, distributions) for path in paths}
    assert {path: names for path, names in upward.items() if names} == {}


def test_every_folder_of_the_package_is_a_layer():
    folders = {path.parent.relative_to(ROOT / PACKAGE).parts for path in modules(PACKAGE)}
    assert {parts[0] for parts in folders if parts} - OUTSIDE <= set(LAYERS)


def test_entry_points_import_the_splunk_side_only():
    upward = {path.name: foreign(path, {"contract", "splunk"}, {"requests", "splunklib"}) for path in modules("bin")}
    assert {name: names for name, names in upward.items() if names} == {}


def child_graph(package: Path) -> dict[str, set[str]]:
    """Return which children of a package import which others: its sub-packages as a whole, its modules, `__init__`."""
    base = package.relative_to(ROOT).parts
    graph: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        node = path.relative_to(package).parts[0].removesuffix(".py")
        edges = graph.setdefault(node, set())
        for name in imported_modules(parse(path)):
            parts = tuple(name.split("."))
            if parts[: len(base)] == base:
                edges.add(parts[len(base)] if len(parts) > len(base) else "__init__")
    return {node: edges - {node} for node, edges in graph.items()}


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """The full names of the imported modules of this package; `from package import module` names the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            folder = ROOT.joinpath(*node.module.split("."))
            for alias in node.names:
                is_module = (folder / f"{alias.name}.py").exists() or (folder / alias.name / "__init__.py").exists()
                yield f"{node.module}.{alias.name}" if is_module else node.module


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return a cycle of the graph; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


PACKAGES = sorted({path.parent for path in modules(PACKAGE)})


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_parts_of_a_package_import_each_other_without_a_cycle(package):
    assert cycle(child_graph(package)) == []


def test_no_folder_holds_too_many_modules():
    counts = Counter(path.parent for path in modules(PACKAGE) if path.name != "__init__.py")
    assert {str(path): count for path, count in counts.items() if count > MAX_MODULES} == {}


def test_no_module_is_too_long():
    lengths = {
        path.relative_to(ROOT / PACKAGE).as_posix(): len(path.read_bytes().splitlines()) for path in modules(PACKAGE)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES and name not in GENERATED} == {}


def test_torch_is_imported_in_the_lab_only():
    paths = [path for path in modules(PACKAGE, "bin") if "torch" in {n.split(".")[0] for n in imports(parse(path))}]
    assert [path for path in paths if ROOT / PACKAGE / "lab" not in path.parents] == []


def test_the_contract_does_no_input_or_output():
    for path in modules(f"{PACKAGE}/contract"):
        tree = parse(path)
        assert IO_MODULES.isdisjoint(name.split(".")[0] for name in imports(tree)), path
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert {"open", "print", "input"}.isdisjoint(call.id for call in calls if isinstance(call, ast.Name)), path


def test_the_command_line_imports_heavy_modules_only_in_its_subcommands():
    tree = parse(ROOT / PACKAGE / "cli.py")
    top_level = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {name for node in top_level for name in imports(ast.Module([node], []))}
    assert HEAVY.isdisjoint(name.split(".")[0] for name in names)
    assert {f"{PACKAGE}.{layer}" for layer in ("model", "sidecar", "lab")}.isdisjoint(
        ".".join(name.split(".")[:2]) for name in names
    )


def parse(path: Path) -> ast.Module:
    """The module's tree."""
    return ast.parse(path.read_text(), filename=str(path))


SPLUNK_SIDE = [*modules(f"{PACKAGE}/contract", f"{PACKAGE}/splunk", "bin"), ROOT / PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", SPLUNK_SIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_splunk_side_is_python_3_9(path):
    tree = ast.parse(path.read_text(), filename=str(path), feature_version=(3, 9))
    assert NEWER_MODULES.isdisjoint(name.split(".")[0] for name in imports(tree))
    assert newer_names(tree) == []


def newer_names(tree: ast.AST) -> list[str]:
    """Names and keyword arguments of the standard library that came after 3.9."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names += [alias.name for alias in node.names if alias.name in NEWER_NAMES]
        elif isinstance(node, ast.Attribute) and node.attr in NEWER_NAMES:
            names.append(node.attr)
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            names += [f"{name}({k.arg}=)" for k in node.keywords if k.arg in NEWER_KEYWORDS.get(name, ())]
    return names


@pytest.mark.parametrize(
    "text",
    ["from enum import StrEnum", "zip(a, b, strict=True)", "@dataclass(slots=True)\nclass A: pass", "datetime.UTC"],
)
def test_names_newer_than_3_9_are_detected(text):
    assert newer_names(ast.parse(text)) != []


def test_an_upward_import_is_detected(tmp_path):
    path = tmp_path / "upward.py"
    path.write_text("def f():\n    from loglm_bridge.model import labeller\n    import torch\n")
    assert foreign(path, {"contract"}, set()) == ["loglm_bridge.model", "torch"]


def test_a_cycle_is_detected():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
    assert cycle({"a": {"b", "c"}, "b": {"c"}}) == []
