"""One contract for every backbone: the bundled ones and small random ones of each kind of image tower.

`backbone` is each of them, `clip` each with a text tower, `vision` each without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from ood_studio.backbones import FAMILIES, Backbone, BackboneError, load_backbone
from ood_studio.backbones.base import limit_aspect
from ood_studio.backbones.families import find_model
from ood_studio.hub.bundled import bundled
from ood_studio.hub.device import Precision
from ood_studio.testing import BACKBONE_CHECKS, check_name
from ood_studio.testing.backbones import sample_images, vectors

BUNDLED = [*bundled("backbone"), *bundled("classifier")]
CLIP = ["vit", "vit-avg", "resnet", "timm", "coca"]
VISION = ["timm-vit", "timm-vit-avg", "timm-resnet", "timm-mobile"]


def load(kind: str, checkpoints: dict[str, Path], precision: Precision = "auto") -> Backbone:
    if kind in BUNDLED:
        return load_backbone(kind, device="cpu")
    library = "timm" if kind in VISION else "open_clip"
    return load_backbone(f"{library}:local-dir:{checkpoints[kind]}", device="cpu", precision=precision)


@pytest.fixture(params=[*BUNDLED, *CLIP, *VISION])
def backbone(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> Backbone:
    return load(request.param, checkpoints)


@pytest.fixture(params=[*bundled("backbone"), *CLIP])
def clip(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> Backbone:
    return load(request.param, checkpoints)


@pytest.fixture(params=VISION)
def vision(request: pytest.FixtureRequest, checkpoints: dict[str, Path]) -> Backbone:
    return load(request.param, checkpoints)


def local_folder(backbone: Backbone) -> Path | None:
    """Where the model's files lie."""
    family, model = find_model(backbone.name)
    return family.folder(model)


def theirs(backbone: Backbone):  # type: ignore[no-untyped-def]
    """open_clip's own model, transform and tokenizer of the same folder."""
    import open_clip

    folder = local_folder(backbone)
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    return model.eval(), transform, open_clip.get_tokenizer(f"local-dir:{folder}")


def test_a_model_of_every_family_is_among_them(checkpoints: dict[str, Path]) -> None:
    assert {find_model(load(kind, checkpoints).name)[0].prefix for kind in (*BUNDLED, *CLIP, *VISION)} == set(FAMILIES)


@pytest.mark.parametrize("check", BACKBONE_CHECKS, ids=check_name)
def test_every_backbone_keeps_its_contract(backbone: Backbone, check: Callable[[Backbone], None]) -> None:
    check(backbone)


def test_texts_are_independent_of_the_batch(clip: Backbone) -> None:
    texts = [f"a photo of a bird {i}" for i in range(300)]
    torch.testing.assert_close(clip.encode_text(texts)[299:], clip.encode_text(texts[299:]), atol=1e-5, rtol=0)


def test_parameters_are_frozen(backbone: Backbone) -> None:
    assert not any(p.requires_grad for p in backbone._model.parameters())  # type: ignore[attr-defined]


def test_parity_with_open_clip(clip: Backbone) -> None:
    model, transform, tokenizer = theirs(clip)
    images = sample_images()
    batch = torch.stack([transform(image) for image in images])
    pixels = clip.preprocess(images)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (model.visual.image_mean, model.visual.image_std))
    assert pixels.min() >= 0 and pixels.max() <= 1
    torch.testing.assert_close((pixels - mean) / std, batch, atol=1e-5, rtol=0)
    texts = ["a photo of a red fish", "a blue bird", "Bird!", "words " * 40]
    with torch.no_grad():
        expected_image = model.encode_image(batch, normalize=True)
        expected_text = model.encode_text(tokenizer(texts), normalize=True)
    torch.testing.assert_close(clip.encode_image(pixels).joint, expected_image, atol=1e-4, rtol=0)
    torch.testing.assert_close(clip.encode_text(texts), expected_text, atol=1e-4, rtol=0)
    assert clip.logit_scale == pytest.approx(model.logit_scale.exp().item(), rel=1e-5)


def test_visual_is_what_the_projection_reads(clip: Backbone) -> None:
    features = clip.encode_image(clip.preprocess(sample_images()))
    visual = clip._model.visual  # type: ignore[attr-defined]
    if hasattr(visual, "proj"):
        projected = features.visual @ visual.proj
    elif hasattr(visual, "attnpool"):
        projected = visual.attnpool.c_proj(features.visual)
    else:
        projected = visual.head(features.visual)
    torch.testing.assert_close(F.normalize(projected, dim=-1), features.joint, atol=1e-5, rtol=0)


def test_long_images_lose_their_ends_alone() -> None:
    ramp = Image.fromarray(np.arange(1001, dtype=np.int32).clip(0, 255).astype(np.uint8)[None].repeat(3, 0))
    assert limit_aspect(ramp).size == (48, 3) and limit_aspect(ramp.rotate(90, expand=True)).size == (3, 48)
    assert limit_aspect(ramp.crop((0, 0, 48, 3))).size == (48, 3)
    middle = np.zeros((5, 1000), np.uint8)
    middle[:, 500] = 9
    assert np.asarray(limit_aspect(Image.fromarray(middle)))[0, 40] == 9


@pytest.mark.parametrize("kind", ["vit", "vit-avg"])
def test_patches_lie_where_the_image_is(kind: str, checkpoints: dict[str, Path]) -> None:
    backbone = load_backbone(f"open_clip:local-dir:{checkpoints[kind]}", device="cpu")
    visual = backbone._model.visual  # type: ignore[attr-defined]
    pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    attended = load_backbone(f"{backbone.name}@attended", device="cpu")
    assert attended.name.endswith("@attended") and attended.fingerprint != backbone.fingerprint
    assert attended.patch_kind != backbone.patch_kind
    found = attended.encode_image(pixels)
    patches = found.patches
    torch.testing.assert_close(found.joint, backbone.encode_image(pixels).joint)
    assert patches is not None and patches.shape == (1, 4, 4, 24)
    # open_clip's own last-layer map, by its public method
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (visual.image_mean, visual.image_std))
    out = visual.forward_intermediates((pixels - mean) / std, indices=1, normalize_intermediates=True)
    expected = F.normalize(out["image_intermediates"][0].permute(0, 2, 3, 1) @ visual.proj, dim=-1)
    torch.testing.assert_close(patches, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["vit", "vit-avg"])
def test_patches_of_vision_transformers_are_the_last_layers_values(kind: str, checkpoints: dict[str, Path]) -> None:
    backbone = load_backbone(f"open_clip:local-dir:{checkpoints[kind]}", device="cpu")
    visual = backbone._model.visual  # type: ignore[attr-defined]
    pixels = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    patches = backbone.encode_image(pixels).patches
    assert patches is not None and patches.shape == (2, 4, 4, 24)
    # GL-MCM's code: in the last layer attention is replaced by its value path
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (visual.image_mean, visual.image_std))
    *first, last = visual.transformer.resblocks
    x = visual._embeds((pixels - mean) / std)
    for layer in first:
        x = layer(x)
    width = last.attn.embed_dim
    value = F.linear(last.ln_1(x), last.attn.in_proj_weight[2 * width :], last.attn.in_proj_bias[2 * width :])
    x = x + last.ls_1(last.attn.out_proj(value))
    x = x + last.ls_2(last.mlp(last.ln_2(x)))
    expected = F.normalize(visual.ln_post(x[:, 1:]) @ visual.proj, dim=-1)
    torch.testing.assert_close(patches.flatten(1, 2), expected, atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(patches[0, 0, 0, 0], pixels)
    assert gradient[0].abs().sum() > 0 and gradient[1].abs().sum() == 0


def test_a_model_with_one_kind_of_patches_has_no_other(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(BackboneError, match="has one kind of patches"):
        load_backbone(f"open_clip:local-dir:{checkpoints['resnet']}@attended", device="cpu")


def test_patches_that_nobody_asks_for_are_not_computed(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = load_backbone(f"open_clip:local-dir:{checkpoints['vit']}", device="cpu")
    last = backbone._model.visual.transformer.resblocks[-1]  # type: ignore[attr-defined]
    calls = []
    handle = last.register_forward_hook(lambda *_: calls.append(1))
    found = backbone.encode_image(torch.rand(1, 3, 32, 32))
    assert len(calls) == 1
    assert found.patches is found.patches and len(calls) == 2
    handle.remove()


def test_patches_of_clips_resnet_are_its_dense_features(checkpoints: dict[str, Path]) -> None:
    backbone = load("resnet", checkpoints)
    visual = backbone._model.visual  # type: ignore[attr-defined]
    pixels = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    patches = backbone.encode_image(pixels).patches
    assert patches is not None and patches.shape == (2, 2, 2, backbone.dim)
    # GL-MCM: the last map, by open_clip's own method, through both projections as convolutions of one pixel
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (visual.image_mean, visual.image_std))
    maps = visual.forward_intermediates((pixels - mean) / std, indices=1, intermediates_only=True)
    dense = maps["image_intermediates"][0]
    for layer in (visual.attnpool.v_proj, visual.attnpool.c_proj):
        dense = F.conv2d(dense, layer.weight[:, :, None, None], layer.bias)
    torch.testing.assert_close(patches, F.normalize(dense, dim=1).permute(0, 2, 3, 1), atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(patches[0, 0, 0, 0], pixels)
    assert gradient[0].abs().sum() > 0 and gradient[1].abs().sum() == 0


def test_parity_with_timm(vision: Backbone) -> None:
    import timm
    from timm.data import create_transform, resolve_model_data_config

    model = timm.create_model(f"local-dir:{local_folder(vision)}", pretrained=True).eval()
    data = resolve_model_data_config(model)
    transform = create_transform(**data, is_training=False)
    images = sample_images()
    batch = torch.stack([transform(image) for image in images])
    pixels = vision.preprocess(images)
    mean, std = (torch.tensor(data[key]).view(3, 1, 1) for key in ("mean", "std"))
    torch.testing.assert_close((pixels - mean) / std, batch, atol=1e-5, rtol=0)
    features = vision.encode_image(pixels)
    with torch.no_grad():
        logits = model(batch)
    assert features.joint is None
    if model.num_classes:
        assert vision.head is not None and vision.labels == ("n0", "goldfish", "n2", "n3", "n4")
        torch.testing.assert_close(vision.head(features.visual), logits, atol=1e-4, rtol=1e-4)
        assert not vision.head.weight.requires_grad
    else:
        assert vision.head is None and vision.labels is None
        torch.testing.assert_close(features.visual, logits, atol=1e-4, rtol=1e-4)


def test_patches_of_timm_models(vision: Backbone) -> None:
    model = vision._model  # type: ignore[attr-defined]
    pixels = vision.preprocess(sample_images(2))
    found = vision.encode_image(pixels)
    assert found.patches is not None
    last = model.forward_features((pixels - vision._mean) / vision._std)  # type: ignore[attr-defined]
    if "resnet" in vision.name:  # nothing but a mean lies between the map and the vector
        expected = last.permute(0, 2, 3, 1)
        torch.testing.assert_close(expected.mean(dim=(1, 2)), found.visual)
    elif "mobile" in vision.name:
        expected = last.permute(0, 2, 3, 1)
    else:
        rows, columns = (size // 16 for size in vision.input_shape)
        expected = model.fc_norm(last[:, -rows * columns :]).unflatten(1, (rows, columns))
    torch.testing.assert_close(found.patches, F.normalize(expected, dim=-1), atol=1e-5, rtol=0)


def test_a_vision_model_says_that_it_reads_no_texts(vision: Backbone) -> None:
    sentence = f"{vision.name} has no text tower, so it cannot compare pictures with labels"
    with pytest.raises(BackboneError, match=f"^{re.escape(sentence)}$"):
        vision.encode_text(["a fish"])


@pytest.mark.parametrize("kind", [*CLIP, *VISION])
def test_half_precision_gives_nearly_the_same(kind: str, checkpoints: dict[str, Path]) -> None:
    # What runs on a GPU, tried on the CPU.
    exact, half = load(kind, checkpoints), load(kind, checkpoints, "float16")
    assert half is not exact and half.fingerprint != exact.fingerprint
    assert any(p.dtype == torch.float16 for p in half._model.parameters())  # type: ignore[attr-defined]
    pixels = exact.preprocess(sample_images()).requires_grad_()
    a, b = exact.encode_image(pixels), half.encode_image(pixels)
    assert vectors(b).dtype == b.visual.dtype == torch.float32
    assert F.cosine_similarity(vectors(a), vectors(b)).min() > 0.999
    assert F.cosine_similarity(a.visual, b.visual).min() > 0.999
    if a.patches is not None and b.patches is not None:
        assert F.cosine_similarity(a.patches, b.patches, dim=-1).min() > 0.99
    if kind in CLIP:
        texts = ["a red fish", "a blue bird"]
        assert (exact.encode_text(texts) * half.encode_text(texts)).sum(dim=-1).min() > 0.999
    (gradient,) = torch.autograd.grad(vectors(b)[:, 0].sum(), pixels)
    assert gradient.abs().sum() > 0
