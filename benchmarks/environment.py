"""Make the environment of the peers when it is absent, and run the benchmark inside it.

    .venv/bin/python benchmarks/environment.py [options of bench.py]

The peers are heavy and some pin old things: they get an environment of their own, ``benchmarks/.venv-peers``, with the
project installed editable beside them, so that both sides of a ratio run in one process where memory allows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENT = HERE / ".venv-peers"
REQUIREMENTS = HERE / "requirements-peers.txt"


def main() -> None:
    python = make_environment(ENVIRONMENT)
    os.execv(python, [os.fspath(python), os.fspath(HERE / "bench.py"), *sys.argv[1:]])  # noqa: S606 - no shell is meant


def make_environment(folder: Path) -> Path:
    """Give the Python of the environment; install what is new in the lists since the last time."""
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    lists = (ROOT / "requirements.lock", ROOT / "pyproject.toml", REQUIREMENTS)
    if stamp.exists() and all(stamp.stat().st_mtime >= one.stat().st_mtime for one in lists):
        return python
    print(f"Installing the peers into {folder.relative_to(ROOT)} ...", flush=True)
    if not python.exists():
        venv.create(folder, with_pip=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    # The project first: a peer that cannot live with its pins is left out, not the other way round.
    _pip(python, "--requirement", lists[0], check=True)
    _pip(python, "--no-deps", "--editable", ROOT, check=True)
    failed = [one for one in pinned_peers() if not _pip(python, "--constraint", lists[0], one, check=False)]
    stamp.write_text("".join(f"not installed here: {one}\n" for one in failed), encoding="utf-8")
    for one in failed:
        print(f"  {one} cannot be installed here; the benchmark goes without it")
    return python


def pinned_peers() -> list[str]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _pip(python: Path, *arguments: object, check: bool) -> bool:
    command = [os.fspath(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *map(str, arguments)], check=check, stderr=None if check else subprocess.DEVNULL
    )
    return done.returncode == 0


if __name__ == "__main__":
    main()
