"""Figures of attacks and of models: scales, intervals, marks and colours are those of the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ood_studio.evaluation.zoo import Diagram
from ood_studio.figures.attack_curves import margin_figure
from ood_studio.figures.factor_bars import factor_bars
from ood_studio.figures.heatmap import overlay
from ood_studio.figures.model_scatter import Axis, ModelGroup, model_scatter
from ood_studio.figures.perturbation import amplified, gain_of, size_map, sizes
from ood_studio.figures.reliability import reliability_figure


def test_evidence_runs_from_orange_to_blue() -> None:
    black = Image.new("RGB", (8, 4))
    ends = [np.asarray(overlay(black, np.full((2, 2), value), 1.0))[1, 5].tolist() for value in (0.0, 1.0)]
    assert ends == [[249, 115, 22], [37, 99, 235]]


def test_a_perturbation_is_amplified_around_grey_and_mapped_by_its_size() -> None:
    change = np.zeros((2, 3, 3))
    change[0, 0] = (0.01, 0, -0.02)
    assert gain_of(np.full((4, 4, 3), 0.01)) == 32 and gain_of(np.zeros((4, 4, 3))) == 128
    shown = np.asarray(amplified(change, 16))
    assert shown[1, 1].tolist() == [128] * 3 and shown[0, 0].tolist() == [168, 128, 46]
    lengths = sizes(change)
    assert lengths[0, 0] == pytest.approx(np.hypot(0.01, 0.02)) and lengths.sum() == lengths[0, 0]
    mapped = np.asarray(size_map(lengths, lengths.max()))
    assert mapped[0, 0].tolist() == [252, 255, 164] and mapped[1, 1].tolist() == [0, 0, 4]
    assert not np.asarray(size_map(0 * lengths, 0.0))[..., 0].any()


def test_margins_are_0_at_the_threshold_and_1_at_a_typical_id_image() -> None:
    scores = {"a": [0.2, 0.8], "b": [3.0, 1.0]}
    figure = margin_figure([0, 1], scores, {"a": 0.4}, {"a": 0.8}, 10)
    first, second = figure.data
    assert list(first.y) == pytest.approx([-0.5, 1]) and first.customdata[1] == [0.8, 0.4]
    assert list(second.y) == pytest.approx([0, -2 / 3])  # against its start, where there is no threshold
    assert "1 of 1 scores take it for ID" in figure.layout.meta["summary"]


def test_bins_of_few_images_are_hollow_and_empty_ones_are_left_out() -> None:
    diagram = Diagram((3, 0, 97), (0.25, None, 0.75), (0.5, None, 0.7))
    _, line = reliability_figure({"before": {"m": diagram}}).data
    assert (list(line.x), list(line.y), list(line.customdata)) == ([0.25, 0.75], [0.5, 0.7], [3, 97])
    assert [symbol.endswith("-open") for symbol in line.marker.symbol] == [True, False]


def test_bars_of_factors_are_points_less_than_overall() -> None:
    (bar,) = factor_bars({"m": {"pose": (0.8, 0.7, 0.85), "style": (0.95, None, None)}}, {"m": 0.9}).data
    assert list(bar.x) == pytest.approx([-10, 5])
    assert list(bar.error_x.array) == pytest.approx([5, 0]) and list(bar.error_x.arrayminus) == pytest.approx([10, 0])


def test_the_area_of_a_model_grows_with_its_parameters() -> None:
    group = ModelGroup("g", ("a", "b", "c"), (0.1, 0.2, 0.3), (0.5, 0.6, 0.7), (0.0, 5e6, 1e7), ("A", "B", "C"))
    (points,) = model_scatter([group], Axis("x"), Axis("y"), chosen=("b",)).data
    small, middle, large = np.square(points.marker.size)
    assert middle - small == pytest.approx(large - middle) and list(points.marker.line.width) == [1, 5, 1]
