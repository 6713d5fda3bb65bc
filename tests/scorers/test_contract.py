"""The contract of every registered scorer: adding one to `SCORERS` adds its tests."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import sys
from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.scorers import SCORERS, NegLabel, Reference, Scorer, Space, select_features

DIM = 16


def unit(count: int, seed: int) -> Tensor:
    return functional.normalize(torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed)), dim=1)


def full_reference() -> Reference:
    """Every part a scorer can ask for: five classes, each picture near its class."""
    classes = unit(5, 0)
    labels = torch.arange(60) % 5
    images = functional.normalize(classes[labels] + 0.15 * unit(60, 1), dim=1)
    head = torch.nn.Linear(DIM, 5)
    with torch.no_grad():
        head.weight.copy_(20 * classes)
        head.bias.zero_()
    return Reference(classes, unit(250, 2), images, labels, head, logit_scale=20.0, conjugated_text=unit(80, 10))


def parts_of(reference: Reference) -> list[Tensor]:
    return [reference.class_text, reference.negative_text, reference.images, reference.conjugated_text]


@pytest.fixture(params=sorted(SCORERS))
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return SCORERS[request.param]()


def features_for(scorer: Scorer, rows: Tensor) -> Tensor:
    """(n, DIM) rows in the layout of the scorer's space."""
    if scorer.space in ("joint", "visual"):
        return rows
    return select_features(scorer.space, rows, None, rows[:, None, None, :].expand(-1, 2, 2, -1))


def test_is_registered_by_its_name_as_a_frozen_dataclass(scorer: Scorer) -> None:
    assert SCORERS[scorer.name] is type(scorer)
    assert scorer.title and scorer.space in get_args(Space)
    assert scorer == type(scorer)() and hash(scorer) == hash(type(scorer)())
    with pytest.raises(dataclasses.FrozenInstanceError):
        scorer.anything = 1
    assert "fit" not in vars(type(scorer)) and "missing" not in vars(type(scorer))


def test_every_number_has_bounds_and_keeps_to_them(scorer: Scorer) -> None:
    bounds = bounds_of(type(scorer))
    for field in dataclasses.fields(scorer):
        if isinstance(field.default, (int, float)):
            assert field.name in bounds
    for name, bound in bounds.items():
        with pytest.raises(StudioError, match=name):
            dataclasses.replace(scorer, **{name: bound.high + 1})


def test_scores_are_one_finite_number_a_picture_in_the_type_that_came(scorer: Scorer) -> None:
    score = scorer.fit(full_reference())
    rows = unit(7, 3)
    single, double = score(features_for(scorer, rows)), score(features_for(scorer, rows.double()))
    assert single.shape == double.shape == (7,)
    assert single.dtype == torch.float32 and double.dtype == torch.float64
    assert torch.isfinite(double).all()
    torch.testing.assert_close(single.double(), double, atol=1e-4, rtol=1e-4)
    half = score(features_for(scorer, rows.half()))
    assert half.dtype == torch.float32 and torch.isfinite(half).all()
    assert score(features_for(scorer, rows[:0])).shape == (0,)


def test_a_picture_scores_the_same_in_any_batch(scorer: Scorer) -> None:
    if scorer.stream:
        pytest.skip("a stream: a picture's score depends on those before it")
    score = scorer.fit(full_reference())
    rows = features_for(scorer, unit(9, 4).double())
    whole = score(rows)
    alone = torch.cat([score(row[None]) for row in rows])
    torch.testing.assert_close(whole, alone, atol=1e-10, rtol=1e-10)
    torch.testing.assert_close(score(rows.flip(0)), whole.flip(0), atol=1e-10, rtol=1e-10)


def test_refitting_repeats_itself_and_changes_nothing(scorer: Scorer) -> None:
    reference = full_reference()
    before = [part.clone() for part in parts_of(reference)]
    rows = features_for(scorer, unit(6, 5))
    kept = rows.clone()
    first = scorer.fit(reference)
    scores = first(rows)
    other = Reference(
        unit(5, 90),
        unit(250, 91),
        unit(60, 92),
        reference.labels,
        torch.nn.Linear(DIM, 5),
        conjugated_text=unit(80, 93),
    )
    scorer.fit(other)(rows)
    assert torch.equal(first(rows), scores)
    assert torch.equal(scorer.fit(reference)(rows), scores)
    assert torch.equal(rows, kept)
    for part, was in zip(parts_of(reference), before, strict=True):
        assert torch.equal(part, was)


def test_a_fitted_score_outlives_changes_to_its_reference(scorer: Scorer) -> None:
    reference = full_reference()
    rows = features_for(scorer, unit(6, 5))
    score = scorer.fit(reference)
    before = score(rows)
    with torch.no_grad():
        for part in (*parts_of(reference), reference.head.weight):
            part.mul_(-1)
    assert torch.equal(score(rows), before)


def test_gradients_reach_the_features_and_the_values_do_not_depend_on_them(scorer: Scorer) -> None:
    score = scorer.fit(full_reference())
    rows = features_for(scorer, unit(6, 6)).requires_grad_()
    scores = score(rows)
    if scorer.differentiable or scores.requires_grad:
        (gradient,) = torch.autograd.grad(scores.sum(), rows)
        assert torch.isfinite(gradient).all()
        assert bool((gradient != 0).any()) == scorer.differentiable
    with torch.no_grad():
        torch.testing.assert_close(score(rows), scores.detach(), atol=1e-6, rtol=1e-6)


def test_in_distribution_scores_higher(scorer: Scorer) -> None:
    reference = full_reference()
    inside = functional.normalize(reference.class_text.repeat(8, 1) + 0.15 * unit(40, 7), dim=1)
    outside = functional.normalize(reference.negative_text[:40] + 0.15 * unit(40, 8), dim=1)
    score = scorer.fit(reference)
    inner, outer = score(features_for(scorer, inside)), score(features_for(scorer, outside))
    assert float((inner[:, None] > outer[None, :]).float().mean()) > 0.95


@pytest.mark.parametrize(
    ("value", "message"), [(0.0, "is zero"), (float("nan"), "NaN or inf"), (float("inf"), "NaN or inf")]
)
def test_an_unusable_row_is_named(scorer: Scorer, value: float, message: str) -> None:
    rows = unit(5, 9)
    if value == 0:
        rows[3] = 0
    else:
        rows[3, 2] = value
    with pytest.raises(StudioError, match=rf"row \(?3.* {message}"):
        scorer.fit(full_reference())(features_for(scorer, rows))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (torch.ones(3, DIM + 1), r"must have shape .*16\), not "),
        (torch.ones(DIM), r"must have shape .*16\), not \(16,\)"),
        (torch.ones(3, DIM, dtype=torch.long), "must be floating point, not torch.int64"),
        ([[1.0] * DIM], "must be a tensor .* not list"),
    ],
)
def test_features_of_the_wrong_kind_are_refused(scorer: Scorer, features: object, message: str) -> None:
    if isinstance(features, Tensor) and features.ndim == 2:
        features = features_for(scorer, features)
    with pytest.raises(StudioError, match=message):
        scorer.fit(full_reference())(features)


def test_what_is_missing_is_said(scorer: Scorer) -> None:
    reason = scorer.missing(Reference())
    assert reason is not None and scorer.title in reason and "needs" in reason
    with pytest.raises(StudioError) as caught:
        scorer.fit(Reference())
    assert str(caught.value) == reason
    assert scorer.missing(full_reference()) is None


@pytest.mark.parametrize("form", ["linear-binary", "count", "binary-ratio"])
def test_step_functions_have_a_gradient_of_zero(form: str) -> None:
    rows = unit(6, 6).requires_grad_()
    (gradient,) = torch.autograd.grad(NegLabel(form=form).fit(full_reference())(rows).sum(), rows)
    assert torch.equal(gradient, torch.zeros_like(gradient))
    assert not NegLabel(form=form).differentiable


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"class_text": torch.ones(3)}, r"class_text must have shape \(n, dim\), not \(3,\)"),
        ({"class_text": torch.ones(0, 4)}, "class_text must have at least one row"),
        ({"negative_text": torch.tensor([[1.0, 0.0], [0.0, 0.0]])}, "negative_text: row 1 is zero"),
        ({"class_text": torch.ones(3, 4), "negative_text": torch.ones(3, 5)}, "one width, not 4 and 5"),
        ({"images": torch.ones(3, 4), "labels": torch.zeros(2, dtype=torch.long)}, "as many as images: 3, not 2"),
        ({"class_text": torch.ones(3, 4), "conjugated_text": torch.ones(3, 5)}, "conjugated_text must have one width"),
        ({"conjugated_text": torch.full((2, 4), torch.nan)}, "conjugated_text: row 0 contains NaN"),
        ({"labels": torch.zeros(2)}, "labels must be whole numbers"),
        ({"logit_scale": 0.0}, "logit_scale must be a positive number"),
        ({"images": torch.full((2, 4), 3e38)}, "images: row 0 is too large"),
    ],
)
def test_a_reference_checks_its_parts(parts: dict[str, object], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        Reference(**parts)


@pytest.mark.parametrize(
    ("space", "missing", "message"),
    [
        ("joint", "joint", "no joint features: it has no text tower"),
        ("tokens", "joint", "no joint features"),
        ("tokens", "patches", "no patch features: its architecture has none"),
        ("visual", "visual", "no visual features"),
    ],
)
def test_features_of_a_space_are_picked_or_their_lack_is_named(space: Space, missing: str, message: str) -> None:
    parts = {"joint": unit(2, 0), "visual": unit(2, 1), "patches": torch.randn(2, 2, 3, DIM).half()}
    found = select_features(space, **parts)
    if space == "tokens":
        assert found.shape == (2, 7, DIM) and found.dtype == torch.float32
        assert torch.equal(found[:, 0], parts["joint"]) and torch.equal(found[:, 5], parts["patches"][:, 1, 1].float())
    else:
        assert found is parts[space]
    with pytest.raises(StudioError, match=message):
        select_features(space, **(parts | {missing: None}))


def test_importing_the_scorers_stays_light() -> None:
    code = (
        "import sys, ood_studio.scorers, ood_studio.evaluation.metrics as m;"
        "heavy = {'gradio', 'diffusers', 'transformers', 'open_clip', 'umap', 'sklearn', 'plotly'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
