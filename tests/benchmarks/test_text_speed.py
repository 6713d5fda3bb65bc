"""What words cost beside open_clip's own call, within one run: 2,000 words of WordNet under NegLabel's prompt.

CPU time on one thread, so that other programs on the machine do not blur the ratio. The text tower is as wide as
ViT-B/16's and a quarter as deep: its layers cost the same. Run with `pytest tests/benchmarks -s`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import open_clip
import pytest
import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

from ood_studio.backbones import Backbone, load_backbone
from ood_studio.core.cache import KeyedCache
from ood_studio.labels.corpora import load_corpus

WORDS, LAYERS, BATCH, ALLOWED = 2_000, 3, 250, 0.12


@pytest.fixture
def backbone(tmp_path: Path) -> Backbone:
    """A model of random weights with ViT-B/16's text tower."""
    config = open_clip.get_model_config("ViT-B-16")
    config["text_cfg"]["layers"] = LAYERS
    config["vision_cfg"] = {"image_size": 32, "patch_size": 16, "width": 64, "layers": 1}
    torch.manual_seed(0)
    about = {"model_cfg": config, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.3] * 3}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(about))
    weights = {name: each.contiguous() for name, each in CLIP(**config).state_dict().items()}
    save_file(weights, tmp_path / "open_clip_model.safetensors")
    return load_backbone(f"open_clip:local-dir:{tmp_path}", "cpu", pool=KeyedCache())


def test_words_cost_a_fraction_of_the_librarys_call(backbone: Backbone) -> None:
    """Tokens and all; the aim is 0.12 of the library's time."""
    words = load_corpus("wordnet").words
    texts = [f"the nice {word}" for word in words[:: len(words) // WORDS][:WORDS]]
    model, tokenizer = backbone._model, open_clip.get_tokenizer("ViT-B-16")  # type: ignore[attr-defined]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        backbone.encode_text(texts[:8])
        started = time.process_time()
        found = backbone.encode_text(texts)
        ours = time.process_time() - started
        started = time.process_time()
        with torch.no_grad():
            parts = [model.encode_text(tokenizer(texts[i : i + BATCH]), normalize=True) for i in range(0, WORDS, BATCH)]
        theirs = time.process_time() - started
    finally:
        torch.set_num_threads(threads)
    difference = float((found - torch.cat(parts)).abs().max())
    print(
        f"\n{WORDS:,} words: {ours:.1f} s, the library {theirs:.1f} s, {ours / theirs:.3f} of it; "
        f"largest difference {difference:.0e}"
    )
    assert difference < 1e-5
    assert ours < ALLOWED * theirs
