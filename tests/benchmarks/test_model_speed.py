"""How fast the bundled models are: pictures a second, and an answer after a change of τ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ood_studio.backbones import bundled_names, load_backbone
from ood_studio.scorers import NegLabel
from ood_studio.studio import ExploreRequest, LabelChoice, Studio


@pytest.mark.parametrize("name", bundled_names())
def test_pictures_a_second(benchmark: Any, name: str) -> None:
    """Preprocessing and encoding of 64-pixel pictures; the aim is 300 a second on two cores."""
    backbone = load_backbone(name, device="cpu")
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(128)]

    def encode() -> None:
        with torch.inference_mode():
            backbone.encode_image(backbone.preprocess(pictures))

    benchmark.pedantic(encode, rounds=5, warmup_rounds=1)
    print(f"\n{name}: {len(pictures) / benchmark.stats.stats.median:.0f} pictures a second")


def test_answer_after_a_change_of_tau(benchmark: Any) -> None:
    """One picture explored again under another temperature; the aim is 100 ms."""
    studio = Studio("cpu")
    picture = [("gray", Image.new("RGB", (64, 64), "gray"))]
    studio.explore(ExploreRequest(), picture)
    taus = iter(np.linspace(0.02, 0.9, 1000).tolist())

    def explore() -> None:
        studio.explore(ExploreRequest(LabelChoice(), NegLabel(tau=next(taus))), picture)

    benchmark.pedantic(explore, rounds=20, warmup_rounds=2)
    print(f"\nanswer after a change of tau: {1000 * benchmark.stats.stats.median:.0f} ms")
