"""Errors that a user can mend: each names the thing, the place and the remedy."""

from __future__ import annotations

from collections.abc import Iterable


class PalveluverkkoError(Exception):
    """Base of every error that the user's input or machine causes; anything else is a bug of ours."""


class StudyError(PalveluverkkoError):
    """A study file, a scheme or an option says something that cannot be done."""


class RoadFileError(PalveluverkkoError):
    """A road file is missing, damaged, of another kind, or holds no road that the profile may drive."""


class TableError(PalveluverkkoError):
    """A table of points, places or areas breaks its contract."""


class NetworkError(PalveluverkkoError):
    """A road network or its store cannot be used as asked."""


class DownloadError(PalveluverkkoError):
    """Something on the web cannot be had: refused, broken off, damaged, or not what was asked for."""


class NotThereError(DownloadError):
    """The server answers that it has no such file."""


class UnreachableError(DownloadError):
    """The server cannot be reached at all: no network, no such host, nobody listening, no trust in its certificate."""


class DamagedError(DownloadError):
    """A file has arrived and is not what its checksum says."""


class BrokenOffError(DownloadError):
    """The server was too slow or too busy, or the connection broke: trying again may help.

    Parameters
    ----------
    message
        What is told when no attempt is left.
    wait_seconds
        How long the server asks to be left alone; 0 when it says nothing.
    """

    def __init__(self, message: str, *, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def name_ids(ids: Iterable[object], *, most: int = 3) -> str:
    """Name the first few ids of a list for an error message.

    Examples
    --------
    >>> name_ids(["A", "B", "C", "D"])
    "'A', 'B', 'C' and 1 more"
    """
    listed = [repr(str(one)) for one in ids]
    shown = ", ".join(listed[:most])
    return shown if len(listed) <= most else f"{shown} and {len(listed) - most} more"
