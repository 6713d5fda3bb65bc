"""SynOOD's two stages and TaskRes against transcriptions of their equations: losses and three steps of each."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ood_studio.adapters import AdapterError, SynOODLabels, SynOODProjection, TaskResidual
from ood_studio.adapters.loop import _order
from ood_studio.core.errors import StudioError
from ood_studio.testing.adapter_world import SmallBackbone, small_material, small_reference
from tests.adapters.oracles import Adam, Arrays, Momentum, numeric_gradient, unit

SEED, SCALE = 6, 20.0
MATERIAL = small_material()
JOINT, SYNTHETIC, TEXT, NEGATIVE = (
    part.double().numpy() for part in (MATERIAL.joint, MATERIAL.synthetic, MATERIAL.class_text, MATERIAL.negative_text)
)
TARGETS = MATERIAL.targets.numpy()  # type: ignore[union-attr]


def mined() -> tuple[np.ndarray, np.ndarray]:
    """Each synthetic image's most similar negative label, and those labels."""
    nearest = np.array([max(range(24), key=lambda j: s @ NEGATIVE[j] / np.linalg.norm(NEGATIVE[j])) for s in SYNTHETIC])
    return nearest, np.unique(nearest)


def cosine(rate: float, step: int, floor: float = 0.0) -> float:
    return floor + (rate - floor) * 0.5 * (1 + math.cos(math.pi * step / 3))


@pytest.mark.parametrize(("start", "weight"), [(1.0, 0.0), (0.3, 2.0)], ids=["the paper's", "kept"])
def test_three_steps_of_the_projection_are_eq_12(start: float, weight: float) -> None:
    nearest, labels = mined()
    inside = np.flatnonzero(TARGETS >= 0)[:30]  # of 40 pairs with 40 synthetic images the first 10 come twice
    few = replace(MATERIAL, targets=torch.from_numpy(np.where(np.isin(np.arange(40), inside), TARGETS, -1)))
    adapter = SynOODProjection(
        epochs=1, batch=28, rate=0.03, weight_decay=0.01, start=start, regularisation=weight
    )  # 14 pairs a step; the last one has 12
    adapted = adapter.fit(SmallBackbone(), few, seed=SEED)
    assert any(f"nearest to {len(labels)} of the 24 negative labels" in note for note in adapted.record.notes)

    text = np.concatenate([unit(TEXT), unit(NEGATIVE[labels])])
    images = unit(JOINT[inside]), unit(SYNTHETIC)
    classes = TARGETS[inside], 5 + np.searchsorted(labels, nearest)

    def projected(at: Arrays, rows: np.ndarray) -> np.ndarray:
        h = rows @ at["weight"].T + at["bias"]
        normed = (h - h.mean(axis=1, keepdims=True)) / np.sqrt(h.var(axis=1, keepdims=True) + 1e-5)
        return unit(rows + np.maximum(normed * at["norm_weight"] + at["norm_bias"], 0))

    def loss(at: Arrays, rows: np.ndarray) -> float:
        told = 0.0
        for which, wanted, places in zip(images, classes, (rows % 30, rows), strict=True):
            z = SCALE * projected(at, which[places]) @ text.T
            told += float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(rows)), wanted[places]])) / 2
        own = images[0][rows % 30]
        return told + weight * float(np.mean(1 - (own * projected(at, own)).sum(axis=1)))

    generator, bound = torch.Generator().manual_seed(SEED), 1 / math.sqrt(12)
    at = {
        "weight": torch.empty(12, 12).uniform_(-bound, bound, generator=generator).double().numpy(),
        "bias": torch.empty(12).uniform_(-bound, bound, generator=generator).double().numpy(),
        "norm_weight": np.full(12, start),
        "norm_bias": np.zeros(12),
    }
    adam, order, told = Adam(0.01, beside=False), _order(40, SEED, 1).numpy(), 0.0
    for step, rows in enumerate((order[:14], order[14:28], order[28:])):
        told += loss(at, rows) * len(rows) / 40
        gradient = numeric_gradient(lambda moved, rows=rows: loss(moved, rows), at)  # type: ignore[misc]
        at = adam.step(at, gradient, cosine(0.03, step, 0.03 / 100))
    assert adapted.record.history[1]["loss" if weight else "cross-entropy"] == pytest.approx(told, abs=1e-5)
    found = adapted.image(SmallBackbone().encode_image(torch.rand(5, 3, 6, 6)))
    assert found.joint is not None
    torch.testing.assert_close(found.joint.norm(dim=1), torch.ones(5))
    for name, value in at.items():
        np.testing.assert_allclose(adapted.tensors[name].numpy(), value, atol=1e-5)


def test_the_projection_starts_close_to_the_identity() -> None:
    """The paper's start adds a random vector far longer than the feature itself."""
    features = SmallBackbone().encode_image(torch.rand(5, 3, 6, 6))
    moved = {}
    for start in (SynOODProjection.start, 1.0):
        first = next(SynOODProjection(start=start).train(SmallBackbone(), MATERIAL, seed=SEED)).adapted
        joint = first.image(features).joint
        assert joint is not None and features.joint is not None
        moved[start] = float((1 - torch.nn.functional.cosine_similarity(joint, features.joint)).max())
    assert moved[SynOODProjection.start] < 0.001 and moved[1.0] > 0.3


@pytest.mark.parametrize("against", ["labels", "images"])
def test_three_steps_of_the_negative_labels_are_eq_14(against: str) -> None:
    nearest, labels = mined()
    adapter = SynOODLabels(epochs=1, batch=14, rate=0.5, weight_decay=0.01, against=against)  # type: ignore[arg-type]
    adapted = adapter.fit(SmallBackbone(), MATERIAL, seed=SEED)
    images, places = unit(SYNTHETIC), np.searchsorted(labels, nearest)

    def loss(at: Arrays, rows: np.ndarray) -> float:
        text, total = unit(at["text"]), 0.0
        for i in rows:
            own = SCALE * images[i] @ text[places[i]]
            if against == "labels":
                others = [SCALE * images[i] @ t for t in text]
            else:
                others = [SCALE * text[places[i]] @ images[j] for j in rows]
            total += math.log(sum(map(math.exp, others))) - own
        return total / len(rows)

    at, sgd, order, told = {"text": unit(NEGATIVE[labels])}, Momentum(0.01), _order(40, SEED, 1).numpy(), 0.0
    for rows in (order[:14], order[14:28], order[28:]):
        told += loss(at, rows) * len(rows) / 40
        at = sgd.step(at, numeric_gradient(lambda moved, rows=rows: loss(moved, rows), at), 0.5)  # type: ignore[misc]
    assert adapted.record.history[1]["contrastive"] == pytest.approx(told, abs=1e-5)
    negatives = adapted.reference(small_reference(adapted.backbone, "joint")).negative_text
    assert negatives is not None and MATERIAL.negative_text is not None
    np.testing.assert_allclose(negatives[labels].numpy(), unit(at["text"]), atol=1e-5)
    others = np.setdiff1d(np.arange(24), labels)
    assert len(others) and torch.equal(negatives[others], MATERIAL.negative_text[others])


def test_three_steps_of_the_residual_are_its_equation() -> None:
    # Classes by chance: where the text is right already, Adam divides rounding errors by rounding errors.
    classes = np.random.default_rng(0).integers(0, 5, 40)
    adapter = TaskResidual(epochs=1, batch=14, rate=0.05, weight_decay=0.02, scale=0.7, shots=None)
    adapted = adapter.fit(SmallBackbone(), replace(MATERIAL, targets=torch.from_numpy(classes)), seed=SEED)

    def text(at: Arrays) -> np.ndarray:
        return unit(unit(TEXT) + 0.7 * at["residual"])

    def loss(at: Arrays, rows: np.ndarray) -> float:
        z = SCALE * unit(JOINT[rows]) @ text(at).T
        return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(rows)), classes[rows]]))

    at, adam, order = {"residual": np.zeros((5, 12))}, Adam(0.02, beside=False), _order(40, SEED, 1).numpy()
    for step, rows in enumerate((order[:14], order[14:28], order[28:])):
        gradient = numeric_gradient(lambda moved, rows=rows: loss(moved, rows), at)  # type: ignore[misc]
        at = adam.step(at, gradient, cosine(0.05, step))
    found = adapted.reference(small_reference(adapted.backbone, "joint")).class_text
    assert found is not None
    np.testing.assert_allclose(unit(found.double().numpy()), text(at), atol=1e-5)


def test_few_id_images_are_said_and_many_are_drawn() -> None:
    few = replace(MATERIAL, joint=MATERIAL.joint[:20], visual=MATERIAL.visual[:20], targets=MATERIAL.targets[:20])  # type: ignore[index]
    adapted = SynOODProjection(epochs=1).fit(SmallBackbone(), few)
    assert "There are only 20 ID images for 40 synthetic ones." in adapted.record.notes
    one = replace(MATERIAL, synthetic=MATERIAL.synthetic[:7])  # type: ignore[index]
    paired = SynOODProjection(epochs=1, batch=1000, pairs=True).fit(SmallBackbone(), one, seed=1)
    whole = SynOODProjection(epochs=1, batch=1000).fit(SmallBackbone(), one, seed=1)
    assert paired.record.history[1] != whole.record.history[1]


def test_an_empty_set_and_other_labels_are_refused() -> None:
    empty = replace(MATERIAL, synthetic=MATERIAL.synthetic[:0])  # type: ignore[index]
    for adapter in (SynOODProjection(), SynOODLabels()):
        with pytest.raises(StudioError, match="nothing to learn from: synthetic has no row"):
            adapter.fit(SmallBackbone(), empty)
        with pytest.raises(StudioError, match=r"needs a synthetic set .*make one first"):
            adapter.fit(SmallBackbone(), replace(MATERIAL, synthetic=None))
    adapted = SynOODLabels(epochs=1).fit(SmallBackbone(), MATERIAL)
    with pytest.raises(AdapterError, match="was learnt with other negative labels: 24 of them, not 23"):
        adapted.on(MATERIAL.labels, MATERIAL.negative_labels[:-1])
    with pytest.raises(StudioError, match="empty_classes must be keep or refuse"):
        TaskResidual(empty_classes="leave-out")
