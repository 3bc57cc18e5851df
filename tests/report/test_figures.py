import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from palveluverkko.domain.levels import LANGUAGES, LevelScheme
from palveluverkko.report.drawing import save
from palveluverkko.report.figures import _spread, draw_areas, mean_by_area, reach_curve, write_figures
from palveluverkko.report.level_map import write_level_map


def _words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_pictures_of_some_size_in_every_language(tmp_path, study, scheme, language):
    drawn = write_figures(
        tmp_path,
        levels=study.levels,
        scheme=scheme,
        people=study.people,
        minutes=study.minutes,
        language=language,
        area_column="kunta_code",
    )
    assert [path.name for path in drawn] == ["reach.png", "areas.png", "ages.png"]
    for path in drawn:
        with Image.open(path) as picture:
            assert min(picture.size) > 300


def test_without_areas_there_is_no_heat_table(tmp_path, study, scheme):
    drawn = write_figures(
        tmp_path, levels=study.levels, scheme=scheme, people=study.people, minutes=study.minutes, language="fi"
    )
    assert [path.name for path in drawn] == ["reach.png", "ages.png"]


def test_means_of_areas_are_weighted_by_people_who_reach(study, scheme):
    means = mean_by_area(study.levels, scheme=scheme, area_column="kunta_code")
    assert means.loc["614", "mean_L"] == pytest.approx((900 * 3 + 60 * 15 + 30 * 29.9999833) / 990)
    assert means.loc["614", "unreached_L"] == 0
    assert means.loc["320", "mean_L"] == pytest.approx(61.25)
    assert means.loc["320", "unreached_L"] == pytest.approx(0.2)


def test_an_area_that_nobody_reaches_from_has_no_mean_and_says_so(study, scheme):
    levels = study.levels.assign(time_E=np.nan)
    means = mean_by_area(levels, scheme=scheme, area_column="kunta_code")
    assert means["mean_E"].isna().all()
    figure = draw_areas(means, names={"614": "Posio"}, scheme=scheme, minutes=study.minutes, language="fi")
    words = _words(figure)
    assert words.count("–") == 2
    assert "Posio" in words
    assert "320" in words


def _boxes(figure):
    """Give each text of a figure with its place on paper, as (words, box)."""
    renderer = figure.canvas.get_renderer()
    texts = [one for axes in figure.axes for one in axes.texts] + list(figure.texts)
    return [(one.get_text(), one.get_window_extent(renderer)) for one in texts if one.get_text()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("built_in", ["EAL", "keski-suomi"])
def test_no_word_of_the_heat_table_lies_on_another(built_in, language):
    wide = LevelScheme.named(built_in)
    areas = ["Pohjois-Pohjanmaan hyvinvointialue", "Vantaan ja Keravan hyvinvointialue", "x" * 10_000]
    means = pd.DataFrame(
        {f"mean_{code}": [10.0, 20.0, np.nan] for code in wide.codes}
        | {f"unreached_{code}": [0.0, 1.0, 2.0] for code in wide.codes},
        index=areas,
    )
    boxes = _boxes(draw_areas(means, names={}, scheme=wide, minutes=[15, 30, 60, 90, 120, 150, 180], language=language))
    overlapping = [(one, other) for (one, box), (other, beside) in combinations(boxes, 2) if box.overlaps(beside)]
    assert overlapping == []


def test_dollar_signs_in_a_name_begin_no_formula(study, scheme, tmp_path):
    means = mean_by_area(study.levels, scheme=scheme, area_column="kunta_code")
    name = r"$\frac{1$ & $x_2$"
    figure = draw_areas(means, names={"614": name}, scheme=scheme, minutes=study.minutes, language="fi")
    save(figure, tmp_path / "areas.png")
    assert name in _words(figure)


times = st.lists(st.one_of(st.integers(0, 200).map(float), st.just(np.nan)), min_size=1, max_size=30)


@given(times, st.data())
@settings(deadline=None)
def test_the_curve_is_the_share_of_people_within_each_time(minutes, data):
    people = data.draw(st.lists(st.integers(1, 500), min_size=len(minutes), max_size=len(minutes)))
    time, heads = pd.Series(minutes), pd.Series(people, dtype=float)
    at, share = reach_curve(time, heads)
    assert (np.diff(at) > 0).all()
    for limit, reached in zip(at, share, strict=True):
        assert reached == pytest.approx(heads[time <= limit].sum() / heads.sum())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_labels_never_lie_upon_each_other_and_keep_their_order(heights):
    placed = np.array(_spread(heights, gap=0.1))
    order = np.argsort(heights, kind="stable")
    assert (np.diff(placed[order]) >= 0.1 - 1e-9).all()
    assert placed.max() <= 1


@pytest.mark.parametrize("level", ["L", "E"])
def test_the_map_of_a_level_is_a_picture_and_equal_arguments_give_equal_bytes(tmp_path, study, scheme, level):
    for name in ("one.png", "two.png"):
        write_level_map(
            tmp_path / name,
            level=level,
            bands=study.bands,
            points=study.points.to_crs(4326),
            roads=study.roads,
            water=study.bands[["geometry"]].iloc[:1].to_crs(4326),
            borders=study.bands[["geometry"]].iloc[1:3],
            minutes=study.minutes,
            scheme=scheme,
            language="sv",
            subtitle="Vinter, resa till servicen",
        )
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_map_of_a_level_without_bands_points_or_roads_is_still_drawn(tmp_path, study, scheme):
    path = write_level_map(
        tmp_path / "map.png",
        level="E",
        bands=study.bands.iloc[:0],
        points=study.points.iloc[:0],
        minutes=study.minutes,
        scheme=scheme,
        language="en",
    )
    with Image.open(path) as picture:
        assert min(picture.size) > 300


def test_drawing_leaves_no_figure_behind_in_pyplot(tmp_path, study, scheme):
    sys.modules.pop("matplotlib.pyplot", None)
    write_figures(
        tmp_path, levels=study.levels, scheme=scheme, people=study.people, minutes=study.minutes, language="fi"
    )
    assert "matplotlib.pyplot" not in sys.modules
