"""NegLabel against slow transcriptions of Eq. 6, Table 12 and the grouping of Section 3.2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.scorers import CSP, FORMS, NegLabel, Reference, affinities
from ood_studio.scorers.base import temperature
from ood_studio.scorers.neglabel import groups_of
from ood_studio.testing.scorers import full_reference, unit

DIM = 200


def rows(count: int, seed: int, shift: float = 0.0) -> Tensor:
    drawn = torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn + shift, dim=1)


# Shifted, so that cosines lie around ψ = 0.25 and are positive as CLIP's are: the ratios divide by sums of them.
FEATURES, CLASSES, NEGATIVES = rows(9, 0, 0.6), rows(7, 1, 0.6), rows(53, 2, 0.6)
REFERENCE = Reference(class_text=CLASSES, negative_text=NEGATIVES)


def oracle_form(form: str, p: list[float], q: list[float], tau: float, psi: float, beta: float) -> float:
    """A row of Table 12, with p the cosines to ID labels and q those to the negative labels of a group."""
    hits_p, hits_q = sum(1 for c in p if c >= psi), sum(1 for c in q if c >= psi)
    exp_p, exp_q = [math.exp(c / tau) for c in p], [math.exp(c / tau) for c in q]
    if form == "linear-sum":
        return sum(p) - beta * sum(q)
    if form == "linear-max":
        return max(p)
    if form == "linear-binary":
        return hits_p - beta * hits_q
    if form == "count":
        return -hits_q
    if form == "sum-softmax":
        return sum(exp_p) / (sum(exp_p) + sum(exp_q))
    if form == "max-softmax":
        return max(exp_p) / (sum(exp_p) + sum(exp_q))
    if form == "ratio":
        return sum(p) / (sum(p) + sum(q))
    if form == "max-ratio":
        return max(p) / (sum(p) + sum(q))
    if form == "balanced":  # TINS
        return sum(exp_p) / (sum(exp_p) + len(p) * sum(exp_q) / len(q))
    assert form == "binary-ratio"
    return hits_p / (hits_p + hits_q) if hits_p + hits_q else 0.0


def oracle(
    form: str,
    groups: int = 1,
    fuse: int | None = None,
    seed: int = 0,
    tau: float = 0.01,
    psi: float = 0.25,
    beta: float = 0.1,
) -> np.ndarray:
    order = torch.randperm(len(NEGATIVES), generator=torch.Generator().manual_seed(seed)).tolist()
    size = len(NEGATIVES) // groups
    members = [order[g * size : (g + 1) * size] for g in range(groups)][: fuse or groups]
    scores = []
    for h in FEATURES.numpy():
        p = [float(np.dot(h, e)) for e in CLASSES.numpy()]
        each = [
            oracle_form(form, p, [float(np.dot(h, NEGATIVES[j].numpy())) for j in group], tau, psi, beta)
            for group in members
        ]
        scores.append(sum(each) / len(each))
    return np.array(scores)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("groups", "fuse"), [(1, None), (10, None), (10, 3), (10, 1), (53, None)])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_follows_table_12_with_any_grouping(
    form: str, groups: int, fuse: int | None, dtype: torch.dtype
) -> None:
    scorer = NegLabel(form=form, groups=groups, fuse=fuse, seed=4)
    scores = scorer.fit(REFERENCE)(FEATURES.to(dtype))
    np.testing.assert_allclose(scores.numpy(), oracle(form, groups, fuse, seed=4), atol=1e-5, rtol=1e-5)
    assert len(set(scores.tolist())) > 2


def test_a_balanced_threshold_does_not_depend_on_how_many_negative_labels_there_are() -> None:
    twice = Reference(class_text=CLASSES, negative_text=torch.cat((NEGATIVES, NEGATIVES)))
    balanced = NegLabel(form="balanced", groups=1)
    torch.testing.assert_close(balanced.fit(twice)(FEATURES), balanced.fit(REFERENCE)(FEATURES))
    plain = NegLabel(groups=1)
    assert (plain.fit(twice)(FEATURES) < plain.fit(REFERENCE)(FEATURES)).any()


@pytest.mark.parametrize("form", ["linear-sum", "linear-binary", "count", "binary-ratio", "sum-softmax"])
def test_parameters_mean_what_they_say(form: str) -> None:
    scorer = NegLabel(tau=0.2, form=form, groups=4, seed=9, threshold=0.4, weight=0.03)
    expected = oracle(form, 4, seed=9, tau=0.2, psi=0.4, beta=0.03)
    np.testing.assert_allclose(scorer.fit(REFERENCE)(FEATURES).numpy(), expected, atol=1e-9)


def test_the_default_is_eq_6_at_the_backbones_temperature_in_groups_of_about_100() -> None:
    many = Reference(class_text=CLASSES, negative_text=rows(230, 3, 0.6), logit_scale=22.0)
    expected = NegLabel(tau=1 / 22, form="sum-softmax", groups=2, fuse=2).fit(many)(FEATURES)
    torch.testing.assert_close(NegLabel().fit(many)(FEATURES), expected)
    assert not torch.allclose(NegLabel(tau=0.01).fit(many)(FEATURES), expected)


def test_more_groups_than_negative_labels_become_as_many_groups_as_labels() -> None:
    expected = NegLabel(groups=53).fit(REFERENCE)(FEATURES)
    assert torch.equal(NegLabel(groups=100).fit(REFERENCE)(FEATURES), expected)
    assert torch.equal(NegLabel(groups=100, fuse=99).fit(REFERENCE)(FEATURES), expected)


def test_the_seed_moves_a_grouped_score_and_leaves_an_ungrouped_one() -> None:
    def scores(groups: int, seed: int) -> Tensor:
        return NegLabel(tau=0.1, groups=groups, seed=seed).fit(REFERENCE)(FEATURES)

    assert not torch.allclose(scores(5, 0), scores(5, 1))
    torch.testing.assert_close(scores(1, 0), scores(1, 1))


def test_nothing_matched_counts_as_out_of_distribution() -> None:
    assert (NegLabel(form="binary-ratio", threshold=1.0).fit(REFERENCE)(FEATURES) == 0).all()


@pytest.mark.parametrize("form", ["sum-softmax", "max-softmax"])
def test_no_temperature_overflows_in_values_or_gradients(form: str) -> None:
    """At τ = 1e-4, e^(cos/τ) spans 8,000 orders of magnitude, and float32 has 76."""
    axes = torch.eye(24)
    reference = Reference(class_text=axes[:2], negative_text=torch.cat([axes[2:], -axes[:2]]))
    features = torch.cat([axes[:1], axes[5:6], functional.normalize(axes[:1] + axes[5:6], dim=1)]).requires_grad_()
    scores = NegLabel(tau=1e-4, form=form, groups=1).fit(reference)(features)
    np.testing.assert_allclose(scores.detach().numpy(), [1.0, 0.0, 0.5], atol=1e-6)
    (gradient,) = torch.autograd.grad(scores.sum(), features)
    assert torch.isfinite(gradient).all()
    with torch.no_grad():
        torch.testing.assert_close(NegLabel(tau=1e-4, form=form, groups=1).fit(reference)(features), scores.detach())


@pytest.mark.parametrize("form", ["sum-softmax", "max-softmax", "linear-sum", "ratio", "max-ratio"])
def test_gradients_are_those_of_finite_differences(form: str) -> None:
    score = NegLabel(tau=0.1, form=form, groups=6).fit(REFERENCE)
    assert torch.autograd.gradcheck(score, (FEATURES[:3].clone().requires_grad_(),), fast_mode=True)


def test_chunks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    features = rows(200, 5, 0.6)
    whole = NegLabel(groups=5).fit(REFERENCE)(features)
    monkeypatch.setattr("ood_studio.scorers.neglabel._CHUNK_BYTES", 1)
    torch.testing.assert_close(NegLabel(groups=5).fit(REFERENCE)(features), whole)


@pytest.mark.parametrize("tau", [None, 0.01, 0.3])
def test_affinities_are_one_softmax_over_all_labels(tau: float | None) -> None:
    reference = Reference(class_text=3 * CLASSES, negative_text=0.5 * NEGATIVES, logit_scale=40.0)
    found = affinities(FEATURES.float() * 2, reference, tau)
    assert found.shape == (9, 7 + 53)
    for row, h in zip(found.tolist(), FEATURES.numpy(), strict=True):
        weights = [math.exp(np.dot(h, e) / (tau or 1 / 40)) for e in torch.cat([CLASSES, NEGATIVES]).numpy()]
        np.testing.assert_allclose(row, np.array(weights) / sum(weights), atol=1e-5)
    # Their ID part is the score without grouping.
    score = NegLabel(tau=tau, groups=1).fit(reference)(FEATURES.float())
    torch.testing.assert_close(found[:, :7].sum(dim=1), score, atol=1e-5, rtol=0)


def test_affinities_say_what_is_missing_and_what_is_wrong() -> None:
    with pytest.raises(StudioError, match="negative labels"):
        affinities(FEATURES, Reference(class_text=CLASSES))
    with pytest.raises(StudioError, match=r"shape \(batch, 200\), not \(1, 3\)"):
        affinities(torch.ones(1, 3), REFERENCE)
    with pytest.raises(StudioError, match="tau must lie between"):
        affinities(FEATURES, REFERENCE, tau=0.0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"form": "softmax"}, "form must be one of linear-sum, .*not 'softmax'"),
        ({"groups": 0}, "groups must lie between 1 and"),
        ({"groups": 2.5}, "groups must be a whole number, not 2.5"),
        ({"fuse": 0}, "fuse must lie between 1 and"),
        ({"tau": 0.0}, "tau must lie between"),
        ({"tau": float("nan")}, "tau must be a number"),
        ({"seed": -1}, "seed must lie between"),
    ],
)
def test_parameters_are_checked(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        NegLabel(**parameters)


@pytest.mark.parametrize(
    ("negatives", "groups"), [(1, 1), (49, 1), (100, 1), (149, 1), (151, 2), (10_000, 100), (70_000, 700)]
)
def test_groups_hold_about_100_labels_unless_told_otherwise(negatives: int, groups: int) -> None:
    assert groups_of(negatives) == groups


@pytest.mark.parametrize("kind", [NegLabel, CSP])
def test_no_number_of_groups_stands_for_one(kind: Any) -> None:
    """Of CSP too the negative labels alone count, so that the two differ by the pool alone."""
    reference, some = full_reference(), unit(6, 5)
    assert len(reference.negative_text) == 250  # type: ignore[arg-type]
    told = kind().resolved(reference)
    assert told == kind(tau=1 / reference.logit_scale, groups=2)
    assert torch.equal(kind().fit(reference)(some), kind(groups=2).fit(reference)(some))
    assert not torch.equal(kind().fit(reference)(some), kind(groups=3).fit(reference)(some))


def test_a_temperature_that_is_not_given_is_the_models_own() -> None:
    assert temperature(None, 50.0) == 0.02 and temperature(0.5, 50.0) == 0.5
