"""The TOML tables of the car profile, with the changes of a study laid over them."""

from __future__ import annotations

import difflib
import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

from palveluverkko.domain.errors import StudyError

# Keys of car.toml that are about the file itself.
_ABOUT = ("rules", "open_tables")

# Ranges of the numbers of a key, by how its name or that of its table ends; others are 0 or more.
_CURVES = ("signed.driven", "winter.kept", "winter.lowered")
_ABOVE_ZERO = ("_kmh", "units", *_CURVES, "winter.limits", "radius_metres")


@functools.cache
def car_tables() -> Mapping[str, Any]:
    """Give the tables of the package."""
    text = resources.files(__package__).joinpath("profiles", "car.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def read_tables(own: Path) -> Mapping[str, Any]:
    """Give the tables of the package with those of a file laid over them, key by key.

    A list replaces the whole list. Tables of tag values (``surface_kmh``, ``national`` ...) may get new keys; elsewhere
    an unknown key is an error.

    Raises
    ------
    StudyError
        The file is missing or not TOML, or holds an unknown key (the message names the nearest known one) or a value
        that does not fit.
    """
    try:
        changes = tomllib.loads(own.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{own} cannot be read: {error.strerror}. Name a file of profile tables.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{own} is not TOML: {error}.") from None
    tables = {key: value for key, value in car_tables().items() if key not in _ABOUT}
    about = {key: car_tables()[key] for key in _ABOUT}
    return {**_merged(tables, changes, (), own), **about}


def _merged(ours: Mapping[str, Any], own: Mapping[str, Any], at: tuple[str, ...], file: Path) -> dict[str, Any]:
    merged = dict(ours)
    for key, value in own.items():
        place = ".".join((*at, key))
        if key in ours:
            example = ours[key]
        elif ".".join(at) in car_tables()["open_tables"] and ours:
            example = next(iter(ours.values()))
            example = {} if isinstance(example, Mapping) else example
        elif at and ".".join(at[:-1]) in car_tables()["open_tables"]:  # a new country
            example = 0
        else:
            raise StudyError(f"{file}: {_where(at)} has the unknown key {key!r}{_nearest(key, ours)}")
        if isinstance(example, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(example, value, (*at, key), file)
        elif _fits(value, example) and _in_range(value, place):
            merged[key] = value
        else:
            raise StudyError(f"{file}: {place} = {value!r} does not fit; car.toml has {_example(example)} there.")
    return merged


def _fits(value: object, example: object) -> bool:
    if isinstance(example, bool) or isinstance(value, bool):
        return isinstance(example, bool) and isinstance(value, bool)
    if isinstance(example, int | float):
        return isinstance(value, int | float)
    if isinstance(example, list):
        inner = example[0] if example else ""
        if not isinstance(value, list) or not all(_fits(one, inner) for one in value):
            return False
        # Tables of pairs are read along straight lines: they rise, and no speed falls.
        return not _is_pair(inner) or (
            all(_is_pair(one) for one in value)
            and all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(sorted(value)))
        )
    return type(value) is type(example) and getattr(value, "tzinfo", None) is None  # moments are local


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_fits(one, 0.0) for one in value)  # noqa: PLR2004


def _in_range(value: object, place: str) -> bool:
    if place in _CURVES and not value:
        return False
    numbers = _numbers(value)
    least_is_zero = not any(place.endswith(end) or f"{end}." in place for end in _ABOVE_ZERO)
    return all(math.isfinite(one) and (one > 0 or (least_is_zero and one == 0)) for one in numbers)


def _numbers(value: object) -> list[float]:
    if isinstance(value, list):
        return [number for one in value for number in _numbers(one)]
    return [float(value)] if isinstance(value, int | float) else []


def _where(at: Sequence[str]) -> str:
    return f"[{'.'.join(at)}]" if at else "it"


def _nearest(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}."


def _example(value: object) -> str:
    return "a table" if isinstance(value, Mapping) else repr(value)
