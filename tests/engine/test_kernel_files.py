"""Kernel files stand alone: numba's on-disk cache does not notice an edit in a helper of another file."""

import ast
from pathlib import Path

import pytest

import palveluverkko

ROOT = Path(palveluverkko.__file__).parent
KERNEL_FILES = sorted(ROOT.rglob("*_kernels.py"))
MAY_IMPORT = {"__future__", "collections", "llvmlite", "numba", "numpy", "operator", "typing"}


def imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("file", KERNEL_FILES, ids=lambda file: file.stem)
def test_a_kernel_file_imports_nothing_of_ours(file):
    assert {name.split(".")[0] for name in imported(file)} <= MAY_IMPORT


def test_only_kernel_files_import_numba_when_loaded():
    compiled = {file for file in ROOT.rglob("*.py") if any(name.split(".")[0] == "numba" for name in imported(file))}
    assert set(KERNEL_FILES) <= compiled
    assert compiled - set(KERNEL_FILES) <= {ROOT / "engine" / "search.py"}
