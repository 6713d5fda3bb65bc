"""AdaNeg against a transcription of its steps, one image after another, and what the order of a stream does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.scorers import AdaNeg, NegLabel, Reference

DIM, SCALE = 10, 20.0


def rows(count: int, seed: int) -> Tensor:
    drawn = torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn, dim=1)


CLASSES, NEGATIVES = rows(4, 0), rows(23, 1)
REFERENCE = Reference(CLASSES, NEGATIVES, logit_scale=SCALE)
KNOWN = torch.arange(70) % 7  # four kinds of ID images and three of OOD ones, taking turns
STREAM = functional.normalize(torch.cat((CLASSES, NEGATIVES[:3]))[KNOWN] + 0.5 * rows(70, 2) + 0.4 * rows(1, 3), dim=1)


def oracle(stream: np.ndarray, scorer: AdaNeg) -> np.ndarray:
    """Steps 1 to 5 of the docstring in loops."""
    order = torch.randperm(len(NEGATIVES), generator=torch.Generator().manual_seed(scorer.seed)).tolist()
    size = len(NEGATIVES) // scorer.groups
    groups = [list(range(len(CLASSES) + g * size, len(CLASSES) + (g + 1) * size)) for g in range(scorer.groups)]
    text = [*CLASSES.numpy(), *(NEGATIVES[i].numpy() for i in order[: scorer.groups * size])]
    inside, outside = range(len(CLASSES)), range(len(CLASSES), len(text))
    memory: list[list[tuple[float, np.ndarray]]] = [[] for _ in text]

    def share(cosines: list[float]) -> float:
        e = [np.exp(c * SCALE) for c in cosines]
        ours = sum(e[k] for k in inside)
        return float(np.mean([ours / (ours + sum(e[j] for j in group)) for group in groups]))

    def proxy(label: int, v: np.ndarray) -> np.ndarray:
        total = np.zeros(DIM)
        for m in (text[label], *(image for _, image in memory[label])):
            total += m * (np.exp(-scorer.sharpness * (1 - m @ v)) if scorer.proxy == "sample" else 1.0)
        return total / np.linalg.norm(total)

    def scored(v: np.ndarray) -> float:
        first = share([float(v @ t) for t in text])
        second = share([float(v @ proxy(label, v)) for label in range(len(text))])
        return (second + scorer.weight * first) / (1 + scorer.weight)

    def store(v: np.ndarray) -> None:
        cosines = [float(v @ t) for t in text]
        first = share(cosines)
        side = None
        if first > scorer.threshold + scorer.gap * (1 - scorer.threshold):
            side = inside
        elif first < scorer.threshold - scorer.gap * scorer.threshold:
            side = outside
        if side is not None:
            label = max(side, key=lambda k: cosines[k])
            e = np.exp([cosines[k] * SCALE for k in side])
            entropy = float(-np.sum(e / e.sum() * np.log(e / e.sum())))
            if len(memory[label]) == scorer.length:
                highest = max(memory[label], key=lambda item: item[0])
                if entropy < highest[0]:
                    memory[label] = [item for item in memory[label] if item is not highest]
            if len(memory[label]) < scorer.length:
                memory[label].append((entropy, v))

    scores: list[float] = []
    for start in range(0, len(stream), scorer.batch):
        batch = stream[start : start + scorer.batch]
        if scorer.update == "after":
            scores += [scored(v) for v in batch]
        for v in batch:
            store(v)
        if scorer.update == "before":
            scores += [scored(v) for v in batch]
    return np.array(scores)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"proxy": "task"},
        {"length": 2, "gap": 0.1},
        {"proxy": "task", "length": 1, "gap": 0.0, "weight": 1.0},
        {"threshold": 0.7, "gap": 0.3, "sharpness": 40.0, "seed": 3, "groups": 4},
        {"sharpness": 0.0, "groups": 1},
        {"batch": 8},
        {"batch": 100, "proxy": "task"},
        {"batch": 8, "update": "after"},
        {"update": "after", "length": 2},
    ],
)
def test_it_follows_its_steps(parameters: dict[str, Any], dtype: torch.dtype) -> None:
    scorer = AdaNeg(**parameters)
    scores = scorer.fit(REFERENCE)(STREAM.to(dtype))
    np.testing.assert_allclose(scores.numpy(), oracle(STREAM.numpy(), scorer), atol=1e-5)


def test_an_empty_memory_is_neglabel() -> None:
    expected = NegLabel(groups=5, seed=7).fit(REFERENCE)(STREAM)
    torch.testing.assert_close(AdaNeg(gap=1.0, seed=7).fit(REFERENCE)(STREAM), expected)
    assert not torch.allclose(AdaNeg(seed=7).fit(REFERENCE)(STREAM), expected)


def test_the_order_of_the_stream_counts_and_every_call_is_a_stream_of_its_own() -> None:
    score = AdaNeg().fit(REFERENCE)
    forth, back = score(STREAM), score(STREAM.flip(0)).flip(0)
    assert float((forth - back).abs().max()) > 1e-3
    assert torch.equal(score(STREAM), forth)
    # What comes later does not count.
    torch.testing.assert_close(score(STREAM[:50]), forth[:50])


def test_an_order_is_a_seed_and_scores_come_back_in_the_callers_order() -> None:
    shuffled = AdaNeg(order=3).fit(REFERENCE)(STREAM)
    assert torch.equal(AdaNeg(order=3).fit(REFERENCE)(STREAM), shuffled)
    assert not torch.allclose(AdaNeg(order=4).fit(REFERENCE)(STREAM), shuffled)
    by_hand = torch.randperm(len(STREAM), generator=torch.Generator().manual_seed(3))
    expected = torch.empty_like(shuffled)
    expected[by_hand] = AdaNeg().fit(REFERENCE)(STREAM[by_hand])
    torch.testing.assert_close(shuffled, expected)


def test_blocks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = AdaNeg().fit(REFERENCE)(STREAM)
    monkeypatch.setattr("ood_studio.scorers.adaneg._BLOCK_ROWS", 9)
    monkeypatch.setattr("ood_studio.scorers.adaneg._LABELS", 2)
    torch.testing.assert_close(AdaNeg().fit(REFERENCE)(STREAM), whole)


def test_the_protocol_says_whether_an_image_teaches_its_own_score() -> None:
    assert (AdaNeg().protocol, AdaNeg(update="after", batch=256).protocol) == ("transductive", "online")
    assert AdaNeg(batch=256).at_once == 256 and "its own" in AdaNeg().seen
    assert (NegLabel().protocol, NegLabel().at_once) == ("inductive", 0)
    # The first image of a stream that is scored before it is stored meets empty memories.
    alone = NegLabel(groups=5).fit(REFERENCE)(STREAM[:1])
    torch.testing.assert_close(AdaNeg(update="after").fit(REFERENCE)(STREAM)[:1], alone)


def test_sharp_proxies_do_not_underflow() -> None:
    scores = AdaNeg(sharpness=1000.0, gap=0.0, tau=1e-3).fit(REFERENCE)(STREAM.float())
    assert torch.isfinite(scores).all() and len(set(scores.tolist())) > 2


def test_no_gradient_is_promised_and_none_is_wrong() -> None:
    features = STREAM.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(AdaNeg().fit(REFERENCE)(features).sum(), features)
    assert not gradient.any() and not AdaNeg().differentiable and AdaNeg.stream


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"proxy": "mean"}, "proxy must be one of sample, task, not 'mean'"),
        ({"length": 2.5}, "length must be a whole number"),
        ({"order": 1.5}, "order must be a whole number"),
        ({"groups": 1.5}, "groups must be a whole number"),
        ({"gap": 1.5}, "gap must lie between"),
    ],
)
def test_parameters_are_checked(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        replace(AdaNeg(), **parameters)
