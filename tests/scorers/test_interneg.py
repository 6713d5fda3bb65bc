"""InterNeg, without and with its inversion step, against slow transcriptions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import OutOfMemory
from ood_studio.scorers import InterNeg, InterNegInverted, Reference

DIM, SCALE = 12, 12.0


def rows(count: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn, dim=1)


class Words:
    """Templates that turn the vector and shift it."""

    templates, width, at_once = 3, DIM, 6
    room = 4  # memory is out beyond it

    def encode(self, vectors: torch.Tensor, template: int) -> torch.Tensor:
        assert len(vectors) <= self.at_once
        if len(vectors) > self.room:
            raise torch.OutOfMemoryError
        return functional.normalize(vectors.roll(template, dims=1) + 0.05 * rows(1, 50 + template).to(vectors), dim=1)


class Texts:
    adjectives = torch.arange(60) % 3 == 0

    def pseudo_words(self) -> Words:
        return Words()


CLASSES, NEGATIVES, LABELS = rows(4, 0), rows(60, 1), torch.arange(40) % 4
TRAINING = functional.normalize(CLASSES[LABELS] + 0.5 * rows(40, 2), dim=1)
NEAR = torch.stack([TRAINING[k == LABELS].mean(dim=0) for k in range(4)])  # nearer to the images than their label is
NEGATIVES[::4] = functional.normalize(NEAR[torch.arange(15) % 4] + 0.1 * rows(15, 4), dim=1)
REFERENCE = Reference(CLASSES, NEGATIVES, TRAINING, LABELS, logit_scale=SCALE, texts=Texts())  # type: ignore[arg-type]
STREAM = functional.normalize(torch.cat((CLASSES, NEGATIVES[:3]))[torch.arange(50) % 7] + 0.3 * rows(50, 3), dim=1)


def prototypes(shots: int | None, seed: int) -> np.ndarray:
    order = torch.randperm(40, generator=torch.Generator().manual_seed(seed)).tolist()
    means = [np.mean([TRAINING[i].numpy() for i in order if LABELS[i] == k][:shots], axis=0) for k in range(4)]
    return np.array([mean / np.linalg.norm(mean) for mean in means])


def gains(texts: np.ndarray, p: np.ndarray) -> np.ndarray:
    own = [CLASSES[k].numpy() @ p[k] for k in range(4)]
    return np.array([[own[k] - text @ p[k] for k in range(4)] for text in texts]).reshape(-1, 4)


def chosen(count: int, shots: int | None, seed: int) -> list[int]:
    found = gains(NEGATIVES.numpy(), prototypes(shots, seed))
    passing = [j for j in range(60) if found[j].min() > 0]
    sides = [[j for j in passing if bool(Texts.adjectives[j]) == kind] for kind in (False, True)]
    total = min(count, len(passing))
    nouns = round(total * len(sides[0]) / len(passing))
    ranked = [sorted(side, key=lambda j: -found[j].mean()) for side in sides]
    return ranked[0][:nouns] + ranked[1][: total - nouns]


def neglabel(v: np.ndarray, negatives: np.ndarray, groups: int, seed: int) -> float:
    groups = min(groups, len(negatives))
    order = torch.randperm(len(negatives), generator=torch.Generator().manual_seed(seed)).tolist()
    inside, size = np.exp(SCALE * (CLASSES.numpy() @ v)).sum(), len(negatives) // groups
    outside = [np.exp(SCALE * (negatives[order[g * size : (g + 1) * size]] @ v)).sum() for g in range(groups)]
    return float(np.mean([inside / (inside + each) for each in outside]))


@pytest.mark.parametrize(("count", "shots", "groups"), [(2000, 16, 5), (10, 3, 1), (17, None, 2)])
def test_the_criterion_chooses_what_images_are_far_from(count: int, shots: int | None, groups: int) -> None:
    scorer = InterNeg(count=count, shots=shots, groups=groups, seed=1)
    which = chosen(count, shots, 1)
    assert 0 < len(which) < 60
    expected = [neglabel(v, NEGATIVES[which].numpy(), groups, 1) for v in STREAM.numpy()]
    np.testing.assert_allclose(scorer.fit(REFERENCE)(STREAM).numpy(), expected, atol=1e-9)
    np.testing.assert_allclose(scorer.fit(REFERENCE)(STREAM.float()).numpy(), expected, atol=1e-5)


def inverted(v: np.ndarray, start: torch.Tensor, templates: list[int], rate: float) -> np.ndarray:
    """AdamW by hand (Loshchilov & Hutter, Algorithm 2), one image at a time."""
    word = start.clone()
    first, second = torch.zeros(DIM), torch.zeros(DIM)
    for t, template in enumerate(templates, 1):
        leaf = word.clone().requires_grad_()
        loss = 1 - (Words().encode(leaf[None], template)[0] * torch.from_numpy(v).float()).sum()
        (gradient,) = torch.autograd.grad(loss, leaf)
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        word = word * (1 - rate * 0.01)
        word = word - rate * (first / (1 - 0.9**t)) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
    return Words().encode(word[None], templates[-1])[0].double().numpy()


@pytest.mark.parametrize(("batch", "bank", "steps"), [(50, 2000, 10), (8, 5, 4)])
def test_texts_are_learnt_from_images_that_look_ood(batch: int, bank: int, steps: int) -> None:
    scorer = InterNegInverted(count=30, groups=2, batch=batch, bank=bank, steps=steps, threshold=0.6, seed=1)
    p, fixed = prototypes(16, 1), NEGATIVES[chosen(30, 16, 1)].numpy()
    generator = torch.Generator().manual_seed(1)
    learnt, expected = np.empty((0, DIM)), []
    for at in range(0, 50, batch):
        part = STREAM[at : at + batch].numpy()
        found = [neglabel(v, np.concatenate([fixed, learnt]), 2, 1) for v in part]
        low = [v for v, score in zip(part, found, strict=True) if score < 0.6]
        if low:
            start = torch.randn(len(low), DIM, generator=generator) * 0.02
            templates = torch.randint(3, (steps,), generator=generator).tolist()
            texts = np.array([inverted(v, one, templates, 0.02) for v, one in zip(low, start, strict=True)])
            learnt = np.concatenate([learnt, texts[gains(texts, p).min(axis=1) > 0]])
            learnt = learnt[np.argsort(-gains(learnt, p).mean(axis=1), kind="stable")[:bank]]
            found = [neglabel(v, np.concatenate([fixed, learnt]), 2, 1) for v in part]
        expected += found
    assert len(learnt)
    np.testing.assert_allclose(scorer.fit(REFERENCE)(STREAM).numpy(), expected, atol=1e-5)
    assert (scorer.protocol, scorer.at_once) == ("transductive", batch)


def test_what_it_cannot_choose_from_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = InterNeg().fit(REFERENCE).remarks[0].text
    assert "of 60 negative labels" in said and "farther from every ID class" in said
    with pytest.raises(StudioError, match="ID label 4 of 4 has no ID picture"):
        InterNeg().fit(replace(REFERENCE, labels=LABELS.clamp(max=2)))
    with pytest.raises(StudioError, match="must lie between 0 and 3, as there are 4 labels"):
        InterNeg().fit(replace(REFERENCE, labels=LABELS + 1))
    with pytest.raises(StudioError, match="keeps no negative label"):
        InterNeg().fit(replace(REFERENCE, negative_text=NEAR, texts=None))
    assert InterNeg().fit(replace(REFERENCE, texts=None))(STREAM).shape == (50,)
    with pytest.raises(StudioError, match="InterNeg with inversion needs the words"):
        InterNegInverted().fit(replace(REFERENCE, texts=None))
    monkeypatch.setattr(Words, "room", 0)
    with pytest.raises(OutOfMemory, match="InterNeg with inversion ran out of memory with a single picture"):
        InterNegInverted(threshold=1.0).fit(REFERENCE)(STREAM)
