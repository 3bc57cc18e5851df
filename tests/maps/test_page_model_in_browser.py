"""The arithmetic of the page by itself: whatever the reader does, in whatever order, equals the naive answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.domain.travel import UNREACHED
from palveluverkko.maps.assets import template_text
from palveluverkko.maps.packing import tie_ranks, to_units

pytestmark = pytest.mark.browser

MINUTES = [2, 5, 9]
IDS = ["b", "a", "10", "9", "c"]
SCHEMES = [
    [[0, 1, 2], [1, 2], [2]],  # each level contains the nearer ones
    [[0], [1], [2]],  # none does
    [[0, 2], [1, 2], [2]],  # the middle one does not contain the nearest
]

EDITS = st.lists(
    st.tuples(st.sampled_from(["open", "level"]), st.integers(0, len(IDS) - 1), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)
STEPS = st.lists(EDITS, min_size=1, max_size=5)
MILLISECONDS = st.lists(
    st.lists(st.integers(0, 10).map(lambda half: half * 30_000) | st.just(UNREACHED), min_size=6, max_size=6),
    min_size=len(IDS),
    max_size=len(IDS),
)


@pytest.fixture(scope="module")
def model(browser: Any) -> Iterator[Any]:
    page = browser.new_page()
    scripts = "\n".join(template_text(name) for name in ("network.js", "model.js", "sums.js"))
    page.evaluate(f"(0, eval)({scripts!r}.replaceAll('const ', 'var '))")
    yield page
    page.close()


WALK = """([given, keys, steps]) => {
    window.study = given;
    const model = { count: 6, keys: [Uint32Array.from(keys)], rank: rankOfPoints() };
    const network = baseNetwork();
    const solved = solve(model, 0, network);
    const told = ({ key, unit, owner, band }) => ({ key: key.map((one) => [...one]), unit: unit.map((one) => [...one]),
        owner: owner.map((one) => [...one]), band: band.map((one) => [...one]) });
    return steps.map((edits) => {
        for (const [what, point, level] of edits) {
            if (what === "open") network.open[point] = !network.open[point];
            else network.level[point] = level;
        }
        follow(model, solved, network);
        const anew = told(solve(model, 0, network));
        return { open: network.open.slice(), level: network.level.slice(), followed: told(solved), anew };
    });
}"""


@settings(max_examples=40, deadline=None)
@given(MILLISECONDS, STEPS, st.sampled_from(SCHEMES), st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_following_changes_step_by_step_is_solving_anew_and_the_naive_minimum(
    model: Any, times: list[list[int]], steps: list[Any], serving: list[list[int]], levels: list[int]
) -> None:
    milliseconds = np.array(times, dtype=np.int32)
    units, none = to_units(milliseconds, 60_000)
    keys = np.where(units == none, 0xFFFFFFFF, units.astype(np.int64) * 256 + tie_ranks(milliseconds, units))
    order = sorted(range(len(IDS)), key=IDS.__getitem__)
    study = {
        "minutes": MINUTES,
        "perMinute": 1,
        "levels": [{"serving": one} for one in serving],
        "points": {"id": IDS, "open": [True, True, False, True, True], "level": levels, "order": order},
        "norms": [],
        "seasons": [],
    }
    for found in model.evaluate(WALK, [study, keys.ravel().tolist(), steps]):
        assert found["followed"] == found["anew"]
        for level, own in enumerate(serving):
            serves = [point for point in order if found["open"][point] and found["level"][point] in own]
            for place in range(6):
                reached = [(milliseconds[point, place], rank, point) for rank, point in enumerate(serves)]
                reached = [one for one in reached if one[0] != UNREACHED]
                expected = min(reached)[2] if reached else -1
                assert found["followed"]["owner"][level][place] == expected
                minutes = -(-int(milliseconds[expected, place]) // 60_000) if reached else 0xFFFFFFFF
                assert found["followed"]["unit"][level][place] == minutes
                assert found["followed"]["band"][level][place] == sum(minutes > limit for limit in MINUTES)
