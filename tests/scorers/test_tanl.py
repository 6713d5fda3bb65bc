"""TANL against a slow transcription of its steps, and what its protocols are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.scorers import TANL, Reference

DIM, SCALE = 12, 12.0


def rows(count: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn, dim=1)


CLASSES, NEGATIVES, NOISE = rows(4, 0), rows(23, 1), rows(5, 9)
REFERENCE = Reference(CLASSES, NEGATIVES, logit_scale=SCALE)
KNOWN = torch.arange(90) % 7
STREAM = functional.normalize(torch.cat((CLASSES, NEGATIVES[:3]))[KNOWN] + 0.3 * rows(90, 2), dim=1)


def oracle(stream: np.ndarray, scorer: TANL, reference: Reference) -> np.ndarray:
    """The steps of the docstring in loops, every prefix summed anew."""
    text = np.concatenate([CLASSES.numpy(), NEGATIVES.numpy()])
    noise = NEGATIVES.numpy() if reference.noise is None else reference.noise.numpy()
    count, known = min(scorer.count, len(NEGATIVES)), len(CLASSES)

    def activation(v: np.ndarray) -> np.ndarray:
        e = np.exp(SCALE * (text @ v))
        return (e / e.sum())[known:]

    def score(v: np.ndarray, difference: np.ndarray) -> float:
        chosen = np.argsort(-difference, kind="stable")[:count]
        ours = sum(np.exp(SCALE * float(v @ text[k])) for k in range(known))
        steps = range(scorer.step, count + 1, scorer.step) if 0 < scorer.step <= count else [count]
        shares = []
        for last in steps:
            theirs = sum(np.exp(SCALE * float(v @ text[known + m])) for m in chosen[:last])
            shares.append(ours / (ours + theirs))
        return float(np.mean(shares))

    def otsu(scores: list[float]) -> float:
        values, costs = np.array(scores[-20_000:]), []
        for t in np.arange(100) / 100:
            parts = [values[values <= t], values[values > t]]
            costs.append(sum(len(part) * part.var() for part in parts if len(part)))
        ties = np.flatnonzero(np.array(costs) <= min(costs) + 1e-9)
        return float(ties[len(ties) // 2] / 100)

    inside = [activation(v) for v in CLASSES.numpy()][-scorer.length :]
    outside = [activation(v) for v in noise][-scorer.length :]
    past = [score(v, np.mean(outside, 0) - np.mean(inside, 0)) for v in (*CLASSES.numpy(), *noise)]
    found: list[float] = []
    for start in range(0, len(stream), scorer.batch):
        batch = stream[start : start + scorer.batch]
        means = [np.mean(inside, 0), np.mean(outside, 0)]
        first = [score(v, means[1] - means[0]) for v in batch]
        past += first
        t = otsu(past)
        sides = [
            [activation(v) for v, s in zip(batch, first, strict=True) if s > t + scorer.gap * (1 - t)],
            [activation(v) for v, s in zip(batch, first, strict=True) if s < t - scorer.gap * t],
        ]
        for i, side in enumerate(sides):
            if side:
                means[i] = scorer.mixing * means[i] + (1 - scorer.mixing) * np.mean(side, 0)
        found += [score(v, means[1] - means[0]) for v in batch]
        inside, outside = (inside + sides[0])[-scorer.length :], (outside + sides[1])[-scorer.length :]
    return np.array(found)


@pytest.mark.parametrize(
    ("parameters", "noise"),
    [
        ({}, True),
        ({"count": 7}, False),
        ({"count": 7, "mixing": 0.0, "batch": 16}, True),
        ({"count": 9, "step": 2, "mixing": 0.95, "batch": 5, "length": 6}, False),
        ({"count": 5, "step": 0, "mixing": 0.0, "batch": 90}, True),
        ({"count": 6, "step": 10, "gap": 0.1}, True),
    ],
)
def test_it_follows_its_steps(parameters: dict[str, Any], noise: bool) -> None:
    scorer = TANL(**parameters)
    reference = replace(REFERENCE, noise=NOISE if noise else None)
    expected = oracle(STREAM.numpy(), scorer, reference)
    np.testing.assert_allclose(scorer.fit(reference)(STREAM).numpy(), expected, atol=1e-9)
    np.testing.assert_allclose(scorer.fit(reference)(STREAM.float()).numpy(), expected, atol=1e-4)


def test_with_nothing_of_the_batch_scores_depend_on_the_past_alone() -> None:
    honest = TANL(count=7, batch=10).fit(REFERENCE)
    whole = honest(STREAM)
    torch.testing.assert_close(honest(STREAM[:40]), whole[:40])
    turned = torch.cat((STREAM[:40], STREAM[40:50].flip(0)))
    torch.testing.assert_close(honest(turned)[40:50].flip(0), whole[40:50])
    published = TANL(count=7, batch=30, mixing=0.0).fit(REFERENCE)
    other = torch.cat((STREAM[:15], NEGATIVES[5:20]))  # other images came with them
    assert float((published(other)[:15] - published(STREAM)[:15]).abs().max()) > 1e-6
    assert (TANL().protocol, TANL(mixing=0.0).protocol, TANL(batch=256).at_once) == ("online", "transductive", 256)


def test_an_order_is_a_seed_and_scores_come_back_in_the_callers_order() -> None:
    by_hand = torch.randperm(len(STREAM), generator=torch.Generator().manual_seed(3))
    shuffled = TANL(count=7, order=3).fit(REFERENCE)(STREAM)
    expected = torch.empty_like(shuffled)
    expected[by_hand] = TANL(count=7).fit(REFERENCE)(STREAM[by_hand])
    torch.testing.assert_close(shuffled, expected)
    assert not torch.allclose(TANL(count=7).fit(REFERENCE)(STREAM), shuffled)


def test_text_that_depends_on_the_image_and_bad_noise_are_refused() -> None:
    with pytest.raises(StudioError, match="noise: row 1 is zero"):
        replace(REFERENCE, noise=torch.tensor([[1.0] * DIM, [0.0] * DIM]))
    assert not TANL().differentiable
