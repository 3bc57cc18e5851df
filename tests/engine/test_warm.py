"""Compiled kernels ahead: after warming nothing is compiled, and there is always a place to keep them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lattice import write_lattice, write_spots
from little_study import write_little_study

import palveluverkko

PACKAGE = Path(palveluverkko.__file__).parent

COUNTED = """
import sys
from palveluverkko.engine.warm import choose_cache_folder
choose_cache_folder()
from palveluverkko.engine import search_kernels
events = sys.modules["numba.core.event"]
compiled = []
class Listener(events.Listener):
    def on_start(self, event):
        compiled.append(event.data["dispatcher"].py_func.__qualname__)
    def on_end(self, event):
        pass
events.register("numba:compile", Listener())
{work}
kernels = [module for name, module in sys.modules.items() if name.startswith("palveluverkko") and "_kernels" in name]
for module in kernels:
    for name, kernel in vars(module).items():
        for types in getattr(kernel, "signatures", ()):
            print("used:", module.__name__, name, *types)
print("compiled:", *compiled)
"""

COMMANDS = """
from palveluverkko.cli.commands import app
from palveluverkko.network import build
def call(*arguments):
    app([str(one) for one in arguments], standalone_mode=False)
call("run", "little/study.toml")
call("network", "build", "town.osm.pbf", "--out", "town.pvnet")
call("network", "build", "left_turns.osm.pbf", "--out", "left_turns.pvnet")
build._MANY_NODES = 0
call("network", "build", "town.osm.pbf", "--out", "town.pvnet")
for method in ("auto", "buckets", "sweep"):
    call("matrix", "town.pvnet", "few.csv", "many.csv", "--method", method, "--out", "there.parquet")
    call("matrix", "town.pvnet", "many.csv", "few.csv", "--method", method, "--out", "back.csv")
call("isochrones", "town.pvnet", "few.csv", "--out", "areas.gpkg", "--minutes", "5,10")
call("check", "little/study.toml")
"""


def run_python(code, folder, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_after_warming_no_command_compiles_anything(tmp_path):
    write_little_study(tmp_path / "little")
    write_lattice(tmp_path / "town.osm.pbf", 145)
    write_lattice(tmp_path / "left_turns.osm.pbf", 5, highway="secondary")
    write_spots(tmp_path / "few.csv", 145, 70, name="F")
    write_spots(tmp_path / "many.csv", 145, 300, name="M")
    warming = COUNTED.format(work="from palveluverkko.study.warm import compile_kernels\ncompile_kernels()")
    run_python(warming, tmp_path)
    warmed = run_python(warming, tmp_path).splitlines()
    heard = run_python(COUNTED.format(work=COMMANDS), tmp_path).splitlines()
    assert (warmed[-1].split(), heard[-1].split()) == (["compiled:"], ["compiled:"])
    # What an earlier run left on disk is not compiled either, and was not warmed for all that.
    assert {line for line in heard if line.startswith("used:")} - set(warmed) == set()


def test_what_is_compiled_is_told_once_and_only_when_it_is(tmp_path):
    code = """
import numpy as np
from palveluverkko.engine import topology
from palveluverkko.engine.warm import told_when_compiling
with told_when_compiling(lambda: print("told")):
    topology.component_labels(2, np.asarray([0]), np.asarray([1]))
    topology.sort_arcs(2, np.asarray([0]), np.asarray([1]))
"""
    assert run_python(code, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")).split() == ["told"]
    assert run_python(code, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")).split() == []


@pytest.fixture
def closed_package(tmp_path):
    """Copy the package to where nothing can be written beside its kernels, whoever runs the test."""
    shutil.copytree(PACKAGE, tmp_path / "closed" / "palveluverkko", ignore=shutil.ignore_patterns("__pycache__"))
    for room in ("engine", "network", "osm"):
        (tmp_path / "closed" / "palveluverkko" / room / "__pycache__").write_text("in the way")
    return tmp_path / "closed"


WITHOUT_LINEAR_ALGEBRA = """
import sys, threading
from palveluverkko.engine.warm import _Refusing, import_numba
finders = list(sys.meta_path)
import_numba()
print("numba.np.arraymath" in sys.modules, "scipy.linalg" in sys.modules, sys.meta_path == finders)
def attempt():
    try:
        import scipy.linalg.cython_blas
    except ModuleNotFoundError:
        print("refused")
    else:
        print("imported")
sys.meta_path.insert(0, _Refusing(threading.get_ident()))
attempt()
thread = threading.Thread(target=attempt)
thread.start()
thread.join()
"""


def test_numba_comes_without_linear_algebra_and_other_threads_may_import_it_meanwhile(tmp_path):
    heard = run_python(WITHOUT_LINEAR_ALGEBRA, tmp_path)
    assert heard.split() == ["True", "False", "True", "refused", "imported"]


FROM_DISK = """
import sys
import numpy as np
from palveluverkko.engine.warm import import_numba
import_numba()
import_numba()
from palveluverkko.engine import topology, topology_kernels
labels = topology.component_labels(4, np.asarray([0, 2]), np.asarray([1, 3]))
hits = sum(topology_kernels.component_labels.stats.cache_hits.values())
print("compiler:", "numba.np.npyimpl" in sys.modules, *labels, hits)
import numba
@numba.njit
def norms(values):
    return [np.sqrt(value) for value in values]
print("another:", *norms(np.asarray([4.0, 9.0])))
"""


def test_a_kernel_on_disk_is_loaded_without_the_compiler_and_others_still_compile(tmp_path):
    first, then = (run_python(FROM_DISK, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "kept")) for _ in range(2))
    assert first.splitlines() == ["compiler: True 0 0 2 2 0", "another: 2.0 3.0"]
    assert then.splitlines() == ["compiler: False 0 0 2 2 1", "another: 2.0 3.0"]


FOLDER = """
import os
import numpy as np
from palveluverkko.engine.warm import cache_folder, choose_cache_folder
choose_cache_folder()
from palveluverkko.engine import topology
topology.component_labels(2, np.asarray([0]), np.asarray([1]))
print(topology.__file__)
print(cache_folder())
print(any(name.endswith(".nbi") for _, _, names in os.walk(cache_folder()) for name in names))
"""


def test_kernels_are_kept_in_the_users_cache_when_the_package_is_read_only(closed_package, tmp_path):
    file, folder, kept = run_python(FOLDER, tmp_path, PYTHONPATH=str(closed_package)).splitlines()
    assert Path(file).is_relative_to(closed_package)
    assert (Path(folder), kept) == (tmp_path / "cache" / "palveluverkko" / "numba", "True")


def test_kernels_run_when_nothing_but_a_temporary_folder_can_be_written_to(closed_package, tmp_path):
    (tmp_path / "file").write_text("in the way")
    nowhere = str(tmp_path / "file")
    heard = run_python(FOLDER, tmp_path, PYTHONPATH=str(closed_package), XDG_CACHE_HOME=nowhere, HOME=nowhere)
    _, folder, kept = heard.splitlines()
    assert (Path(folder).name.startswith("palveluverkko-"), kept) == (True, "True")
    assert not Path(folder).exists()


def test_nothing_is_compiled_ahead_where_it_cannot_be_kept(closed_package, tmp_path):
    (tmp_path / "file").write_text("in the way")
    nowhere = str(tmp_path / "file")
    code = "import sys\nfrom palveluverkko import cli\nsys.argv = ['palveluverkko', 'warm']\ntry: cli.main()\n"
    code += "except SystemExit as end: print(end.code)\nprint('numba' in sys.modules)"
    heard = run_python(code, tmp_path, PYTHONPATH=str(closed_package), XDG_CACHE_HOME=nowhere, HOME=nowhere)
    assert heard.split() == ["2", "False"]


def test_a_folder_that_the_user_names_is_taken(tmp_path):
    heard = run_python(FOLDER, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "own"))
    assert heard.splitlines()[1:] == [str(tmp_path / "own"), "True"]


def test_nothing_of_numba_is_imported_to_choose_a_folder(tmp_path):
    code = (
        "import sys\nfrom palveluverkko.engine.warm import choose_cache_folder\nchoose_cache_folder()\n"
        "print('numba' in sys.modules, 'numpy' in sys.modules)"
    )
    assert run_python(code, tmp_path).split() == ["False", "False"]
