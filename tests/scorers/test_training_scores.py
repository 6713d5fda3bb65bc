"""The scores that learn from training images against their equations in NumPy and against pytorch-ood."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from pytorch_ood import detector
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.scorers import (
    KNN,
    KLMatching,
    KMeansMahalanobis,
    Mahalanobis,
    ReAct,
    Reference,
    RelativeMahalanobis,
    Scorer,
    ViM,
    knn,
)

DIM, CLASSES = 8, 4


def normal(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# Classes of unlike size and spread, away from the origin, and five images of no class.
LABELS = torch.tensor([0] * 30 + [1] * 12 + [2] * 20 + [3] * 9 + [-1] * 5)
CENTRES = 2 * normal(CLASSES, DIM, seed=1)
IMAGES = 1 + CENTRES[LABELS.clamp(min=0)] + normal(len(LABELS), DIM, seed=0) * (1 + 0.3 * LABELS[:, None])
QUERIES = 1 + 3 * normal(13, DIM, seed=2)
HEAD = torch.nn.Linear(DIM, CLASSES)
with torch.no_grad():
    HEAD.weight.copy_(normal(CLASSES, DIM, seed=3))
    HEAD.bias.copy_(normal(CLASSES, seed=4))
TEXT = normal(CLASSES, DIM, seed=5)
REFERENCE = Reference(TEXT, images=IMAGES, labels=LABELS, head=HEAD)


def rows(features: Tensor, space: str) -> np.ndarray:
    x = features.double().numpy()
    return x / np.sqrt((x**2).sum(axis=1, keepdims=True)) if space == "joint" else x


def agree(scorer: Scorer, expected: Any, reference: Reference = REFERENCE, atol: float = 1e-5) -> None:
    score = scorer.fit(reference)
    np.testing.assert_allclose(score(QUERIES.double()).numpy(), expected, atol=1e-6, rtol=1e-6)
    np.testing.assert_allclose(score(QUERIES).numpy(), expected, atol=atol, rtol=1e-5)


def distances(x: np.ndarray, means: list[np.ndarray], covariance: np.ndarray) -> np.ndarray:
    inverse = np.linalg.inv(covariance)
    return np.array([[(v - m) @ inverse @ (v - m) for m in means] for v in x])


def gaussians(x: np.ndarray, labels: np.ndarray, kind: str) -> tuple[list[np.ndarray], np.ndarray]:
    groups = [x[labels == c] for c in range(labels.max() + 1)]
    means = [group.mean(axis=0) for group in groups]
    if kind == "classwise":
        return means, np.mean([np.cov(group, rowvar=False) for group in groups], axis=0)
    total = sum(np.outer(v - m, v - m) for group, m in zip(groups, means, strict=True) for v in group)
    return means, total / sum(map(len, groups))


@pytest.mark.parametrize("space", ["visual", "joint"])
@pytest.mark.parametrize("k", [1, 3])
def test_knn_is_the_kth_largest_cosine_over_any_chunks(space: str, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cosines = rows(QUERIES, "joint") @ rows(IMAGES, "joint").T
    expected = np.sort(cosines, axis=1)[:, -k]
    agree(KNN(k=k, space=space), expected)
    monkeypatch.setattr(knn, "_IMAGES", 2)
    monkeypatch.setattr(knn, "_QUERIES", 5)
    monkeypatch.setattr(knn, "_COPIED_BYTES", 0)
    agree(KNN(k=k, space=space), expected)


def test_knn_is_pytorch_oods_distance_turned_into_a_cosine() -> None:
    """Theirs is the Euclidean distance d of unit vectors: cos = 1 − d² / 2. They index neighbours from 1 as well."""
    for k in (1, 4):
        theirs = detector.KNN(None, k=k).fit_features(IMAGES, LABELS.clamp(min=0)).predict_features(QUERIES)
        np.testing.assert_allclose(KNN(k=k).fit(REFERENCE)(QUERIES), 1 - theirs.numpy() ** 2 / 2, atol=1e-5)


def test_knn_passes_the_gradient_of_the_kth_cosine() -> None:
    images, x = IMAGES.double(), QUERIES.double().requires_grad_()
    (ours,) = torch.autograd.grad(KNN(k=2).fit(REFERENCE)(x).sum(), x)
    cosines = torch.nn.functional.cosine_similarity(x[:, None], images[None], dim=2)
    (expected,) = torch.autograd.grad(cosines.topk(2, dim=1).values[:, 1].sum(), x)
    torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize("space", ["visual", "joint"])
@pytest.mark.parametrize("kind", ["pooled", "classwise"])
def test_mahalanobis_scores_follow_their_equations(space: str, kind: str) -> None:
    known = LABELS.numpy() >= 0
    x, labels, queries = rows(IMAGES, space)[known], LABELS.numpy()[known], rows(QUERIES, space)
    means, covariance = gaussians(x, labels, kind)
    to_class = distances(queries, means, covariance)
    agree(Mahalanobis(space=space, covariance=kind), -to_class.min(axis=1), atol=1e-4)
    whole = distances(queries, *gaussians(x, np.zeros_like(labels), kind))  # PLP's code: N − 1 of "classwise"
    agree(RelativeMahalanobis(space=space, covariance=kind), -(to_class - whole).min(axis=1), atol=1e-4)


def test_mahalanobis_scores_are_pytorch_oods_times_the_number_of_images() -> None:
    """Theirs do not divide the covariances by N, so that their distances are N times smaller, and MD is halved besides.

    They add 10⁻⁶ I before inverting, which is far below the tolerance here.
    """
    known = LABELS >= 0
    images, labels, count = IMAGES[known], LABELS[known], int(known.sum())
    halved = detector.Mahalanobis(None).fit_features(images, labels).predict_features(QUERIES)
    torch.testing.assert_close(Mahalanobis().fit(REFERENCE)(QUERIES), -2 * count * halved, atol=1e-3, rtol=1e-4)
    theirs = detector.RMD(None).fit_features(images, labels).predict_features(QUERIES)
    torch.testing.assert_close(RelativeMahalanobis().fit(REFERENCE)(QUERIES), -count * theirs, atol=1e-3, rtol=1e-4)


def test_kmeans_mahalanobis_is_mahalanobis_on_the_clusters() -> None:
    from sklearn.cluster import KMeans

    found = KMeans(5, n_init=1, random_state=7).fit(IMAGES.numpy()).labels_
    expected = -distances(rows(QUERIES, "visual"), *gaussians(rows(IMAGES, "visual"), found, "pooled")).min(axis=1)
    agree(KMeansMahalanobis(clusters=5, seed=7), expected, atol=1e-4)
    score, unlabelled = KMeansMahalanobis(), Reference(images=IMAGES)
    assert torch.equal(score.fit(Reference(images=IMAGES, labels=LABELS))(QUERIES), score.fit(REFERENCE)(QUERIES))
    with pytest.raises(StudioError, match="how many classes there are; set clusters"):
        score.fit(unlabelled)
    assert torch.isfinite(KMeansMahalanobis(clusters=1000).fit(unlabelled)(QUERIES)).all()


def head_of(kind: str) -> tuple[Reference, str, np.ndarray, np.ndarray]:
    """A reference, the space of its head, and that head's weight and bias."""
    if kind == "text":
        return Reference(TEXT, images=IMAGES, logit_scale=7.0), "joint", 7 * rows(TEXT, "joint"), np.zeros(CLASSES)
    return REFERENCE, kind, HEAD.weight.detach().double().numpy(), HEAD.bias.detach().double().numpy()


def logsumexp(logits: np.ndarray) -> np.ndarray:
    return np.array([math.log(sum(math.exp(z) for z in row)) for row in logits])


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["text", "joint", "visual"])
@pytest.mark.parametrize("principal", [None, 3])
def test_vim_follows_its_equations(kind: str, principal: int | None) -> None:
    """The null space comes from NumPy's SVD of the features, not from an eigenproblem."""
    reference, space, w, b = head_of(kind)
    origin = -np.linalg.pinv(w) @ b
    centred = rows(IMAGES, space) - origin
    null = np.linalg.svd(centred)[2][(DIM // 2 if principal is None else principal) :]
    logits = rows(IMAGES, space) @ w.T + b
    alpha = logits.max(axis=1).mean() / np.linalg.norm(centred @ null.T, axis=1).mean()
    queries = rows(QUERIES, space)
    virtual = alpha * np.linalg.norm((queries - origin) @ null.T, axis=1)
    agree(ViM(space=space, principal=principal), logsumexp(queries @ w.T + b) - virtual, reference)


def test_vim_is_pytorch_oods_with_the_sign_turned() -> None:
    theirs = detector.ViM(None, 3, HEAD.weight, HEAD.bias).fit_features(IMAGES, LABELS).predict_features(QUERIES)
    ours = ViM(space="visual", principal=3).fit(REFERENCE)(QUERIES)
    torch.testing.assert_close(ours, -theirs, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("kind", ["text", "joint", "visual"])
def test_react_is_the_energy_of_what_is_cut_off(kind: str) -> None:
    reference, space, w, b = head_of(kind)
    values = np.sort(rows(IMAGES, space).ravel())
    place = 0.8 * (len(values) - 1)
    low = math.floor(place)
    cut = values[low] + (place - low) * (values[low + 1] - values[low])
    agree(ReAct(space=space, percentile=80.0), logsumexp(np.minimum(rows(QUERIES, space), cut) @ w.T + b), reference)


def test_react_is_pytorch_oods_with_the_sign_turned() -> None:
    """Theirs ignores images of no class; ours reads no labels, so they are left out of both."""
    known = LABELS >= 0
    theirs = detector.ReAct(None, HEAD, percentile=0.85).fit_feature_maps(IMAGES, LABELS)
    ours = ReAct(space="visual", percentile=85.0).fit(Reference(images=IMAGES[known], head=HEAD))
    torch.testing.assert_close(ours(QUERIES), -theirs.predict_feature_maps(QUERIES), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["text", "joint", "visual"])
def test_kl_matching_follows_its_equation(kind: str) -> None:
    reference, space, w, b = head_of(kind)
    seen = softmax(rows(IMAGES, space) @ w.T + b)
    typical = [seen[seen.argmax(axis=1) == k].mean(axis=0) for k in sorted(set(seen.argmax(axis=1)))]
    posteriors = softmax(rows(QUERIES, space) @ w.T + b)
    expected = [-min(sum(p * math.log(p / q) for p, q in zip(v, d, strict=True)) for d in typical) for v in posteriors]
    agree(KLMatching(space=space), expected, reference)


def test_kl_matching_is_pytorch_oods_with_the_sign_turned_and_survives_certainty() -> None:
    theirs = detector.KLMatching(None).fit_logits(HEAD(IMAGES).detach()).predict_logits(HEAD(QUERIES).detach())
    torch.testing.assert_close(KLMatching(space="visual").fit(REFERENCE)(QUERIES), -theirs, atol=1e-5, rtol=1e-5)
    certain = KLMatching().fit(Reference(TEXT, images=IMAGES, logit_scale=1e5))
    x = QUERIES.clone().requires_grad_()
    scores = certain(x)
    (gradient,) = torch.autograd.grad(scores.sum(), x)
    assert torch.isfinite(scores).all() and torch.isfinite(gradient).all()


GAUSSIAN = [Mahalanobis(), Mahalanobis(covariance="classwise"), RelativeMahalanobis(), KMeansMahalanobis(clusters=2)]


@pytest.mark.parametrize("scorer", GAUSSIAN)
@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES[[0, 31, 45]], [0, 1, 2]),  # fewer images than dimensions, one a class
        (IMAGES[[0, 1, 31, 32]], [0, 0, 7, 7]),  # classes without images
        (torch.cat([IMAGES[:40], torch.zeros(40, DIM)], 1), [0, 1] * 20),  # constant features among the others
        (torch.full((6, DIM), 0.1), [0, 0, 0, 1, 1, 1]),  # nothing but constant features
    ],
)
def test_a_singular_covariance_gets_a_ridge(scorer: Scorer, images: Tensor, labels: list[int]) -> None:
    score = scorer.fit(Reference(images=images, labels=torch.tensor(labels)))
    far = images + 3 * normal(*images.shape, seed=9)
    for dtype in (torch.float32, torch.float64):
        near, away = score(images.to(dtype)), score(far.to(dtype))
        assert torch.isfinite(near).all() and torch.isfinite(away).all()
        if not isinstance(scorer, RelativeMahalanobis):
            assert near.min() > away.max()


def test_the_ridge_is_the_one_stated() -> None:
    images = torch.tensor([[1.0, 0.0, 2.0], [3.0, 0.0, 2.0], [1.0, 4.0, 2.0], [3.0, 4.0, 2.0]])
    ridge = (1e-6 * (1 + 4) + 1e-12 * (4 + 4 + 4)) / 3
    score = Mahalanobis().fit(Reference(images=images, labels=torch.zeros(4, dtype=torch.long)))
    expected = -torch.tensor([1 / (1 + ridge), 4 / (4 + ridge), 0.01 / ridge], dtype=torch.float64)
    x = torch.tensor([[3.0, 2.0, 2.0], [2.0, 4.0, 2.0], [2.0, 2.0, 2.1]], dtype=torch.float64)
    torch.testing.assert_close(score(x), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("scorer", "reference", "message"),
    [
        (KNN(k=9), Reference(images=IMAGES[:8]), "at least k = 9 ID training images, not 8"),
        (
            Mahalanobis(),
            Reference(images=IMAGES[:2], labels=torch.tensor([-1, -1])),
            "no ID training image has a class",
        ),
        (RelativeMahalanobis(), Reference(images=IMAGES, labels=0 * LABELS), "of two classes or more"),
        (ViM(principal=8), Reference(TEXT, images=IMAGES), "must be below the 8 dimensions of the features, not 8"),
        (ViM(), Reference(TEXT, images=IMAGES[:3]), "outside its principal space of 4 dimensions; these 3 lie in it"),
        (ReAct(), Reference(TEXT, images=normal(3, 5, seed=0)), "as wide as the head of ReAct: 8, not 5"),
    ],
)
def test_what_cannot_be_learnt_is_said(scorer: Scorer, reference: Reference, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        scorer.fit(reference)


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (KNN, {"space": "patches"}, "space must be one of joint, visual"),
        (KNN, {"k": 1.5}, "k must be a whole number"),
        (Mahalanobis, {"covariance": "shrunk"}, "covariance must be one of pooled, classwise, not 'shrunk'"),
        (RelativeMahalanobis, {"covariance": ""}, "covariance must be one of"),
        (KMeansMahalanobis, {"clusters": 2.5}, "clusters must be a whole number"),
        (ViM, {"principal": 1.5}, "principal must be a whole number"),
        (ReAct, {"space": "tokens"}, "space must be one of joint, visual, not 'tokens'"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(kind: type[Scorer], parameters: dict, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        kind(**parameters)


def test_one_class_is_enough_for_mahalanobis() -> None:
    score = Mahalanobis().fit(Reference(images=IMAGES, labels=0 * LABELS))
    expected = -distances(rows(QUERIES, "visual"), *gaussians(rows(IMAGES, "visual"), 0 * LABELS.numpy(), "pooled"))
    np.testing.assert_allclose(score(QUERIES.double()).numpy(), expected[:, 0], rtol=1e-7)
