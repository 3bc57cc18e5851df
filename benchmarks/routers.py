"""Valhalla and OSRM in a Python 3.12 environment of their own: made once, asked through ``router_worker.py``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WORKER = HERE / "router_worker.py"
NEEDED = ("pyvalhalla>=3.9", "osrm-bindings>=26.10")
ENVIRONMENT = HERE / ".venv-routers"


def environment(folder: Path = ENVIRONMENT, wanted: str | None = None) -> Path:
    """Give the Python of the environment; make it and install the engines when they are not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        run(_python_312(wanted), "-m", "venv", folder)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    if subprocess.run([python, "-c", "import osrm, valhalla"], capture_output=True, check=False).returncode:  # noqa: S603
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDED)
    return python


def ask(python: Path, engine: str, osm: Path, pairs: list[list[float]]) -> tuple[str, list[dict[str, Any] | None]]:
    """Prepare a road file and give the engine's version and its route for each pair of positions, or None."""
    with tempfile.TemporaryDirectory() as folder:
        run(python, WORKER, "build", engine, osm, folder)
        answer = Path(folder) / "routes.json"
        run(python, WORKER, "route", engine, folder, answer, text=json.dumps(pairs))
        told = json.loads(answer.read_text(encoding="utf-8"))
    return told["version"], told["routes"]


def run(*command: object, text: str | None = None) -> None:
    """Run a program to its end, and end with it when it fails."""
    told = subprocess.run(list(map(str, command)), input=text, text=True, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if told.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {told.returncode}")


def _python_312(wanted: str | None) -> str:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = sorted(pyenv.glob("3.12*/bin/python3.12"))
    for candidate in (wanted, "python3.12", *map(str, reversed(found))):
        # A shim of pyenv stands on PATH even where its version is not switched on: ask it.
        if candidate and shutil.which(candidate) and _is_312(candidate):
            return candidate
    sys.exit("no Python 3.12 found; name one with --python")


def _is_312(candidate: str) -> bool:
    asked = [candidate, "-c", "import sys; print(sys.version_info[:2] == (3, 12))"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == "True"  # noqa: S603
