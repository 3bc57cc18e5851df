from hypothesis import given
from hypothesis import strategies as st

from palveluverkko.report.looks import by_minutes, ink_on, luminance


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
def test_text_on_any_fill_has_a_contrast_of_at_least_three(fill):
    light, dark = sorted([luminance(fill), luminance(ink_on(fill))], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_each_threshold_has_its_own_colour():
    assert len(set(by_minutes([15, 30, 60, 90, 120, 150, 180]).values())) == 7
