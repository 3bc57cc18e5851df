"""Single services: how far the nearest point is that offers one, or several, in a language."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

import geopandas
import pandas as pd

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.levels import Level, LevelScheme, first_name
from palveluverkko.domain.people import Suppression
from palveluverkko.domain.planning import Wanted
from palveluverkko.domain.travel import DEFAULT_MINUTES
from palveluverkko.reach.table import TravelTimeTable
from palveluverkko.service.levels import LevelsByPlace, levels_of, serving_points

_SEPARATOR = ";"
_MOST_NAMED = 12


def classify_services(
    table: TravelTimeTable,
    points: geopandas.GeoDataFrame | None = None,
    *,
    scheme: LevelScheme | None = None,
    wanted: Sequence[Wanted] | None = None,
    minutes: Sequence[float] = DEFAULT_MINUTES,
    suppression: Suppression | None = None,
) -> LevelsByPlace:
    """Give each place the time, band and nearest point of every single service, and the level of that point.

    A point offers the services that its column ``services`` lists; where it lists none, the menu of its level and of
    the levels that this one contains. A service that others replace (``replaced_by`` of the scheme) is offered by their
    points too; any other is replaced by none: a shop is no pharmacy. Closed points offer nothing.

    Parameters
    ----------
    table
        Travel times; its budget should not be below the last threshold.
    points
        Service points with ``level`` and, where it matters, ``open``, ``services`` and ``languages``; those of the
        table when None.
    scheme
        The levels with their menus; E/A/L when None.
    wanted
        What is looked for; each service of the menus when None.
    minutes
        Rising thresholds.
    suppression
        As for :func:`palveluverkko.service.levels.classify`.

    Returns
    -------
    LevelsByPlace
        As of levels, with a scheme whose levels are the services: none contains another, and the code of each is its
        name in small letters, with hyphens for all that is no letter or digit.

    Raises
    ------
    StudyError
        A service or a language is wanted that neither a menu nor a point has; the nearest name is told.

    Examples
    --------
    >>> sami = Wanted("Pohjoissaameksi", languages=("se",))
    >>> classify_services(table, points, wanted=[sami]).frame["time_pohjoissaameksi"]  # doctest: +SKIP
    """
    scheme = scheme or LevelScheme.eal()
    points = table.points if points is None else points
    if wanted is None:
        wanted = [Wanted(first_name(service), services=(first_name(service),)) for service in scheme.services]
    if not wanted:
        raise StudyError(f"no service is wanted, and the menus of the scheme {scheme.name} are empty; name some.")
    names = {first_name(service): service for service in scheme.services}
    flat: list[Level] = []
    serving: dict[str, list[str]] = {}
    for one in wanted:
        code = _code(one.name, taken=serving)
        shown = names.get(one.services[0], {}) if one.services == (one.name,) else {}
        flat.append(Level(code, shown or {"fi": one.name, "sv": one.name, "en": one.name}, contains=()))
        serving[code] = offering_points(points, scheme, one)
    services = LevelScheme(f"{scheme.name}: services", tuple(flat))
    return levels_of(table, points, serving, scheme=services, minutes=minutes, suppression=suppression)


def offering_points(points: geopandas.GeoDataFrame, scheme: LevelScheme, wanted: Wanted) -> list[str]:
    """Give the ids of the open points that offer all services that are wanted, in all languages that are wanted.

    Raises
    ------
    StudyError
        Nobody knows the service, the language or the level.
    """
    offered, spoken = offered_services(points, scheme), _listed(points, "languages")
    known = {first_name(service) for service in scheme.services}.union(*offered.values())
    suits = dict.fromkeys(serving_points(points, scheme, wanted.level or scheme.codes[0]))
    if wanted.level is None and len(scheme.chains()) > 1:
        # Any open point will do, also of levels that do not contain the nearest one.
        suits = dict.fromkeys(one for code in scheme.codes for one in serving_points(points, scheme, code))
    for service in wanted.services:
        one = scheme.service(service) or _spelled(service, known)
        if one is None:
            raise StudyError(_unknown("service", service, sorted(known), wanted))
        doing = scheme.doing_as_well(one)
        suits = {point: None for point in suits if offered[point] & doing}
    languages = set().union(*spoken.values()) if spoken else set()
    for language in wanted.languages:
        if language.casefold() not in languages:
            raise StudyError(_unknown("language", language, sorted(languages), wanted))
        suits = {point: None for point in suits if language.casefold() in spoken[point]}
    return list(suits)


def offered_services(points: geopandas.GeoDataFrame, scheme: LevelScheme) -> Mapping[str, frozenset[str]]:
    """Give by id of each point the services that it offers, by first names of the scheme or as they are written."""
    menus = {code: scheme.menu_of(code) for code in scheme.codes}
    listed = _listed(points, "services", fold=False)
    return {
        point: frozenset(scheme.service(one) or one for one in listed[point]) or menus.get(str(level), frozenset())
        for point, level in zip(listed, points["level"], strict=True)
    }


def _listed(points: pd.DataFrame, column: str, *, fold: bool = True) -> dict[str, frozenset[str]]:
    """Read a column of lists with semicolons between."""
    written = points[column] if column in points else pd.Series("", index=points.index, dtype=object)
    return {
        str(point): frozenset(
            one.strip().casefold() if fold else one.strip()
            for one in ("" if text is None or text != text else str(text)).split(_SEPARATOR)  # noqa: PLR0124  # NaN
            if one.strip()
        )
        for point, text in zip(points.index, written, strict=True)
    }


def _spelled(name: str, known: Iterable[str]) -> str | None:
    return next((one for one in known if one.casefold() == name.strip().casefold()), None)


def _unknown(kind: str, name: str, known: Sequence[str], wanted: Wanted) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known[:_MOST_NAMED]) or 'none'}{more}."
    return f"{wanted.name!r} wants the {kind} {name!r}, which no menu and no service point has; {hint}"


def _code(name: str, *, taken: Mapping[str, object]) -> str:
    """Make a code of a name: small letters, digits and hyphens, each once."""
    plain = re.sub(r"[^a-zåäö0-9]+", "-", name.lower()).strip("-")
    code = plain if plain[:1].isalpha() else f"s-{plain}".rstrip("-")
    number, found = 1, code
    while found in taken:
        number += 1
        found = f"{code}-{number}"
    return found
