"""Bring a file from the web: goes on where it stopped, is checked, and takes its place only when it is whole."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from palveluverkko.domain.errors import BrokenOffError, DamagedError, DownloadError, UnreachableError
from palveluverkko.domain.web import Answer, Patience, WrongRangeError, host_of, length_of, opened, refuse_web_page

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and all there will be; 0 where the server does not say."""

_PIECE = 1 << 18
"""Bytes read at a time: often enough for a bar, seldom enough not to be felt."""

_SPARE = 1 << 26
"""Bytes left free on the disk (64 MB), so that a full one does not stop everything else."""

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})

_OK, _PARTIAL = 200, 206


@dataclass(frozen=True)
class Checksum:
    """What a file must come to, such as ``Checksum("md5", "9e10…")``."""

    algorithm: str
    digest: str

    def fits(self, path: Path) -> bool:
        """Tell whether a file has this checksum."""
        with path.open("rb") as file:
            # Against damage on the way, not against malice: md5 is what servers of extracts publish.
            found = hashlib.file_digest(file, lambda: hashlib.new(self.algorithm, usedforsecurity=False))
        return found.hexdigest() == self.digest.lower()


@dataclass(frozen=True)
class Downloaded:
    """A file that is there.

    Parameters
    ----------
    path
        The file.
    size
        In bytes.
    url
        Where it came from, after redirects.
    last_modified
        What the server says of its age, as it says it; empty when it says nothing or was not asked.
    fresh
        False when the file was there already with the right checksum.
    """

    path: Path
    size: int
    url: str
    last_modified: str
    fresh: bool


class KeptInterrupt(KeyboardInterrupt):
    """Ctrl-C during a download that can go on from what has arrived.

    Parameters
    ----------
    part
        The file that holds it.
    """

    def __init__(self, part: Path) -> None:
        super().__init__()
        self.part = part


def part_of(path: Path) -> Path:
    """Name the file that holds what has arrived so far."""
    return path.with_name(f"{path.name}.part")


def download(
    url: str,
    path: Path,
    *,
    user_agent: str,
    checksum: Checksum | None = None,
    progress: Progress | None = None,
    begin: Progress | None = None,
    patience: Patience | None = None,
    allowed_hosts: tuple[str, ...] = (),
) -> Downloaded:
    """Bring a file; what an earlier attempt left in the ``.part`` file is not fetched again.

    An unfinished file is continued only when the server confirms that it is still the same file (``If-Range``), and
    otherwise begun anew.

    Parameters
    ----------
    url
        Where the file is.
    path
        Where it goes; a file that is there is replaced when the new one is whole.
    user_agent
        How we introduce ourselves.
    checksum
        What the file must come to. A file at ``path`` that comes to it is left alone, and nothing is asked.
    progress
        Called as bytes arrive.
    begin
        Called once before the first byte is written; what it raises declines the download.
    patience
        How often to try again; attempts that bring something new do not count.
    allowed_hosts
        Hosts besides that of the address to which a redirect may lead.

    Raises
    ------
    KeptInterrupt
        Ctrl-C when something has arrived.
    DownloadError
        The file cannot be had (``domain.web.opened``), is cut short, a web page or wrong by its checksum, or the disk
        has no room for it.
    """
    path = Path(path)
    if path.is_dir():
        raise DownloadError(f"{path} is a folder; name the file in it.")
    if checksum is not None and path.is_file() and checksum.fits(path):
        return Downloaded(path, path.stat().st_size, url, "", fresh=False)
    task = _Task(url, _Part(path), user_agent, progress or _silent, begin or _silent)
    try:
        return _bring(task, checksum, patience or Patience(), allowed_hosts)
    except KeyboardInterrupt as interrupt:
        if task.part.size:
            raise KeptInterrupt(task.part.path) from interrupt
        raise


def _bring(task: _Task, checksum: Checksum | None, patience: Patience, allowed_hosts: tuple[str, ...]) -> Downloaded:
    """Complete the part, check it, and let it take its place."""
    part, url, said, age = task.part, task.url, task.url, ""
    if not (checksum is not None and part.is_whole(url) and checksum.fits(part.path)):
        answer = _persist(task, patience, allowed_hosts)
        said, age = answer.url, answer.headers.get("Last-Modified", "")
        if checksum is not None and not checksum.fits(part.path):
            part.forget()
            raise DamagedError(
                f"{url} arrived damaged: its {checksum.algorithm} is not {checksum.digest}. It has been deleted; run "
                f"again."
            )
    part.finish()
    return Downloaded(part.target, part.target.stat().st_size, said, age, fresh=True)


def _silent(_done: int, _total: int) -> None:
    pass


class _Part:
    """What has arrived so far, and beside it of which file it is a part."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = part_of(target)
        self._label = self.path.with_name(f"{self.path.name}.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def validator(self, url: str) -> str:
        """Give what tells the server which file this is a part of; empty when it cannot be continued."""
        known = self._noted(url).get("validator")
        return known if isinstance(known, str) and self.size else ""

    def is_whole(self, url: str) -> bool:
        """Tell whether nothing is missing: the download ended, and what was to follow did not."""
        return self.size > 0 and self._noted(url).get("size") == self.size

    def _noted(self, url: str) -> dict[str, object]:
        try:
            label = json.loads(self._label.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return label if isinstance(label, dict) and label.get("url") == url else {}

    def begin(self, url: str, validator: str, size: int) -> None:
        """Forget what there is and note what comes."""
        self.forget()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        self._label.write_text(json.dumps({"url": url, "validator": validator, "size": size}), encoding="utf-8")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self._label.unlink(missing_ok=True)

    def finish(self) -> None:
        """Let the part take the place of the target."""
        try:
            os.replace(self.path, self.target)  # noqa: PTH105 - the one call that is atomic on every system
        except PermissionError as error:
            raise DownloadError(
                f"{self.target} cannot be replaced: {error.strerror}. Close it in other programs and run again."
            ) from error
        self._label.unlink(missing_ok=True)


@dataclass
class _Task:
    """One download and how far it has come."""

    url: str
    part: _Part
    user_agent: str
    progress: Progress
    begin: Progress
    begun: bool = False
    most: int = 0
    """Bytes there were at best: what is beyond is new."""


def _persist(task: _Task, patience: Patience, allowed_hosts: tuple[str, ...]) -> Answer:
    """Try until the file is whole or patience ends; give the headers of the last answer."""
    failed = 0
    while True:
        try:
            return _attempt(task, patience.timeout_seconds, allowed_hosts)
        except (BrokenOffError, UnreachableError) as error:
            # A machine without network is told at once; a line that was there and went may come back.
            if isinstance(error, UnreachableError) and not task.begun:
                raise
            there = task.part.size
            failed = 1 if there > task.most else failed + 1
            task.most = max(task.most, there)
            if failed >= patience.attempts:
                if not there:
                    raise
                raise type(error)(f"{error} What has arrived ({there:,} bytes) is kept; run again to go on.") from error
            patience.pause(failed, error if isinstance(error, BrokenOffError) else BrokenOffError(str(error)))


def _attempt(task: _Task, timeout_seconds: float, allowed_hosts: tuple[str, ...]) -> Answer:
    """Ask once for what is missing and take what comes."""
    part = task.part
    validator = part.validator(task.url)
    headers = {"Range": f"bytes={part.size}-", "If-Range": validator} if validator else {}
    try:
        with opened(
            task.url,
            user_agent=task.user_agent,
            timeout_seconds=timeout_seconds,
            headers=headers,
            allowed_hosts=allowed_hosts,
        ) as answer:
            _receive(task, answer)
            return answer
    except WrongRangeError:
        part.forget()
        raise
    except OSError as error:
        raise _not_written(part.target, error) from error


def _receive(task: _Task, answer: Answer) -> None:
    """Write what an answer brings behind what is there."""
    part = task.part
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise DownloadError(f"{answer.url} answers in a packing that was not asked for; a proxy may stand between.")
    length = length_of(answer)
    offset = _offset(task, answer)
    if length is None and answer.headers.get("Transfer-Encoding") is None:
        raise DownloadError(
            f"{answer.url} does not say how long the file is, so that nobody can tell when it is whole."
        )
    total = 0 if length is None else offset + length
    first = answer.read_some(_PIECE)
    if not offset:
        refuse_web_page(answer, first)
    _check_room(part.target, total - offset)
    if not task.begun:
        task.begin(offset, total)
        task.begun = True
    if not offset:
        part.begin(task.url, _validator(answer), total)
    with part.path.open("ab") as file:
        _copy(task, answer, first, file, offset, total)
    if total and part.size != total:
        raise WrongRangeError(f"{part.path} is also written by another program; wait for it, or run again.")


def _offset(task: _Task, answer: Answer) -> int:
    """Give where in the file the answer begins."""
    if answer.status == _OK:
        return 0
    there = task.part.size
    given = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if answer.status != _PARTIAL or given is None or int(given[1]) != there:
        raise WrongRangeError(f"{answer.url} answers with another part of the file than was asked for.")
    if not _same_version(task.part.validator(task.url), answer):
        raise WrongRangeError(f"{answer.url} has changed since it was begun; run again.")
    if given[3] != "*" and int(given[2]) + 1 != int(given[3]):
        raise WrongRangeError(f"{answer.url} answers with less of the file than was asked for.")
    return there


def _copy(task: _Task, answer: Answer, first: bytes, file: IO[bytes], offset: int, total: int) -> None:
    done, piece = offset, first
    while piece:
        file.write(piece)
        done += len(piece)
        task.progress(done, total)
        # Some servers hold the line after the last byte: do not wait for what will not come.
        piece = b"" if done == total else answer.read_some(_PIECE)
    if total and done != total:
        raise BrokenOffError(f"{host_of(answer.url)} broke off after {done:,} of {total:,} bytes of {answer.url}.")


def _validator(answer: Answer) -> str:
    """Give what names this very version of the file: a strong tag, or its date."""
    tag = answer.headers.get("ETag", "")
    return answer.headers.get("Last-Modified", "") if tag.startswith("W/") or not tag else tag


def _same_version(validator: str, answer: Answer) -> bool:
    """Tell whether an answer is of the version that was begun, as far as it says: not every server heeds If-Range."""
    return validator in {answer.headers.get("ETag", validator), answer.headers.get("Last-Modified", validator)}


def _check_room(target: Path, wanted: int) -> None:
    folder = next(one for one in (target.absolute().parent, *target.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    if wanted and wanted + _SPARE > free:
        raise DownloadError(
            f"{folder} has no room for {target.name}: {wanted / 1e6:,.0f} MB are wanted and {free / 1e6:,.0f} MB free. "
            f"Make room or name another folder."
        )


def _not_written(target: Path, error: OSError) -> DownloadError:
    if error.errno in _FULL:
        return DownloadError(
            f"{target} finds no room ({error.strerror}); make room and run again, what has arrived is kept."
        )
    return DownloadError(f"{target} cannot be written: {error.strerror}. Choose a folder that you may write to.")
