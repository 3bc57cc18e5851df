"""People as numbers: what a hidden count may be, and the one unit in which sums are exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from palveluverkko.domain.errors import StudyError

POPULATION, NEED, MEN, WOMEN = "population", "need", "men", "women"
"""Columns that count people, or weigh them by need."""

GROUP_PREFIXES = ("age_", "language_")
"""Columns that begin so count people of an age or a language."""

LOW, HIGH = "_low", "_high"
"""Ends of the names of columns that hold the bounds of a count."""

PARTS_OF_A_PERSON = 2**20
"""People are counted in these parts: sums of such numbers are exact in any order up to 8,000 million people."""


def to_exact(people: ArrayLike) -> NDArray[np.float64]:
    """Round to the unit of people, a millionth of a person; whole numbers stay as they are."""
    return np.round(np.asarray(people, dtype=np.float64) * PARTS_OF_A_PERSON) / PARTS_OF_A_PERSON


def is_group(name: str) -> bool:
    """Tell whether a column of this name counts people; the bounds of another do not."""
    return not name.endswith((LOW, HIGH)) and (
        name in (POPULATION, NEED, MEN, WOMEN) or name.startswith(GROUP_PREFIXES)
    )


@dataclass(frozen=True)
class Suppression:
    """What a hidden count (-1) may be.

    Attributes
    ----------
    least, most
        People of a place whose population is hidden: Statistics Finland hides counts under ten of places where
        somebody lives, so 1 to 9. A group of them (an age, a language) may be nobody, so 0 to ``most``.
    """

    least: float = 1
    most: float = 9

    def __post_init__(self) -> None:
        """Refuse bounds that no count could have."""
        if not 0 <= self.least <= self.most:
            raise StudyError(
                f"suppressed is {self.least:g} to {self.most:g}; give the least and the most people that a hidden "
                f"count may be, such as [1, 9]."
            )
