"""Resizing, transformations, figures of quality and defences, each against an independent way to get the same."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ood_studio.attacks import (
    Defence,
    FeatureAttack,
    Objective,
    feature_distance,
    mean_quality,
    parse_defence,
    quality,
)
from ood_studio.attacks.defences import Defended, defended_features
from ood_studio.attacks.quality import high_frequency_energy
from ood_studio.attacks.transforms import Kind, _tables, cropped, draw_transform, jpeg_like, resized
from ood_studio.backbones.resampling import resampling, shown_part
from ood_studio.core.errors import StudioError
from ood_studio.data.folders import FolderDataset
from ood_studio.data.pixels import to_images, to_pixels
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes


def photograph(width: int, height: int, seed: int = 31) -> Image.Image:
    """A scene with a little grain."""
    scene = np.asarray(render(scenes("id-test", seed, 1)[0], 128).resize((width, height)), np.float64)
    grain = np.random.default_rng(seed).normal(0, 6, scene.shape)
    return Image.fromarray((scene + grain).clip(0, 255).astype(np.uint8))


# --- full resolution ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(64, 64), (150, 100), (90, 201), (40, 48), (640, 480)])
def test_resampling_is_the_preprocessing(bundled: SimpleNamespace, size: tuple[int, int]) -> None:
    picture = photograph(*size)
    wanted = bundled.backbone.preprocess([picture])
    found = resampling(bundled.backbone, size[1], size[0])(to_pixels([picture])).clamp(0, 1)
    assert found.shape == wanted.shape
    assert (found - wanted).abs().mean() < 0.003 and (found - wanted).abs().max() < 0.03


def test_the_part_that_a_model_shows_is_found_at_every_size(bundled: SimpleNamespace) -> None:
    """The whole picture, to a tenth of an input pixel: at 255 to 257 pixels the rounding of a single ramp is uneven."""
    for size in [*range(16, 301, 5), 255, 257, 511, 512, 513, 1000, 1024, 4000]:
        (top, bottom), _ = shown_part(bundled.backbone, size, 8)
        _, (left, right) = shown_part(bundled.backbone, 8, size)
        for found, wanted in ((top, 0), (left, 0), (bottom, size), (right, size)):
            assert abs(found - wanted) < size / 64 / 10, size


@pytest.mark.parametrize("size", [(255, 257), (256, 256), (256, 64)])
def test_sizes_at_which_a_ramp_is_rounded_unevenly_are_resampled(
    bundled: SimpleNamespace, size: tuple[int, int]
) -> None:
    assert resampling(bundled.backbone, *size)(torch.zeros(1, 3, *size)).shape == (1, 3, 64, 64)


def test_a_photograph_keeps_its_size(bundled: SimpleNamespace) -> None:
    backbone, pixels = bundled.backbone, to_pixels([photograph(120, 90)])
    first, *_, end = FeatureAttack(steps=8).run(pixels, Objective(backbone, bundled.target[:1]))
    assert end.pixels.shape == pixels.shape
    assert end.similarity > first.similarity
    seen = backbone.encode_image(backbone.preprocess(to_images(end.pixels))).visual
    assert float(torch.cosine_similarity(seen, bundled.target[:1])) == pytest.approx(float(end.similarity), abs=0.02)


# --- transformations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_like_is_jpeg(quality: int) -> None:
    picture = photograph(61, 47)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling=0)
    saved = Image.open(file)
    found = jpeg_like(to_pixels([picture]), quality)
    tables = getattr(saved, "quantization")  # noqa: B009
    assert tables == {i: [int(each) for each in _tables(quality)[i].flatten()] for i in range(2)}
    # libjpeg rounds colours to 8 bits in between, so that some coefficients fall to the other side.
    assert (found - to_pixels([saved])).abs().mean() < 0.01


@pytest.mark.parametrize("kind", get_args(Kind))
def test_transformations_keep_shape_range_and_gradient(kind: Kind) -> None:
    pixels = to_pixels([photograph(21, 19)]).requires_grad_()
    generator = torch.Generator().manual_seed(2)
    for _ in range(3):
        seen = draw_transform([kind], generator)(pixels)
        assert seen.shape == pixels.shape and seen.min() >= 0 and seen.max() <= 1.001
        assert torch.autograd.grad(seen.square().sum(), pixels)[0].abs().sum() > 0


def test_nothing_is_lost_by_a_whole_crop_or_size() -> None:
    pixels = to_pixels([photograph(20, 16)])
    assert torch.equal(resized(pixels, 1.0), pixels)
    assert torch.equal(cropped(pixels, 1.0, 0.3, 0.7), pixels)


# --- quality -----------------------------------------------------------------------------------------------------


def slow_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Windows one by one."""
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(line, line) / np.outer(line, line).sum()
    values = []
    for c, i, j in np.ndindex(3, a.shape[1] - 10, a.shape[2] - 10):
        x, y = a[c, i : i + 11, j : j + 11], b[c, i : i + 11, j : j + 11]
        mx, my = (window * x).sum(), (window * y).sum()
        vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
        both = (window * (x - mx) * (y - my)).sum()
        values.append((2 * mx * my + 1e-4) * (2 * both + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4)))
    return float(np.mean(values))


def test_figures_of_quality() -> None:
    rng = np.random.default_rng(0)
    a = rng.random((1, 3, 14, 15))
    b = (a + rng.normal(0, 0.05, a.shape)).clip(0, 1)
    found = quality(torch.from_numpy(a), torch.from_numpy(b))[0]
    assert found.psnr == pytest.approx(10 * np.log10(1 / ((a - b) ** 2).mean()))
    assert found.ssim == pytest.approx(slow_ssim(a[0], b[0]), rel=1e-9)
    assert found.mean_change == pytest.approx(np.abs(a - b).mean())
    assert found.max_change == pytest.approx(np.abs(a - b).max())
    same = quality(torch.from_numpy(a), torch.from_numpy(a))[0]
    assert same.psnr == float("inf") and same.ssim == pytest.approx(1) and same.high_share == 0
    both = mean_quality([found, same])
    assert both.max_change == found.max_change and both.psnr == found.psnr
    assert both.ssim == pytest.approx((found.ssim + 1) / 2)
    with pytest.raises(StudioError, match="of one shape"):
        quality(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 5))


def test_high_frequencies_begin_at_a_quarter_of_a_cycle() -> None:
    places = torch.arange(32, dtype=torch.float64)

    def wave(cycles: int) -> Tensor:
        return torch.cos(2 * torch.pi * cycles * places / 32).expand(1, 3, 32, 32)

    mean_square = 0.5
    assert float(high_frequency_energy(wave(7))) == pytest.approx(0, abs=1e-12)  # 7/32 of a cycle a pixel
    assert float(high_frequency_energy(wave(8))) == pytest.approx(mean_square)
    tilted = torch.cos(2 * torch.pi * 6 * (places[:, None] + places) / 32).expand(1, 3, 32, 32)
    assert float(high_frequency_energy(tilted)) == pytest.approx(mean_square)  # hypot(6, 6) / 32 > 1/4


def test_feature_distance_of_equal_pictures_is_0(bundled: SimpleNamespace) -> None:
    near = feature_distance(bundled.backbone, bundled.pixels, bundled.pixels)
    assert near.abs().max() < 1e-6
    far = feature_distance(bundled.backbone, bundled.pixels, bundled.pixels.flip(3) * 0.5)
    assert (far > near + 1e-4).all()


# --- defences ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["jpeg:50", "blur:1", "resize:0.5", "crops:3"])
def test_defences_change_a_picture_but_not_its_size(text: str) -> None:
    defence, picture = parse_defence(text), photograph(40, 30)
    assert str(defence) == text and defence.views == (3 if text == "crops:3" else 1)
    views = [defence.apply(picture, view) for view in range(defence.views)]
    for view in views:
        assert view.size == picture.size and view.tobytes() != picture.tobytes()
    assert len({view.tobytes() for view in views}) == len(views)
    assert defence.apply(picture).tobytes() == views[0].tobytes()


def test_defended_features_are_the_mean_of_the_views(bundled: SimpleNamespace, tmp_path: Path) -> None:
    for i in range(2):
        photograph(64, 64, i).save(tmp_path / f"{i}.png")
    pictures, defence = FolderDataset(tmp_path), Defence("crops", 2)
    found = defended_features(bundled.backbone, pictures, defence, {"joint"})
    views = [[defence.apply(pictures.load(i), view) for i in range(2)] for view in range(2)]
    seen = [bundled.backbone.encode_image(bundled.backbone.preprocess(view)) for view in views]
    assert found.visual is not None and found.joint is not None
    assert torch.allclose(found.visual, (seen[0].visual + seen[1].visual) / 2, atol=1e-4)
    total = seen[0].joint + seen[1].joint
    assert torch.allclose(found.joint, total / total.norm(dim=1, keepdim=True), atol=1e-5)
    assert Defended(pictures, defence, 0).key != Defended(pictures, defence, 1).key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("median", "unknown defence 'median'; expected one of jpeg, blur, resize, crops"),
        ("jpeg:0", "jpeg must lie between 1 and 95, not 0"),
        ("blur:much", "the strength of blur must be a number, not 'much'"),
    ],
)
def test_defences_that_are_none(text: str, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        parse_defence(text)


def test_pictures_of_several_sizes_are_refused() -> None:
    with pytest.raises(StudioError, match="of one size, not 2"):
        to_pixels([photograph(20, 20), photograph(20, 21)])
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, 3)
    picture = Image.fromarray(levels[0])
    assert to_images(to_pixels([picture]))[0].tobytes() == picture.tobytes()
