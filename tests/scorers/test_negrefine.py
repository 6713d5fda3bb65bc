"""NegRefine against a slow transcription of its two parts, and what it drops."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.scorers import NegRefine, Reference

DIM, SCALE = 12, 30.0


def rows(count: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn, dim=1)


CLASSES, NEGATIVES = rows(7, 0), rows(24, 1)
IMAGES = functional.normalize(torch.cat((CLASSES, NEGATIVES))[torch.arange(40) % 31] + 0.4 * rows(40, 2), dim=1)


class Texts:
    """Pairs with vectors of their own, and how often each was asked for."""

    adjectives, templates = torch.zeros(24, dtype=torch.bool), ("{}",)

    def __init__(self, gone: Collection[int] = ()) -> None:
        self.gone, self.nearest, self.dropped = gone, torch.empty(0), ()

    def superfluous(self, nearest: torch.Tensor, dropped: Collection[str] = ()) -> dict[str, torch.Tensor]:
        self.nearest, self.dropped = nearest, tuple(dropped)
        which = torch.zeros(24, dtype=torch.bool)
        which[list(self.gone)] = True
        return {"are gone": which}

    def pairs(self, index: torch.Tensor) -> torch.Tensor:
        found = [pair(int(first), int(second)) for first, second in index]
        return torch.stack(found)

    def pseudo_words(self) -> None:
        raise AssertionError("nothing is learnt")


def pair(first: int, second: int) -> torch.Tensor:
    return rows(1, 1000 + 50 * first + second)[0]


@pytest.mark.parametrize(("gone", "top", "groups"), [((), 5, 1), ((0, 3, 17), 3, 4), ((5,), 100, 3)])
def test_it_is_neglabels_score_and_the_best_pair(gone: tuple[int, ...], top: int, groups: int) -> None:
    reference = Reference(CLASSES, NEGATIVES, logit_scale=SCALE, texts=Texts(gone))
    scorer = NegRefine(groups=groups, top=top, seed=2)
    kept = [j for j in range(24) if j not in gone]
    order = torch.randperm(len(kept), generator=torch.Generator().manual_seed(2)).tolist()
    size = len(kept) // groups
    expected = []
    for v in IMAGES.numpy():
        p, q = CLASSES.numpy() @ v, NEGATIVES.numpy() @ v
        inside = np.exp(SCALE * p).sum()
        parts = []
        for g in range(groups):
            outside = sum(np.exp(SCALE * q[kept[i]]) for i in order[g * size : (g + 1) * size])
            parts.append(inside / (inside + outside))
        first = sorted(range(7), key=lambda k: -p[k])[:top]
        second = sorted(kept, key=lambda j: -q[j])[:top]
        best = max(SCALE * (pair(k, j).numpy() @ v - q[j]) for k in first for j in second)
        expected.append(np.mean(parts) + 2 / (1 + np.exp(-best)))
    np.testing.assert_allclose(scorer.fit(reference)(IMAGES).numpy(), expected, atol=1e-9)
    np.testing.assert_allclose(scorer.fit(reference)(IMAGES.float()).numpy(), expected, atol=1e-5)


def test_what_is_dropped_is_said_and_nothing_need_be() -> None:
    texts = Texts((1, 2))
    reference = Reference(CLASSES, NEGATIVES, logit_scale=SCALE, texts=texts)
    fitted = NegRefine(nearest=3, dropped=("taxi",)).fit(reference)
    assert [said.text for said in fitted.remarks] == ["NegRefine drops 2 of 24 negative labels: 2 are gone"]
    cosines = NEGATIVES @ CLASSES.T
    assert torch.equal(texts.nearest, cosines.argsort(dim=1, descending=True)[:, :3]) and texts.dropped == ("taxi",)
    assert not NegRefine(refine=False).fit(reference).remarks
    with pytest.raises(StudioError, match="drops every negative label"):
        NegRefine().fit(replace(reference, texts=Texts(range(24))))
    with pytest.raises(StudioError, match="needs the words of the labels and the text tower"):
        NegRefine().fit(replace(reference, texts=None))
