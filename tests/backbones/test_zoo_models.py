"""The zoo's models as they come along: all of them load by name without a network, and are small."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from ood_studio import worlds
from ood_studio.backbones import load_backbone
from ood_studio.core.paths import ASSETS
from ood_studio.hub.bundled import bundled
from ood_studio.hub.zoo_models import ZOO
from ood_studio.synthesis.classifier_models import CLASSIFIER

LARGEST = 16_000_000  # bytes of all of them


@pytest.mark.parametrize("name", ZOO)
def test_every_one_loads_by_its_name(name: str) -> None:
    member, found = ZOO[name], load_backbone(name, device="cpu")
    images = [Image.new("RGB", (70, 50), colour) for colour in ("red", "blue")]
    seen = found.encode_image(found.preprocess(images)).visual
    assert torch.isfinite(seen).all() and seen.std() > 0
    assert found.reads_text is (member.training == "clip")
    assert (found.labels is not None) is bool(member.classes) and (found.head is not None) is bool(member.classes)
    if found.reads_text:
        texts = found.encode_text(["a photo of a cat", "a photo of a velociraptor"])
        assert torch.isfinite(texts).all() and not torch.equal(texts[0], texts[1])


def test_they_are_small_and_have_cards() -> None:
    folders = [model.folder for model in bundled("zoo").values()]
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) <= LARGEST
    assert {path for path in (ASSETS / "zoo").iterdir() if path.is_dir()} == set(folders)
    for name, model in bundled("zoo").items():
        card = (model.folder / "README.md").read_text(encoding="utf-8")
        assert name in card and f"{ZOO[name].steps:,} steps" in card and model.trained_by in card


def test_the_world_compares_them_and_says_what_they_know() -> None:
    known = worlds.zoo()
    assert set(ZOO) < set(known)
    for name, member in ZOO.items():
        assert (known[name].source, known[name].pictures) == (member.source, member.pictures)
        assert worlds.limits_of(name) == worlds.limits_of("diorama") != ""
    clips = [each for each in known.values() if each.group.startswith("CLIP of picture books")]
    assert len({(ZOO[each.backbone].size, each.pictures) for each in clips}) == len(clips) > 2


def test_nothing_else_is_offered_for_them() -> None:
    assert not set(bundled("backbone", "classifier")) & set(ZOO) and CLASSIFIER == "diorama-classifier"
