"""The spread off the road against the true minimum over every piece, one cell at a time."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palveluverkko.engine import grid_kernels, spread_kernels
from palveluverkko.engine.grid import _Steps, _Walks, _walls, _Water, keep_off_heights, spread_from_roads
from palveluverkko.engine.pieces import TimedLines
from palveluverkko.engine.search import UNREACHED

CELL, ROWS, COLUMNS = 50.0, 16, 18
PACE = 720.0  # 5 km/h
FAR = 10 * UNREACHED
STEPS = [(a, b) for a in range(-2, 3) for b in range(-2, 3) if {abs(a), abs(b)} in ({0, 1}, {1}, {1, 2})]


@st.composite
def roads(draw, *, most=5):
    """Straight pieces on the grid, points among them, driven at 6 to 120 km/h."""
    place = st.tuples(st.floats(0, COLUMNS * CELL, width=16), st.floats(0, ROWS * CELL, width=16))
    piece = st.tuples(place, place, st.integers(0, 100_000), st.floats(6.0, 120.0), st.booleans())
    lines, times = [], []
    for (x0, y0), (x1, y1), time, kmh, turned in draw(st.lists(piece, min_size=1, max_size=most)):
        lines.append((x0, y0, x1, y1))
        ends = (time, time + round(np.hypot(x1 - x0, y1 - y0) * 3600 / kmh))
        times.append(ends[::-1] if turned else ends)
    return np.asarray(lines), np.asarray(times)


def allocate(lines, times, owners=None, *, longest=300.0, latest=2_000_000, blocked=None):
    """Spread lines whose y counts downwards from the corner of the grid."""
    owner = np.zeros(len(lines)) if owners is None else np.asarray(owners)
    turned = np.asarray(lines).reshape(-1, 4) * (1, -1, 1, -1)
    begin, end = np.asarray(times).reshape(-1, 2).astype(np.int64).T
    return spread_from_roads(
        [TimedLines(turned, begin, end - begin, owner.astype(np.int32)).stretches()],
        rows=ROWS,
        columns=COLUMNS,
        cell=CELL,
        milliseconds_per_metre=PACE,
        longest_metres=longest,
        latest=latest,
        blocked=blocked,
    )


def spread(lines, times, **options):
    return allocate(lines, times, **options).time


def true_minimum(lines, times, longest):
    """Best (time, off-road metres) over all spots of all pieces within the distance, by ternary search.

    Along a straight piece the time is linear and the walk convex, so the search cannot miss the lowest spot.
    """
    x = (np.arange(COLUMNS) + 0.5) * CELL
    y = (np.arange(ROWS) + 0.5) * CELL
    best, walk = np.full((ROWS, COLUMNS), np.inf), np.full((ROWS, COLUMNS), np.inf)
    for (x0, y0, x1, y1), (t0, t1) in zip(lines, times, strict=True):
        length = np.hypot(x1 - x0, y1 - y0)
        ux, uy = ((x1 - x0) / length, (y1 - y0) / length) if length else (0.0, 0.0)
        cx, cy = np.meshgrid(x - x0, y - y0)
        foot = cx * ux + cy * uy
        aside = np.hypot(cx - foot * ux, cy - foot * uy)
        reach = np.sqrt(np.maximum(longest**2 - aside**2, 0))
        low, high = np.clip(foot - reach, 0, length), np.clip(foot + reach, 0, length)

        def at(spot, cx=cx, cy=cy, ux=ux, uy=uy, t0=t0, slope=(t1 - t0) / length if length else 0.0):
            off = np.hypot(cx - spot * ux, cy - spot * uy)
            return t0 + slope * spot + PACE * off, off

        for _ in range(80):
            third = (high - low) / 3
            left_is_better = at(low + third)[0] <= at(high - third)[0]
            high = np.where(left_is_better, high - third, high)
            low = np.where(left_is_better, low, low + third)
        time, off = at((low + high) / 2)
        better = (off <= longest + 1e-6) & (time < best)
        best, walk = np.where(better, time, best), np.where(better, off, walk)
    return best, walk


def naive_walks(lines, times, longest, latest):
    """Give walks from all parts of pieces to the cells around, as (units, time, cell), and the times on the road."""
    walks, on_road = [], np.full((ROWS, COLUMNS), np.inf)
    pace, row, column = PACE * CELL, *np.indices((ROWS, COLUMNS))
    centre = np.stack((column, row), axis=-1) + 0.5
    for (x0, y0, x1, y1), (t0, t1) in zip(lines / CELL, times, strict=True):
        begin, whole = np.asarray((x0, y0)), np.asarray((x1 - x0, y1 - y0))
        length = np.hypot(*whole)
        slope = (t1 - t0) / length if length else 0.0
        foot = (centre - begin) @ (whole / length if length else whole)
        aside = np.sqrt(np.maximum(0.0, ((centre - begin) ** 2).sum(axis=-1) - foot**2))
        slant = slope / np.sqrt(pace**2 - slope**2) if 0.25 * pace < abs(slope) < pace else 0.0
        slant = np.copysign(np.inf, slope) if abs(slope) >= pace else slant
        ahead = np.zeros_like(foot) if slant == 0 else np.where(aside > 0, np.where(aside > 0, aside, 1.0) * slant, 0.0)
        for part in range(parts := int(length) + 1):
            ends = [begin + whole * share for share in (part / parts, (part + 1) / parts)]
            outside = np.maximum(np.minimum(*ends) - centre, centre - np.maximum(*ends)).max(axis=-1)
            for leaves in (foot, foot - ahead):
                spot = np.clip(leaves, length * (part / parts), length * ((part + 1) / parts))
                walked, time = np.hypot(foot - spot, aside), t0 + slope * spot
                here = time + pace * walked
                units = 9 * np.ceil(8 * walked - 1e-9).astype(int)
                fits = (outside <= 1.5) & (here < latest + 0.5) & (units <= longest / CELL * 72 + 1e-9)
                walks += zip(*(one[fits].tolist() for one in (units, here, row, column)), strict=True)
                beside = time + pace * 3 * np.maximum(0, walked - 0.6)
                fits = (walked < 0.9) & (spot == np.clip(foot, 0, length)) & (beside < latest + 0.5)
                on_road[fits] = np.minimum(on_road, beside)[fits]
    return walks, on_road


def naive_twin(lines, times, longest, latest):
    """Give the earliest time of all walks that are not too long, taken up in the order of their lengths."""
    queue, best = naive_walks(lines, times, longest, latest)
    heapq.heapify(queue)
    found = np.full((ROWS, COLUMNS), np.inf)
    while queue:
        units, time, row, column = heapq.heappop(queue)
        if time >= found[row, column]:
            continue
        found[row, column] = time
        for down, right in STEPS:
            there = (row + down, column + right)
            far = np.hypot(down, right)
            step = (units + int(np.ceil(72 * far - 1e-9)), time + PACE * CELL * far, *there)
            inside = 0 <= there[0] < ROWS and 0 <= there[1] < COLUMNS
            if inside and step[0] <= longest / CELL * 72 + 1e-9 and step[1] < latest + 0.5:
                heapq.heappush(queue, step)
    return np.minimum(found, best)


@settings(deadline=None, max_examples=12)
@given(roads(most=3), st.sampled_from([80.0, 110.0, 170.0]), st.sampled_from([60_000, 2_000_000]))
def test_the_spread_equals_its_naive_twin(given_roads, longest, latest):
    expected = naive_twin(*given_roads, longest, latest)
    found = spread(*given_roads, longest=longest, latest=latest).astype(float)
    # What is a rounding away from the longest or the latest is left out of both.
    found[found == UNREACHED] = np.inf
    both = np.isfinite(found) & np.isfinite(expected)
    assert (np.abs(found[both] - expected[both]) <= 1).all()
    assert (np.isfinite(found) == np.isfinite(expected)).all()


@settings(deadline=None, max_examples=60)
@given(roads(most=8), st.data())
def test_roads_together_have_the_smaller_of_the_times_that_they_have_by_themselves(given_roads, data):
    lines, times = given_roads
    some = np.asarray(data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines))))
    for longest in (100.0, 170.0, 300.0):
        one, other = (spread(lines[own], times[own], longest=longest) for own in (some, ~some))
        np.testing.assert_array_equal(spread(lines, times, longest=longest), np.minimum(one, other))


@settings(deadline=None, max_examples=60)
@given(roads(), st.data())
def test_an_earlier_road_makes_no_cell_later(given_roads, data):
    lines, times = given_roads
    sooner = np.asarray(data.draw(st.lists(st.integers(0, 50_000), min_size=len(lines), max_size=len(lines))))
    before = spread(lines, times + 50_000, longest=170.0)
    assert (spread(lines, times + 50_000 - sooner[:, None], longest=170.0) <= before).all()


@settings(deadline=None, max_examples=60)
@given(roads())
def test_spread_is_never_quicker_than_a_straight_walk_but_on_a_road_and_hardly_slower(given_roads):
    lines, times = given_roads
    best, walk = true_minimum(lines, times, FAR)
    excess = spread(lines, times, longest=FAR, latest=UNREACHED - 1) - best
    nearest = true_minimum(lines, np.zeros_like(times), FAR)[1]
    assert (excess[nearest > 0.9 * CELL] >= -1).all()
    assert (excess >= -1 - 0.6 * PACE * CELL).all()
    # 2.8 % for the eight neighbours and the knight's moves, and some metres because steps begin at cell centres.
    assert (excess <= PACE * (0.035 * walk + 0.2 * CELL)).all()


@settings(deadline=None, max_examples=60)
@given(roads(), st.sampled_from([100.0, 170.0, 300.0]))
def test_nothing_is_reached_beyond_the_distance_or_quicker_than_within_it(given_roads, longest):
    lines, times = given_roads
    best, _ = true_minimum(lines, times, longest)
    found = spread(lines, times, longest=longest)
    assert (found[np.isinf(best)] == UNREACHED).all()
    reached = found != UNREACHED
    assert (found[reached] >= best[reached] - 1 - 0.6 * PACE * CELL).all()


@settings(deadline=None, max_examples=40)
@given(roads(most=1), st.sampled_from([100.0, 170.0, 300.0]))
def test_everything_within_the_distance_of_one_road_is_reached(given_roads, longest):
    lines, times = given_roads
    best, walk = true_minimum(lines, times, longest)
    surely = 1.035 * walk + 0.4 * CELL <= longest
    found = spread(lines, times, longest=longest)[surely]
    assert (found - best[surely] <= PACE * (0.035 * walk[surely] + 0.2 * CELL)).all()


def test_cells_that_a_road_passes_have_its_own_time_and_the_walk_is_phased_in():
    # Through 0.6 cells beside the centres of row 8 and 0.4 cells from those of row 9.
    lines, times = np.asarray([(0.0, 8.5 * CELL + 30.0, 900.0, 8.5 * CELL + 30.0)]), np.asarray([(0, 90_000)])
    found = spread(lines, times)
    on_road = 100 * (np.arange(COLUMNS) + 0.5) * CELL
    np.testing.assert_array_equal(found[8], on_road)
    np.testing.assert_array_equal(found[9], on_road)
    walked = PACE * np.asarray([80.0, 130.0])
    assert (np.abs(found[7:5:-1] - on_road - walked[:, None]) <= 0.02 * walked[:, None]).all()
    further = spread(lines + np.asarray((0, 7.5, 0, 7.5)), times)
    np.testing.assert_allclose(further[8], on_road + PACE * CELL * 3 * (0.75 - 0.6), atol=1)


@settings(deadline=None, max_examples=30)
@given(roads(), st.integers(0, 300_000), st.integers(0, 300_000))
def test_a_later_limit_changes_nothing_before_the_earlier_one(given_roads, one, other):
    lines, times = given_roads
    early, late = (spread(lines, times, longest=FAR, latest=latest) for latest in sorted((one, other)))
    np.testing.assert_array_equal(np.where(late <= min(one, other), late, UNREACHED), early)


@settings(deadline=None, max_examples=30)
@given(roads(), st.randoms(use_true_random=False))
def test_the_order_of_the_pieces_changes_nothing(given_roads, random):
    lines, times = given_roads
    order = random.sample(range(len(lines)), len(lines))
    np.testing.assert_array_equal(spread(lines[order], times[order]), spread(lines, times))


def test_no_road_reaches_nothing():
    assert (spread(np.empty((0, 4)), np.empty((0, 2))) == UNREACHED).all()


def test_cells_behind_a_slow_road_are_reached_from_it_where_a_quick_road_is_too_far():
    # Beside the slow road it is quicker to walk from the quick one; behind it only the slow one is near enough.
    lines = np.asarray([(0.0, 125.0, 900.0, 125.0), (0.0, 325.0, 900.0, 325.0)])
    times = np.asarray([(0.0, 0.0), (400_000.0, 400_000.0)])
    found = spread(lines, times)
    assert found[10, 9] == pytest.approx(400_000 + 200 * PACE, abs=1)


@settings(deadline=None, max_examples=40)
@given(roads(), st.data())
def test_the_owner_of_a_cell_is_the_one_whose_roads_alone_are_the_quickest(given_roads, data):
    lines, times = given_roads
    owners = np.asarray(data.draw(st.lists(st.integers(0, 2), min_size=len(lines), max_size=len(lines))))
    found = allocate(lines, times, owners, longest=FAR)
    # Without a limit the surface of all roads is the lowest of those of each owner.
    alone = [spread(lines[owners == one], times[owners == one], longest=FAR).astype(np.int64) for one in range(3)]
    np.testing.assert_array_equal(found.time, np.min(alone, axis=0))
    ranked = np.sort(alone, axis=0)
    clear = (ranked[1] - ranked[0] > 1) & (ranked[0] != UNREACHED)
    np.testing.assert_array_equal(found.owner[clear], np.argmin(alone, axis=0)[clear])
    assert ((found.owner == -1) == (found.time == UNREACHED)).all()


@settings(deadline=None, max_examples=40)
@given(roads(), st.data())
def test_within_a_limit_the_way_of_a_cell_leads_to_a_road_of_its_owner(given_roads, data):
    lines, times = given_roads
    owners = np.asarray(data.draw(st.lists(st.integers(0, 2), min_size=len(lines), max_size=len(lines))))
    found = allocate(lines, times, owners)
    np.testing.assert_array_equal(found.time, spread(lines, times))
    for one in range(3):
        own = found.owner == one
        best = true_minimum(lines[owners == one], times[owners == one], 300.0)[0]
        assert (found.time[own] >= best[own] - 1 - 0.6 * PACE * CELL).all()
    assert ((found.owner == -1) == (found.time == UNREACHED)).all()


def test_cells_as_far_from_two_points_go_to_the_lower():
    middle, across = COLUMNS // 2 * CELL + CELL / 2, ROWS * CELL
    lines = np.asarray([(middle + side, 0.0, middle + side, across) for side in (200.0, -200.0)])
    times = np.full((2, 2), 60_000.0)
    for owners, tied in (([0, 1], 0), ([1, 0], 0), ([5, 3], 3)):
        found = allocate(lines, times, owners)
        assert (found.owner[:, COLUMNS // 2] == tied).all()
        assert (found.owner[:, COLUMNS // 2 + 1] == owners[0]).all()
        assert (found.owner[:, COLUMNS // 2 - 1] == owners[1]).all()


def may_pass(blocked, here, there):
    """Whether a way leads from a cell to the next: not out of water, nor through it; past one corner it may slip."""
    (row, column), (to_row, to_column) = here, there
    between = {
        (int(np.floor(row + 0.5 + (to_row - row) * share)), int(np.floor(column + 0.5 + (to_column - column) * share)))
        for share in (0.3, 0.7)
    } - {here, there}
    if abs(to_row - row) == abs(to_column - column):
        return not blocked[here] and not (blocked[row, to_column] and blocked[to_row, column])
    return not blocked[here] and not any(blocked[one] for one in between)


def naive_spread(time, blocked):
    """Dijkstra over the cells from the times that are given."""
    best = {}
    queue = [(one, cell) for cell, one in np.ndenumerate(time) if np.isfinite(one)]
    heapq.heapify(queue)
    while queue:
        here, cell = heapq.heappop(queue)
        if cell in best:
            continue
        best[cell] = here
        for down, right in STEPS:
            there = (cell[0] + down, cell[1] + right)
            inside = 0 <= there[0] < time.shape[0] and 0 <= there[1] < time.shape[1]
            if inside and may_pass(blocked, cell, there):
                heapq.heappush(queue, (here + PACE * CELL * np.hypot(down, right), there))
    found = np.full(time.shape, np.inf)
    for cell, here in best.items():
        found[cell] = here
    return found


@st.composite
def walls(draw, *, rows=ROWS, columns=COLUMNS):
    cells = draw(st.lists(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1)), max_size=80))
    blocked = np.zeros((rows, columns), dtype=bool)
    for row, column in cells:
        blocked[row, column] = True
    return blocked


@settings(deadline=None, max_examples=60)
@given(walls(), st.dictionaries(st.tuples(st.integers(0, 15), st.integers(0, 17)), st.integers(0, 10**6), min_size=1))
def test_water_stops_the_spread_as_it_stops_a_search_over_the_cells(blocked, seeds):
    time = np.full((ROWS, COLUMNS), np.inf)
    for cell, one in seeds.items():
        time[cell] = one
    expected = naive_spread(time, blocked)
    water = _Water.of(_walls(blocked, ROWS, COLUMNS))
    steps = _Steps.of(CELL * PACE, 1000.0, FAR // 10 - 1)
    key = np.full((ROWS + 4, COLUMNS + 2 + spread_kernels.LANES), steps.none)
    inner = key[2 : 2 + ROWS, 2 : 2 + COLUMNS]
    for cell, one in seeds.items():
        inner[cell] = (one * grid_kernels.PARTS) << spread_kernels.LENGTH_BITS
    spread_kernels.sweep(key, np.empty((0, 0), dtype=np.int32), *water, steps.keys)
    found = np.where(inner < steps.none, (inner >> spread_kernels.LENGTH_BITS) / grid_kernels.PARTS, np.inf)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1)


@settings(deadline=None, max_examples=60)
@given(roads(), walls(), st.booleans(), st.sampled_from([110.0, 170.0, 300.0, 400.0]), st.data())
def test_asking_again_only_where_the_quickest_walk_is_too_long_is_asking_for_all_walks(
    given_roads, blocked, wet, longest, data
):
    lines, times = given_roads
    owner = np.asarray(data.draw(st.lists(st.integers(0, 2), min_size=len(lines), max_size=len(lines))), dtype=np.int32)
    found = allocate(lines, times, owner, longest=longest, blocked=blocked if wet else None)
    begin, end = times.astype(np.int64).T
    roads = [TimedLines(lines * (1, -1, 1, -1), begin, end - begin, owner).stretches()]
    walled = _walls(blocked if wet else None, ROWS, COLUMNS)
    water, steps = _Water.of(walled), _Steps.of(CELL * PACE, longest / CELL, 2_000_000)
    walks = _Walks(roads, water, steps, ((0.0, 0.0), *walled, CELL, PACE, 2_000_000.0))
    anywhere = np.full((ROWS, COLUMNS), steps.longest, dtype=np.int32)
    anywhere.flags.writeable = False
    parts, its = walks.within(anywhere, straight=False)
    walked = np.where(parts < steps.none >> spread_kernels.LENGTH_BITS, parts / grid_kernels.PARTS, np.inf)
    # On a road the time is that of the road, which no walk has.
    later = found.time > np.floor(walked + 0.5)
    assert not later.any()
    off_road = np.isfinite(walked) & (true_minimum(lines, np.zeros_like(times), FAR)[1] > 0.9 * CELL)
    np.testing.assert_array_equal(found.time[off_road], np.floor(walked[off_road] + 0.5))
    np.testing.assert_array_equal(found.owner[off_road], its[off_road])


@settings(deadline=None, max_examples=60)
@given(roads(most=8), st.sampled_from([110.0, 170.0, 300.0]), st.sampled_from([200_000, 2_000_000]))
def test_cells_side_by_side_have_the_times_of_cells_one_by_one(given_roads, longest, latest):
    lines, times = given_roads
    at_once = allocate(lines, times, longest=longest, latest=latest)
    # Whose a cell is, is asked one by one.
    owners = np.ones(len(lines))
    np.testing.assert_array_equal(at_once.time, allocate(lines, times, owners, longest=longest, latest=latest).time)


def test_the_kernels_of_roads_and_of_walks_agree_on_steps_and_keys():
    np.testing.assert_array_equal(grid_kernels.STEPS, spread_kernels.STEPS)
    for name in ("LENGTH_BITS", "PAD", "LANES"):
        assert getattr(grid_kernels, name) == getattr(spread_kernels, name)


@settings(deadline=None, max_examples=40)
@given(roads(), st.just(np.zeros((ROWS, COLUMNS), dtype=bool)))
def test_a_grid_without_water_is_as_if_nobody_had_asked(given_roads, blocked):
    np.testing.assert_array_equal(spread(*given_roads, blocked=blocked), spread(*given_roads))


@pytest.mark.parametrize("wall", ["upright", "slanting"])
def test_nothing_gets_across_a_wall_and_through_a_gap_it_goes_round(wall):
    row, column = np.indices((ROWS, COLUMNS))
    across = column == 6 if wall == "upright" else column == row
    far = column > 6 if wall == "upright" else column > row
    lines, times = np.asarray([(20.0, 780.0, 30.0, 780.0)]), np.asarray([(0.0, 0.0)])
    found = spread(lines, times, longest=FAR, latest=UNREACHED - 1, blocked=across)
    assert (found[far] == UNREACHED).all()
    assert (found[~far & ~across] != UNREACHED).all()
    gap = across & (row != 3)
    through = spread(lines, times, longest=FAR, latest=UNREACHED - 1, blocked=gap)
    assert (through[far] != UNREACHED).all()
    dry = spread(lines, times, longest=FAR, latest=UNREACHED - 1)
    assert (through >= dry).all()
    assert (through > dry)[far].any()


def test_a_road_on_one_bank_does_not_burn_the_cells_of_the_other():
    blocked = np.zeros((ROWS, COLUMNS), dtype=bool)
    blocked[8] = True
    lines, times = np.asarray([(0.0, 390.0, 900.0, 390.0)]), np.asarray([(0.0, 0.0)])
    found = spread(lines, times, longest=FAR, latest=UNREACHED - 1, blocked=blocked)
    assert (found[7] != UNREACHED).all()
    assert (found[9:] == UNREACHED).all()


@pytest.mark.parametrize("finer", [3, 5])
def test_water_narrower_than_a_cell_stops_the_spread_on_a_finer_grid(finer):
    # A stream between the middles of two columns of cells: none of them is blocked.
    wet = np.zeros((finer * ROWS, finer * COLUMNS), dtype=bool)
    wet[:, finer * 7] = True
    lines, times = np.asarray([(20.0, 780.0, 30.0, 780.0)]), np.asarray([(0.0, 0.0)])
    found = spread(lines, times, longest=FAR, latest=UNREACHED - 1, blocked=wet)
    assert (found[:, :7] != UNREACHED).all()
    assert (found[:, 7:] == UNREACHED).all()
    wet[: finer * 2] = False
    assert (spread(lines, times, longest=FAR, latest=UNREACHED - 1, blocked=wet) != UNREACHED).all()


@settings(deadline=None, max_examples=30)
@given(walls(), roads())
def test_the_same_water_on_a_finer_grid_lets_no_more_through(blocked, given_roads):
    finer = np.repeat(np.repeat(blocked, 3, axis=0), 3, axis=1)
    coarse, fine = (spread(*given_roads, blocked=one) for one in (blocked, finer))
    far = ~blocked & (coarse == UNREACHED)
    assert (fine[far] == UNREACHED).all()


def test_a_grid_that_is_an_even_number_of_times_finer_has_no_middles():
    with pytest.raises(ValueError, match="odd number"):
        spread(*two_roads(), blocked=np.ones((2 * ROWS, 2 * COLUMNS), dtype=bool))


def two_roads():
    return np.asarray([(0.0, 125.0, 900.0, 125.0), (0.0, 325.0, 900.0, 325.0)]), np.zeros((2, 2))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=40), st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_times_near_a_height_are_moved_to_the_distance_asked_for_and_others_stay(times, gaps):
    heights, aside = 40.5 + np.cumsum(np.asarray(gaps) * 20.0 + 40.0), 20.0
    time = np.asarray([*times, UNREACHED], dtype=np.int32)[None]
    (moved,) = keep_off_heights(time, heights, aside=aside)
    for one, here in zip(time[0].tolist(), moved.tolist(), strict=True):
        near = [height for height in heights.tolist() if abs(one - height) < aside]
        if one == UNREACHED:
            assert np.isnan(here)
        elif near:
            (height,) = near
            assert here == height + np.copysign(aside, one - height)
        else:
            assert here == one
