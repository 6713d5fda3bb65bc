"""Recall at k against torchmetrics and its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.retrieval import retrieval_hit_rate

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.retrieval import recalls


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_recall_is_the_mean_hit_rate_of_torchmetrics(seed: int, images: int, captions: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    image = F.normalize(torch.randn(images, 6, generator=generator), dim=1)
    text = F.normalize(torch.randn(images * captions, 6, generator=generator), dim=1)
    of = np.repeat(np.arange(images), captions)
    to_text = recalls(image, text, range(images), of, (1, 2, 5))
    to_image = recalls(text, image, of, range(images), (1, 2, 5))
    for k in (1, 2, 5):
        hits = [retrieval_hit_rate(image[i] @ text.T, torch.from_numpy(of == i), top_k=k) for i in range(images)]
        assert to_text[k] == pytest.approx(float(torch.stack(hits).mean()))
        hits = [retrieval_hit_rate(text[j] @ image.T, torch.arange(images) == of[j], top_k=k) for j in range(len(of))]
        assert to_image[k] == pytest.approx(float(torch.stack(hits).mean()))


def test_equal_captions_are_not_found_by_luck() -> None:
    image = F.normalize(torch.eye(3), dim=1)
    same = torch.ones(3, 3) / 3**0.5
    assert recalls(image, same, range(3), range(3)) == {1: 0.0, 5: 1.0, 10: 1.0}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(StudioError, match="at least one"):
        recalls(torch.zeros(0, 2), torch.zeros(1, 2), [], [0])
    with pytest.raises(StudioError, match="do not fit"):
        recalls(torch.eye(2), torch.eye(2), [0], [0, 1])
    with pytest.raises(StudioError, match="finite"):
        recalls(torch.full((1, 2), torch.nan), torch.eye(2), [0], [0, 1])
