"""How much the answer hangs on the speeds: laws of factors and seasons, and an example counted by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streets import FERRY, KINDS, ROAD, STREET, TIMED_FERRY, network_of, points_at, roads, spot_xy, street_plans, ways

from palveluverkko.domain.errors import StudyError
from palveluverkko.domain.planning import Norm
from palveluverkko.domain.travel import UNREACHED, AccessLegs
from palveluverkko.network.store import NO_STORE, read_network
from palveluverkko.osm.profile import CarProfile
from palveluverkko.planning.sensitivity import COLUMNS, Variant, drive_at, sensitivity
from palveluverkko.reach.table import travel_times
from palveluverkko.service.levels import classify

MINUTES = (0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30)
NORMS = (Norm("L", 1, 0.5), Norm("L", 2, 0.9), Norm("E", 3, 0.8))
FACTORS = st.sampled_from([0.1, 0.5, 0.8, 0.9, 0.95, 1.05, 1.1, 1.3, 2.0, 10.0])
COUNTS = ["people_changed", "people_better", "people_worse", "people_newly_reached", "people_cut_off"]


@st.composite
def towns(draw):
    """Draw streets with a service point or a home at every spot: points first, homes after."""
    spots, given_ways = draw(street_plans(kinds=KINDS))
    count = draw(st.integers(1, len(spots) - 1))
    levels = draw(st.lists(st.sampled_from("LAE"), min_size=count, max_size=count))
    homes = len(spots) - count
    people = draw(st.lists(st.sampled_from([-1, 0, 1, 7, 50]), min_size=homes, max_size=homes))
    kunta = draw(st.lists(st.sampled_from(["005", "047"]), min_size=homes, max_size=homes))
    return spots, given_ways, levels, people, kunta


def settle(town, *, kinds=None):
    """Build the town: network, service points, places; ``kinds`` gives other speeds."""
    spots, given_ways, levels, people, kunta = town
    if kinds is not None:
        given_ways = [replace(way, kind=kinds(way.kind)) for way in given_ways]
    network = network_of(roads(spots, given_ways))
    used = sorted({spot for way in given_ways for spot in way.spots})
    xy = dict(zip(used, spot_xy(network, [spots[one] for one in used]), strict=True))
    anywhere = [xy.get(spot, xy[used[0]]) for spot in range(len(spots))]
    points = points_at(network, anywhere[: len(levels)], level=levels)
    ids = [f"X{number}" for number in range(len(people))]
    places = points_at(network, anywhere[len(levels) :], ids=ids, population=people, kunta_code=kunta)
    return network, points, places


def found(town, *variants, **options):
    network, points, places = settle(town)
    return sensitivity(network, points, places, variants=variants, minutes=MINUTES, **options)


@settings(deadline=None, max_examples=25)
@given(towns(), FACTORS)
def test_a_quicker_variant_makes_nobody_worse_and_a_slower_one_nobody_better(town, factor):
    areas = found(town, Variant(factor)).by_area("kunta_code", norms=NORMS)
    base, other = areas[areas["baseline"]].reset_index(drop=True), areas[~areas["baseline"]].reset_index(drop=True)
    against = ["people_worse", "people_cut_off"] if factor > 1 else ["people_better", "people_newly_reached"]
    assert (other[against] == 0).all(axis=None)
    assert (
        (other["extra_minutes_mean"].fillna(0) <= 0) if factor > 1 else other["extra_minutes_mean"].fillna(0) >= 0
    ).all()
    more = other["norms_met"] - base["norms_met"]
    assert ((more >= 0) if factor > 1 else (more <= 0)).all()


@settings(deadline=None, max_examples=25)
@given(towns(), FACTORS, st.sampled_from(list(AccessLegs)))
def test_shares_and_people_add_up(town, factor, legs):
    areas = found(town, Variant(factor), access_legs=legs).by_area("kunta_code", norms=NORMS)
    assert list(areas.columns) == list(COLUMNS)
    assert (areas["people_changed"] == areas["people_better"] + areas["people_worse"]).all()
    assert (areas["people_newly_reached"] <= areas["people_better"]).all()
    assert (areas["people_cut_off"] <= areas["people_worse"]).all()
    share = areas["people_changed"] / areas["population"].where(areas["population"] > 0)
    pd.testing.assert_series_equal(areas["share_changed"], share, check_names=False)
    assert (areas.loc[areas["baseline"], COUNTS] == 0).all(axis=None)
    keys = ["variant", "level"]
    counted = [*COUNTS, "population", "reached"]
    whole = areas[areas["area"] == ""].set_index(keys)[counted]
    parts = areas[areas["area"] != ""].groupby(keys, sort=False)[counted].sum()
    pd.testing.assert_frame_equal(parts, whole, check_like=True)
    reached = areas.set_index(["variant", "area", "level"])["reached"]
    change = areas.set_index(["variant", "area", "level"])[["people_newly_reached", "people_cut_off"]]
    base = reached[areas["baseline"].to_numpy()]
    other = reached[~areas["baseline"].to_numpy()]
    moved = change[~areas["baseline"].to_numpy()]
    assert (other.to_numpy() - base.to_numpy() == (moved.iloc[:, 0] - moved.iloc[:, 1]).to_numpy()).all()


@settings(deadline=None, max_examples=15)
@given(towns())
def test_a_factor_of_one_changes_nobody_even_where_it_is_searched_anew(town):
    network, points, places = settle(town)
    again = Variant(1.0, network=network.with_speeds(1), name="again")
    for legs in AccessLegs:
        result = sensitivity(network, points, places, variants=[Variant(1.0), again], minutes=MINUTES, access_legs=legs)
        assert [one.variant for one in result.outcomes] == ["again"]
        assert (result.by_area("kunta_code")[COUNTS] == 0).all(axis=None)
        pd.testing.assert_frame_equal(result.outcomes[0].levels.frame, result.baseline.levels.frame)


@settings(deadline=None, max_examples=30)
@given(street_plans(kinds=KINDS), FACTORS)
def test_a_factor_scales_the_time_to_every_vertex_of_a_road_and_none_of_a_ferry(plan, factor):
    network = network_of(roads(*plan))
    driven = drive_at(network, factor)
    edges = network.edges
    ferry = np.asarray([network.road_classes[one] == "ferry" for one in edges.road_class])
    of_ferry = np.repeat(ferry, np.diff(edges.first_vertex))
    for name in ("vertex_forward", "vertex_backward"):
        before = getattr(edges, name)
        expected = np.where(of_ferry, before, np.rint(before / factor)).astype(np.int32)
        np.testing.assert_array_equal(getattr(driven.edges, name), expected)
    for arc in range(network.graph.head.size):
        piece = network.arc_piece[arc]
        scaled = (driven.edges.forward_time, driven.edges.backward_time)[piece & 1][piece >> 1]
        expected = network.graph.travel_time[arc] if piece < 0 else scaled
        assert driven.graph.travel_time[arc] == expected


@settings(deadline=None, max_examples=20)
@given(towns(), FACTORS)
def test_every_variant_equals_levels_of_its_own_network(town, factor):
    network, points, places = settle(town)
    result = sensitivity(network, points, places, variants=[Variant(factor)], minutes=MINUTES)
    for one, outcome in ((network, result.baseline), (drive_at(network, factor), result.outcomes[0])):
        table = travel_times(one, points, places, budget_minutes=MINUTES[-1])
        expected = classify(table, points, minutes=MINUTES).frame
        pd.testing.assert_frame_equal(outcome.levels.frame, expected)


@settings(deadline=None, max_examples=20)
@given(towns(), st.floats(0.3, 1))
def test_a_winter_that_is_nowhere_quicker_is_better_for_nobody(town, slower):
    def in_winter(kind):
        return replace(kind, forward_kmh=kind.forward_kmh * slower, backward_kmh=kind.backward_kmh * slower)

    summer, points, places = settle(town)
    winter = replace(settle(town, kinds=in_winter)[0], season="winter")
    from_summer = sensitivity(summer, points, places, variants=[Variant(network=winter)], minutes=MINUTES)
    from_winter = sensitivity(winter, points, places, variants=[Variant(network=summer)], minutes=MINUTES)
    there, back = from_summer.by_area("kunta_code"), from_winter.by_area("kunta_code")
    assert (there["people_better"] == 0).all()
    assert (back["people_worse"] == 0).all()
    np.testing.assert_array_equal(there["people_changed"], back["people_changed"])
    np.testing.assert_array_equal(there["people_cut_off"], back["people_newly_reached"])
    assert set(there["variant"]) == {"summer 1", "winter 1"}


@settings(deadline=None, max_examples=15)
@given(towns(), st.lists(FACTORS, unique=True, max_size=3))
def test_ranges_of_a_place_hold_the_baseline_and_every_variant(town, factors):
    result = found(town, *(Variant(one) for one in factors))
    places = result.by_place().fillna(np.inf)
    for code in "LAE":
        for outcome in (result.baseline, *result.outcomes):
            frame = outcome.levels.frame.fillna({f"time_{code}": np.inf, f"band_{code}": np.inf})
            assert (places[f"shortest_{code}"] <= frame[f"time_{code}"]).all()
            assert (places[f"longest_{code}"] >= frame[f"time_{code}"]).all()
            assert (places[f"nearest_band_{code}"] <= frame[f"band_{code}"]).all()
            assert (places[f"farthest_band_{code}"] >= frame[f"band_{code}"]).all()
        ends = [result.baseline, *result.outcomes]
        longest = np.max([one.levels.frame[f"time_{code}"].fillna(np.inf) for one in ends], axis=0)
        np.testing.assert_array_equal(places[f"longest_{code}"], longest)


# --- by hand: one road of 4.8 km at 80 km/h, a point at its beginning, homes at 1.2, 2.4, 3.6 and 4.8 km

SPOTS = [(0.0, 0.0), (1200.0, 0.0), (2400.0, 0.0), (3600.0, 0.0), (4800.0, 0.0)]
PEOPLE = [100, 200, 300, 400]


def one_road(*, kind=ROAD, access_kmh=5.0):
    network = network_of(roads(SPOTS, ways((kind, 0, 1, 2, 3, 4))), access_kmh=access_kmh)
    xy = spot_xy(network, SPOTS)
    points = points_at(network, xy[:1], level=["L"])
    places = points_at(network, xy[1:], ids=list("ABCD"), population=PEOPLE, kunta_code=["1", "1", "2", "2"])
    return network, points, places


def test_people_are_counted_as_by_hand():
    # Minutes at 80 km/h: 0.9, 1.8, 2.7, 3.6; at 64: 1.125, 2.25, 3.375, 4.5; at 100: 0.72, 1.44, 2.16, 2.88.
    network, points, places = one_road()
    result = sensitivity(network, points, places, variants=[Variant(0.8), Variant(1.25)], minutes=[1, 2, 3.5, 4])
    areas = result.by_area("kunta_code", norms=[Norm("L", 2, 0.3), Norm("L", 3.5, 0.6)])
    local = areas[areas["level"] == "L"].set_index(["variant", "area"])
    slow = local.loc["summer 0.8"]
    whole = slow.loc[""]
    counts = ["population", *COUNTS, "reached", "norms", "norms_met"]
    assert whole[counts].tolist() == [1000, 700, 0, 700, 0, 400, 600, 2, 1]
    assert whole["share_changed"] == 0.7
    # A degree of the tests is 0.3 % longer than theirs.
    assert whole["mean"] == pytest.approx((100 * 1.125 + 200 * 2.25 + 300 * 3.375) / 600, rel=3e-3)
    assert whole["extra_minutes_mean"] == pytest.approx((100 * 0.225 + 200 * 0.45 + 300 * 0.675) / 600, rel=3e-3)
    assert slow["people_changed"].to_dict() == {"": 700, "1": 300, "2": 400}
    quick = local.loc["summer 1.25"]
    assert quick["people_better"].to_dict() == {"": 400, "1": 0, "2": 400}
    assert quick.loc["", "norms_met"] == 2
    assert local.loc[("summer 1", ""), "norms_met"] == 2
    for code in "AE":
        assert (areas.loc[areas["level"] == code, "reached"] == 0).all()
        assert areas.loc[areas["level"] == code, "mean"].isna().all()


@pytest.mark.parametrize("kind", [FERRY, TIMED_FERRY])
def test_crossing_and_waiting_for_a_ferry_take_as_long_at_every_factor(kind):
    quay = [(0.0, 0.0), (1000.0, 0.0), (3000.0, 0.0), (4000.0, 0.0)]
    network = network_of(roads(quay, ways((STREET, 0, 1), (kind, 1, 2), (STREET, 2, 3))))
    xy = spot_xy(network, quay)
    points, places = points_at(network, xy[:1]), points_at(network, xy[3:], ids=["X"])
    whole, double = (
        travel_times(drive_at(network, factor), points, places).milliseconds[0, 0] for factor in (1.0, 2.0)
    )
    driving = 2 * 1000 / 40 * 3.6 * 1000
    assert UNREACHED > whole > driving
    assert whole - double == pytest.approx(driving / 2, rel=5e-3)


def test_access_legs_take_part_only_when_asked():
    network, points, places = one_road()
    beside = places.assign(geometry=places.translate(0, 100.0))
    fixed, scaled = (
        sensitivity(network, points, beside, variants=[Variant(0.5)], minutes=[60], access_legs=legs).by_place()
        for legs in ("fixed", "scaled")
    )
    leg = 100 / 5000 * 60
    np.testing.assert_allclose(fixed["longest_L"], 2 * (fixed["time_L"] - leg) + leg, atol=1e-3)
    np.testing.assert_allclose(scaled["longest_L"], 2 * scaled["time_L"], atol=1e-3)
    pd.testing.assert_series_equal(fixed["time_L"], scaled["time_L"])


def test_the_order_of_elimination_is_found_once_for_all_factors():
    network, _, _ = one_road()
    for legs in AccessLegs:
        assert drive_at(network, 0.9, access_legs=legs).roads.order is network.roads.order


def test_another_network_may_have_roads_closed_and_names_tell_them_apart():
    network, points, places = one_road()
    closed = network.with_speeds(0)
    variants = [Variant(network=closed, name="closed"), Variant(0.9, network=closed, name="closed and slow")]
    areas = sensitivity(network, points, places, variants=variants).by_area()
    local = areas[areas["level"] == "L"].set_index("variant")
    assert local["people_cut_off"].to_dict() == {"summer 1": 0, "closed": 1000, "closed and slow": 1000}


def test_places_without_people_have_no_share_and_without_norms_none_are_met():
    network, points, places = one_road()
    result = sensitivity(network, points, places.assign(population=[-1, 0, 0, 0]), variants=[Variant(0.5)])
    areas = result.by_area()
    assert areas["share_changed"].isna().all()
    assert (areas[["norms", "norms_met", "people_changed"]] == 0).all(axis=None)
    assert result.check_norms([]).empty


def test_norms_by_variant_are_those_of_its_levels():
    network, points, places = one_road()
    norms = [Norm("L", 2, 0.3), Norm("L", 3.5, 0.6)]
    checked = sensitivity(network, points, places, variants=[Variant(0.8)]).check_norms(norms)
    assert checked.set_index(["variant", "minutes"])["passed"].to_dict() == {
        ("summer 1", 2): True,
        ("summer 1", 3.5): True,
        ("summer 0.8", 2): False,
        ("summer 0.8", 3.5): True,
    }


# --- real roads


def anywhere_on(network, count, prefix, *, seed):
    at = np.random.default_rng(seed).integers(0, network.edges.vertex_x.size, count)
    xy = list(zip(network.edges.vertex_x[at], network.edges.vertex_y[at], strict=True))
    return points_at(network, xy, ids=[f"{prefix}{one}" for one in range(count)])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "minutes"), [("tampere", (2, 4, 6, 8, 10, 15)), ("finland-rural", (0.5, 1, 1.5, 2, 3, 4, 6, 8))]
)
def test_on_real_roads_slower_is_never_better_quicker_never_worse(shared_data, name, minutes):
    network = read_network(shared_data / "osm" / f"{name}.osm.pbf", store=NO_STORE)
    points = anywhere_on(network, 12, "P", seed=1).assign(level=["L", "L", "L", "L", "A", "E"] * 2)
    places = anywhere_on(network, 400, "X", seed=2).assign(population=np.arange(400) % 7)
    variants = [Variant(one) for one in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0)]
    areas = sensitivity(network, points, places, variants=variants, minutes=minutes).by_area()
    slower, quicker = areas[areas["speed_factor"] < 1], areas[areas["speed_factor"] > 1]
    assert (slower["people_better"] == 0).all()
    assert (quicker["people_worse"] == 0).all()
    assert areas.loc[areas["level"] == "L", "people_changed"].gt(0).sum() >= 4


@pytest.mark.shared
def test_on_real_roads_winter_is_better_for_nobody(shared_data):
    # These roads are the same in both seasons; where winter closes some, homes may stand on others.
    path = shared_data / "osm" / "finland-rural.osm.pbf"
    summer, winter = (
        read_network(path, store=NO_STORE, profile=CarProfile(season=season)) for season in ("summer", "winter")
    )
    np.testing.assert_array_equal(summer.edges.vertex_x, winter.edges.vertex_x)
    points = anywhere_on(summer, 6, "P", seed=1).assign(level=["L", "A", "E"] * 2)
    places = anywhere_on(summer, 400, "X", seed=2).assign(population=1)
    variants = [Variant(network=winter)]
    fine = np.arange(1, 200) / 20
    areas = sensitivity(summer, points, places, variants=variants, minutes=fine).by_area()
    assert (areas["people_better"] == 0).all()
    assert areas["people_worse"].sum() > 0


@pytest.mark.parametrize("factor", [0, -0.9, 90, 1e-9, float("nan"), float("inf"), -float("inf")])
def test_a_factor_that_no_speed_could_have_is_refused(factor):
    with pytest.raises(StudyError, match=r"the speed factor is \S+; give one from 0\.1 to 10"):
        Variant(factor)


def test_names_that_repeat_and_unknown_words_are_refused():
    network, points, places = one_road()
    for variants, name in (
        ([Variant(0.9), Variant(0.9)], "summer 0.9"),
        ([Variant(0.9, name="summer 1")], "summer 1"),
        ([Variant(network=network.with_speeds(0))], "summer 1"),
    ):
        with pytest.raises(StudyError, match=f"two variants are named '{name}', the baseline counted"):
            sensitivity(network, points, places, variants=variants)
    with pytest.raises(StudyError, match="access legs 'walked' is not known; use one of: fixed, scaled"):
        sensitivity(network, points, places, access_legs="walked")


def test_progress_counts_the_variants():
    network, points, places = one_road()
    heard = []
    sensitivity(network, points, places, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(0, 3), (1, 3), (2, 3)]
