"""What is installed is all that is needed, and no more; imports run downwards only."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.metadata import requires
from pathlib import Path

import pytest

import wsgicors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "wsgicors"

# From the ground up. A room imports only rooms on floors below its own.
FLOORS = [
    ["errors", "held", "loading", "forks", "hosts", "names", "paths"],
    ["logs", "suffixes"],
    ["origins"],
    ["expressions", "wildcards"],
    ["diagnosis", "strangers"],
    ["fields"],
    ["attributes", "given", "guards", "vocabulary", "cache"],
    ["policy", "invalidation", "requests"],
    ["admission", "configuration", "grants", "prefixes"],
    ["headers"],
    ["lines", "outcomes", "resolvers", "fetch"],
    ["crashes", "inspections", "layers", "reachable", "trial"],
    ["middleware", "comparison"],
    ["__init__", "review", "standing"],
    ["flask"],
    ["testing", "check", "compat", "policies", "explain"],
    ["demo", "pytest_plugin"],
    ["cli"],
    ["__main__"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def module_of(source):
    """The name under which a file is imported."""
    return ".".join(source.relative_to(ROOT).with_suffix("").parts).replace(".__init__", "")


def room_of(module):
    """The part of the package that a module is in; of the package itself, its ``__init__``."""
    return [*module.split("."), "__init__"][1]


SOURCES = {module_of(source): source for source in sorted(PACKAGE.rglob("*.py"))}


def imports_of(module, nodes):
    """The modules of this package that are imported in some nodes of a module's syntax tree."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in SOURCES)
        elif isinstance(node, ast.ImportFrom):
            base = resolved(module, node)
            found = (f"{base}.{alias.name}" for alias in node.names)
            yield from (name if name in SOURCES else base for name in found if base in SOURCES)


def resolved(module, node):
    """The module that an import names, in full where it is relative."""
    if not node.level:
        return node.module
    package = module if SOURCES[module].name == "__init__.py" else module.rpartition(".")[0]
    above = package.split(".")[: len(package.split(".")) + 1 - node.level]
    return ".".join([*above, *filter(None, [node.module])])


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_downwards_only(module):
    room = room_of(module)
    assert room in FLOOR_OF, f"{room} has no floor yet"
    for imported in imports_of(module, ast.walk(ast.parse(SOURCES[module].read_text("utf-8")))):
        below = FLOOR_OF[room_of(imported)] < FLOOR_OF[room]
        assert below or room_of(imported) == room, f"{room} imports {imported}, which is not below"


def test_no_files_import_one_another():
    graph = {
        module: set(imports_of(module, ast.parse(source.read_text("utf-8")).body)) - {module}
        for module, source in SOURCES.items()
    }
    TopologicalSorter(graph).prepare()


def test_the_core_needs_werkzeug_and_the_public_suffix_list_alone():
    always = [line for line in requires("wsgicors") if "extra ==" not in line]
    assert {re.match(r"[\w-]+", line)[0] for line in always} == {"Werkzeug", "publicsuffixlist"}


@pytest.mark.parametrize(
    "module", ["flask", "werkzeug.routing", "publicsuffixlist", "idna", "redis", "psycopg"]
)
def test_importing_the_core_does_not_load(module):
    loaded = loaded_by("from wsgicors import *")
    assert {"wsgicors.cache", "wsgicors.middleware", "wsgicors.policy"} <= loaded
    assert module not in loaded


def test_the_plugin_costs_the_tests_of_others_no_imports():
    loaded = loaded_by("import wsgicors.pytest_plugin")
    ours = {name for name in loaded if name.startswith("wsgicors")}
    assert ours == {"wsgicors", "wsgicors.pytest_plugin"}


@pytest.mark.parametrize("name", wsgicors.__all__)
def test_a_name_of_the_core_is_an_attribute(name):
    assert getattr(wsgicors, name).__name__ == name
    assert name in dir(wsgicors)


def loaded_by(statement):
    """The modules that are there after a statement, in a process of its own."""
    program = f"import sys; sys.path[:] = {sys.path}; {statement}; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


def test_every_file_of_the_package_is_installed():
    installed = Path(wsgicors.__file__).parent
    assert files_below(installed) == files_below(PACKAGE)


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox installs the package")
def test_the_tests_run_against_the_installed_package():
    assert "site-packages" in Path(wsgicors.__file__).parts


def files_below(folder):
    """The files of a folder, without what tools leave there."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {file for file in files if not re.search(r"(^|/)(__pycache__/|\.)", file.as_posix())}
