"""The folder of results: checked before a run, taken over as a whole after it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from palveluverkko.domain.errors import PalveluverkkoError, StudyError

MANIFEST = "run.json"
"""Lists the files of a run under ``files``."""


def check_folder(output: Path, *, option: str = "") -> None:
    """Refuse a folder that cannot be written to, before anything long is computed; leaves nothing behind.

    ``option`` is the one of the command line that names it, if it does not stand in the study.
    """
    nearest = next(one for one in (output.parent, *output.parent.parents) if one.exists())
    for one in (output, nearest):
        if one.exists() and not one.is_dir():
            raise StudyError(f"{option or '[output] directory'} names {output}, but {one} is a file; choose a folder.")
    with _write_errors(output, option):
        if output.exists() and not os.access(output, os.W_OK | os.X_OK):
            raise PermissionError(None, "Permission denied", str(output))
        with tempfile.TemporaryDirectory(dir=nearest, prefix=f".{output.name}."):
            pass


@contextmanager
def taking_over(output: Path, *, manifest: str | None = MANIFEST, option: str = "") -> Iterator[Path]:
    """Give an empty folder; when the block ends well, its files replace those of the earlier run.

    An error in the block or while the files are moved leaves the earlier results as they were. A file of the earlier
    run that the new one does not write, such as the surface of a level that is gone, leaves with it; whatever else
    lies in the folder stays. Without a manifest of earlier runs only files of the same names are replaced.

    Raises
    ------
    PalveluverkkoError
        A file or folder cannot be written.
    """
    with _write_errors(output, option):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as beside:
            staging, earlier = Path(beside) / "new", Path(beside) / "earlier"
            staging.mkdir()
            yield staging
            _take_over(staging, output, earlier, _files_of_earlier_run(output, manifest))


def files_in(folder: Path) -> list[Path]:
    """List the files in a folder and below, relative to it."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _take_over(staging: Path, output: Path, earlier: Path, listed: list[Path]) -> None:
    written = files_in(staging)
    gone = [path for path in listed if path not in written]
    touched = []
    try:
        for path in (*written, *gone):
            target = output / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                _keep(target, earlier / path)
            touched.append(path)
            if path in gone:
                target.unlink(missing_ok=True)
            else:
                os.replace(staging / path, target)  # noqa: PTH105  # atomic on every system
    except BaseException:
        for path in touched:
            if (earlier / path).exists():
                os.replace(earlier / path, output / path)  # noqa: PTH105
            else:
                (output / path).unlink(missing_ok=True)
        raise


def _keep(target: Path, copy: Path) -> None:
    """Keep a file of the earlier run until the new one is whole; a link costs nothing, where there are any."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        copy.hardlink_to(target)
    except OSError:
        shutil.copy2(target, copy)


def _files_of_earlier_run(output: Path, manifest: str | None) -> list[Path]:
    if manifest is None:
        return []
    try:
        listed = json.loads((output / manifest).read_text(encoding="utf-8"))["files"]
        names = [PurePosixPath(one) for one in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # no earlier run, or none of ours
    # A manifest that somebody edited must not lead out of the folder.
    return [Path(one) for one in names if not one.is_absolute() and ".." not in one.parts and (output / one).is_file()]


@contextmanager
def _write_errors(output: Path, option: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PalveluverkkoError(
            f"{error.filename or output} cannot be written: {error.strerror}. Close it in other programs, or choose "
            f"{f'a folder for {option}' if option else 'an [output] directory'} that you may write to."
        ) from error
