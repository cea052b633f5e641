"""Plots as SVG: well-formed, described in words, without anything a strict content policy forbids."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from touchstone.engine import draw_dots, draw_reliability, draw_strips, reliability

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*, standalone: bool = False) -> ElementTree.Element:
    rows = reliability(np.array([0.05, 0.05, 0.95, 0.95]), np.array([0.0, 0.0, 1.0, 0.0]))
    return ElementTree.fromstring(
        draw_reliability({"ours <&>": rows}, title="How forecasts fared", standalone=standalone)
    )


def test_a_bin_lies_at_its_mean_forecast_and_its_share_of_real_stories() -> None:
    dots = drawn().findall(f"{SVG}circle")
    assert (float(dots[0].get("cx", "")), float(dots[0].get("cy", ""))) == pytest.approx(
        (64 + 272 * 0.05, 336), abs=0.06
    )
    assert (float(dots[1].get("cx", "")), float(dots[1].get("cy", ""))) == pytest.approx(
        (64 + 272 * 0.95, 200), abs=0.06
    )


def test_the_plot_is_told_in_words_too() -> None:
    described = drawn().findtext(f"{SVG}desc", "")
    assert "ours <&>: 2 stories forecast at 5 %, 0 % real; 2 stories forecast at 95 %, 50 % real." in described
    assert drawn().findtext(f"{SVG}title") == "How forecasts fared"


def test_nothing_in_it_needs_an_inline_style_or_script() -> None:
    for element in drawn().iter():
        assert not {"style", "onload", "onclick"} & set(element.keys())
        assert element.tag not in {f"{SVG}style", f"{SVG}script"}


def test_only_a_standalone_plot_brings_its_own_ground() -> None:
    assert drawn().find(f"{SVG}rect") is None
    assert drawn(standalone=True).find(f"{SVG}rect") is not None


def test_a_method_without_bins_is_only_named() -> None:
    plot = ElementTree.fromstring(draw_reliability({"empty": []}, title="None yet"))
    assert len(plot.findall(f"{SVG}circle")) == 1


def test_dots_stand_at_their_values_and_large_ones_at_the_edge() -> None:
    plot = ElementTree.fromstring(draw_dots({"a": {"x": 0.5, "y": 9.0}}, title="t", axis="log-loss", most=1.0))
    places = [float(dot.get("cx", "")) for dot in plot.findall(f"{SVG}circle")][:2]
    assert places == pytest.approx([130 + 486 / 2, 130 + 486])
    assert "a: x 0.500, y 9.000." in plot.findtext(f"{SVG}desc", "")


def test_a_strip_holds_a_dot_for_each_value_and_a_bar_at_the_mean() -> None:
    plot = ElementTree.fromstring(draw_strips({"a": np.array([-1.0, 0.0, 1.0])}, title="t", axis="x"))
    places = [float(dot.get("cx", "")) for dot in plot.findall(f"{SVG}circle")]
    assert places == pytest.approx([130, 373, 616])
    assert [line.get("x1") for line in plot.findall(f"{SVG}line")][-1] == "373.0"
