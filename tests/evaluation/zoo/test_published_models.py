"""The papers' lists of models: every name is one that its library lists, or says why it is none."""

from __future__ import annotations

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.zoo.published import LISTS, models_of


@pytest.mark.parametrize("name", LISTS)
def test_every_model_is_listed_by_its_library_or_says_why_not(name: str) -> None:
    import open_clip
    import timm

    known = {f"open_clip:{architecture}/{tag}" for architecture, tag in open_clip.list_pretrained()}
    known |= {f"timm:{each}" for each in timm.list_pretrained()}
    for model in models_of(name):
        assert (model.name in known) is not bool(model.lacking), model
        assert model.family and model.size and model.data


def test_they_are_as_many_as_the_papers_name() -> None:
    assert {name: len({model.name for model in models}) for name, models in LISTS.items()} == {
        "openclip": 42 + 9,
        "clip-ft": 32,
        "imagenet": 24 + 1 + 8 + 3,
        "plp": 10 + 12 + 2 + 7,
    }
    data = {model.name: model.data for models in LISTS.values() for model in models}
    assert data["open_clip:convnext_base_w/laion_aesthetic_s13b_b82k"] == "LAION-Aesthetics, 900M pairs"
    assert data["timm:convnext_base.clip_laiona_augreg_ft_in1k_384"] == "LAION-Aesthetics, 900M pairs, ImageNet-1k"
    assert data["timm:vit_base_patch16_clip_224.openai_ft_in12k_in1k"].endswith("ImageNet-12k, ImageNet-1k")


def test_an_unknown_list_is_told_with_those_there_are() -> None:
    with pytest.raises(StudioError, match="named 'clip'; there are openclip, clip-ft, imagenet, plp"):
        models_of("clip")
