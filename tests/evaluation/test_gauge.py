"""Where scores lie between ID and OOD reference images."""

from __future__ import annotations

import numpy as np

from ood_studio.evaluation.gauge import Gauge
from ood_studio.evaluation.metrics import threshold_at_tpr


def test_it_runs_from_the_id_median_over_the_boundary_to_the_ood_median() -> None:
    gauge = Gauge(inside=8.0, boundary=4.0, outside=2.0)
    assert [gauge.place(value) for value in (9.0, 8.0, 6.0, 4.0, 3.0, 2.0, -5.0)] == [1, 1, 0.5, 0, -0.5, -1, -1]


def test_without_ood_images_it_goes_as_far_beyond_as_before() -> None:
    gauge = Gauge(inside=8.0, boundary=4.0, outside=None)
    assert [gauge.place(value) for value in (2.0, 0.0, -1.0)] == [-0.5, -1, -1]


def test_it_is_read_from_scores() -> None:
    inside = np.linspace(0, 1, 101)
    boundary = threshold_at_tpr(inside)
    gauge = Gauge.of(inside, np.array([-3.0, -1.0, -2.0, 0.9, 0.8]))
    assert gauge == Gauge(inside=0.5, boundary=boundary, outside=-2.0)  # the median of those beyond the boundary
    assert Gauge.of(inside, np.array([0.9])).outside is None
    assert Gauge.of(inside, np.empty(0)).outside is None
