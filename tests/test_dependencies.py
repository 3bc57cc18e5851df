"""The package imports what pyproject.toml declares, and nothing that merely comes along with it."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "palveluverkko"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("access", "h3", "osmnx")
ASKED_FOR_BY_NAME = {"openpyxl", "pyogrio", "xstatic-leaflet"}
"""pandas and geopandas import the first two when a workbook or a layer is read; of the last the page takes files."""

FOR_ITS_USERS = {"osmnx"}
"""Extras that the library hands its graphs to and never imports."""


def normal(requirement):
    """Name a distribution as registries compare names."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def imports(tree):
    """Give the top-level names that a module imports, and whether it does so when it is itself imported."""
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        else:
            continue
        for name in names:
            yield name.partition(".")[0], id(node) not in inside


def foreign_imports(folder):
    """Give each import of another distribution: file, name, whether at once."""
    known = {"palveluverkko", "__future__", *sys.stdlib_module_names}
    return [
        (path.relative_to(folder).as_posix(), name, at_once)
        for path in sorted(folder.rglob("*.py"))
        for name, at_once in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name not in known
    ]


@cache
def all_distributions():
    return packages_distributions()


def distributions_of(name):
    return {normal(one) for one in all_distributions().get(name, ())}


@pytest.fixture(scope="module")
def found():
    return foreign_imports(SOURCE)


def test_every_import_is_declared_and_none_merely_comes_along(found):
    declared = {normal(one) for one in PROJECT["dependencies"]}
    optional = {normal(one) for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra]}
    wrong = [(file, name) for file, name, _ in found if not distributions_of(name) & (declared | optional)]
    assert wrong == []


def test_what_is_optional_is_imported_only_when_it_is_asked_for(found):
    declared = {normal(one) for one in PROJECT["dependencies"]}
    at_once = [(file, name) for file, name, at_once in found if at_once and not distributions_of(name) & declared]
    assert at_once == []


def test_everything_declared_is_used(found):
    used = {one for _, name, _ in found for one in distributions_of(name)} | ASKED_FOR_BY_NAME
    declared = {normal(one) for one in PROJECT["dependencies"]}
    optional = {normal(one) for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra]}
    assert (declared | optional) - used == FOR_ITS_USERS


def test_the_extras_are_the_optional_packages_that_developers_have_too():
    extras = PROJECT["optional-dependencies"]
    assert set(extras) == {*EXTRAS, "dev"}
    assert {normal(one) for extra in EXTRAS for one in extras[extra]} <= {normal(one) for one in extras["dev"]}


def test_an_import_that_only_comes_along_is_found(tmp_path):
    (tmp_path / "module.py").write_text(
        "import branca\n\n\ndef late():\n    from access import fca\n", encoding="utf-8"
    )
    assert foreign_imports(tmp_path) == [("module.py", "branca", True), ("module.py", "access", False)]
    assert distributions_of("branca") == {"branca"}
