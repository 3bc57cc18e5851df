"""The engine gives the same bytes compiled and interpreted, on one thread and on all."""

import os
import subprocess
import sys
from pathlib import Path

import engine_example
import pytest

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.mark.parametrize("setting", ["NUMBA_DISABLE_JIT", "NUMBA_NUM_THREADS"])
def test_the_engine_gives_the_same_bytes_however_it_is_run(setting):
    path = os.pathsep.join(filter(None, (str(SUPPORT), os.environ.get("PYTHONPATH"))))
    other = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import engine_example; print(engine_example.digest())"],
        env=os.environ | {setting: "1", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode == 0, other.stderr
    assert other.stdout.strip() == engine_example.digest()
