"""What is kept of an image is what the model saw: preprocess(save(preprocess(x))) over crops, squashing and shapes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ood_studio.attacks import FeatureAttack, Objective, attack_sets, image_targets
from ood_studio.attacks.fitting import fitted_pixels
from ood_studio.backbones import Backbone, BackboneError, ImageFeatures
from ood_studio.backbones.framing import frame_shape, framed
from ood_studio.backbones.resampling import resampling
from ood_studio.data.folders import FolderDataset
from ood_studio.data.pixels import to_images, to_pixels


class Prepared(Backbone):
    """timm's own transformation of a configuration, and the pixels as features."""

    name, dim, image_size, logit_scale, has_patches = "prepared", 3, 0, 1.0, False
    fingerprint, device, dtype = "prepared", torch.device("cpu"), torch.float32

    def __init__(self, height: int, width: int, **settings: Any) -> None:
        from timm.data.transforms_factory import create_transform

        self._shape = height, width
        config = {"input_size": (3, height, width), "mean": (0, 0, 0), "std": (1, 1, 1), **settings}
        self._steps = create_transform(**config, is_training=False)  # type: ignore[no-untyped-call]

    @property
    def input_shape(self) -> tuple[int, int]:
        return self._shape

    def _transform(self, image: Image.Image) -> Tensor:
        found: Tensor = self._steps(image)
        return found

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        return ImageFeatures(None, pixels.mean(dim=(2, 3)), None)

    def _encode_text(self, texts: list[str]) -> Tensor:
        raise NotImplementedError


def photographs() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    sizes = [(90, 60), (61, 200), (64, 64), (333, 251), (20, 31)]
    return [
        Image.fromarray(rng.integers(0, 256, (7, 7, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        for size in sizes
    ]


def saved(pixels: Tensor) -> list[Image.Image]:
    found = []
    for image in to_images(pixels):
        file = io.BytesIO()
        image.save(file, "PNG")
        found.append(Image.open(file))
    return found


@pytest.mark.parametrize("shape", [(64, 64), (48, 64), (65, 40), (224, 224)])
@pytest.mark.parametrize("mode", ["center", "squash", "border"])
@pytest.mark.parametrize("crop", [1.0, 0.95, 0.9, 0.875, 0.5])
def test_a_picture_that_is_kept_is_what_the_model_saw(shape: tuple[int, int], mode: str, crop: float) -> None:
    backbone = Prepared(*shape, crop_pct=crop, crop_mode=mode, interpolation="bicubic")
    images = photographs()
    seen = backbone.preprocess(images)
    pixels = framed(backbone, images)
    assert torch.equal(backbone.preprocess(saved(pixels)), seen)
    if crop == 1:
        assert torch.equal(pixels, seen)
    height, width = pixels.shape[-2:]
    assert height >= shape[0] and width >= shape[1]
    # What was worked on and kept is what is seen of it, and gradients go where the model looks.
    changed = (pixels + 0.1 * torch.rand_like(pixels)).clamp(0, 1)
    view = resampling(backbone, height, width)
    kept = backbone.preprocess(saved(changed))
    assert float((view(changed) - kept).abs().max()) <= 0.5 / 255 + 1e-6


def test_a_picture_of_the_models_input_size_is_cut_too() -> None:
    backbone = Prepared(64, 64, crop_pct=0.875, crop_mode="center")
    picture = photographs()[2]
    found = resampling(backbone, 64, 64)(to_pixels([picture])).clamp(0, 1)
    assert float((found - backbone.preprocess([picture])).abs().mean()) < 0.003


def test_what_surrounds_the_view_is_the_pictures_own() -> None:
    backbone = Prepared(56, 56, crop_pct=0.875, crop_mode="center", interpolation="bicubic")
    picture = photographs()[2]
    whole = framed(backbone, [picture])[0]
    assert whole.shape == (3, 64, 64)
    assert float((whole - to_pixels([picture])[0]).abs().max()) < 2 / 255


def test_a_model_that_changes_every_picture_says_so() -> None:
    class Dimmed(Prepared):
        def _transform(self, image: Image.Image) -> Tensor:
            return super()._transform(image) * 0.5

    with pytest.raises(BackboneError, match="changes pictures of every size"):
        frame_shape(Dimmed(32, 32, crop_pct=0.9))


class Looking(Prepared):
    """Features by one layer, of a model that cuts a margin off."""

    def __init__(self) -> None:
        super().__init__(24, 24, crop_pct=0.75, crop_mode="center", interpolation="bicubic")
        self._layer = torch.randn(3 * 24 * 24, 8, generator=torch.Generator().manual_seed(0)) / 24

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        return ImageFeatures(None, (pixels.flatten(1) - 0.5) @ self._layer, None)


@pytest.mark.parametrize("size", [(24, 24), (32, 32), (90, 70)])
@pytest.mark.parametrize("full_size", [False, True])
def test_an_attack_is_what_the_judge_sees(size: tuple[int, int], full_size: bool) -> None:
    backbone = Looking()
    picture = photographs()[0].resize(size)
    target = image_targets(backbone, [photographs()[3]])
    pixels = fitted_pixels(picture, backbone, full_size=full_size, longest=100)
    first, *_, last = FeatureAttack(steps=60, learning_rate=0.01).run(pixels, Objective(backbone, target))
    judged = torch.cosine_similarity(image_targets(backbone, saved(last.pixels)), target)
    assert float(last.similarity) > float(first.similarity) + 0.1
    assert float(judged) == pytest.approx(float(last.similarity), abs=0.02)


def test_an_attacked_set_is_what_the_judge_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    for i, picture in enumerate(photographs()[:2]):
        picture.save(tmp_path / f"{i}.png")
    backbone = Looking()
    target = image_targets(backbone, [photographs()[3]])
    (made,) = attack_sets(
        "set",
        FolderDataset(tmp_path),
        lambda rows: [Objective(backbone, target)],
        FeatureAttack(steps=60, learning_rate=0.01),
        backbones=["looking"],
        key="",
        target="image",
        targets=["", ""],
    )
    kept = [Image.open(path) for path in sorted(made.folder.glob("*.png"))]
    judged = torch.cosine_similarity(image_targets(backbone, kept), target)
    assert float(judged.mean()) == pytest.approx(made.similarity, abs=0.02)
