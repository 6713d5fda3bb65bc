"""A backbone with adapters on it is the backbone but for the image features that they move."""

from __future__ import annotations

import torch
from torch import Tensor

from ood_studio.adapters import AdaptedBackbone, SynOODProjection
from ood_studio.backbones import Backbone, load_backbone
from ood_studio.backbones.base import LazyFeatures
from ood_studio.testing.adapter_world import SmallBackbone, small_material


def test_it_hands_on_all_that_a_backbone_may_implement() -> None:
    hooks = {name for name, each in vars(Backbone).items() if callable(each) and not hasattr(each, "__final__")}
    kept = {"_no_prompts", "with_attended_patches"}
    assert {name for name in hooks if not name.startswith("__")} - vars(AdaptedBackbone).keys() == kept


def test_it_reads_texts_as_the_backbone_does() -> None:
    plain = load_backbone("diorama", device="cpu")
    adapted = AdaptedBackbone(plain, ())
    vectors = plain.word_vectors("cat")
    found, wanted = (each.pseudo_words(["a photo of a {}."]).encode(vectors, 0) for each in (adapted, plain))
    assert torch.equal(found, wanted)
    long = "a cat behind " * 30
    assert adapted.too_long(["cat", long]) == [long]


def test_patches_that_nobody_asks_for_are_not_computed() -> None:
    backbone = SmallBackbone()
    adapted = SynOODProjection(epochs=1).fit(backbone, small_material())
    plain = backbone.encode_image(torch.rand(2, 3, *backbone.input_shape))
    asked: list[None] = []

    def patches() -> Tensor:
        asked.append(None)
        return torch.ones(2, 1, 1, backbone.dim)

    moved = adapted.image(LazyFeatures(plain.joint, plain.visual, patches))
    assert moved.joint is not None and plain.joint is not None
    assert not torch.equal(moved.joint, plain.joint) and not asked
    assert moved.patches is not None and moved.patches.shape == (2, 1, 1, backbone.dim) and len(asked) == 1
