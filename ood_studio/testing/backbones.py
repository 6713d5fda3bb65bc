"""The contract of every backbone."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ood_studio.backbones import Backbone, BackboneError, ImageFeatures, load_backbone
from ood_studio.backbones.framing import framed
from ood_studio.backbones.resampling import resampling
from ood_studio.core.errors import StudioError
from ood_studio.data.pixels import to_images
from ood_studio.testing.contract import devices, memory_mapped, refused, require, require_close, run_checks

TEXTS = ["a photo of a red fish", "a blue bird", "Bird!", "words " * 40]


def backbone_contract(backbone: str | Backbone) -> None:
    """Checks what every backbone keeps to. A model of random weights will do, and is quicker.

    Args:
        backbone: a name that `load_backbone` takes, which is loaded on the CPU in float32; or one that is loaded.

    Raises:
        ContractError: listing every check that fails.
    """
    loaded = load_backbone(backbone, "cpu", "float32") if isinstance(backbone, str) else backbone
    run_checks(BACKBONE_CHECKS, loaded, f"the backbone {loaded.name}")


def sample_images(count: int = 3) -> list[Image.Image]:
    """Images of several shapes: smooth blobs with some noise."""
    rng = np.random.default_rng(0)
    out = []
    for i in range(count):
        height, width = [(90, 130), (200, 70), (64, 64)][i % 3]
        coarse = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)).resize((width, height))
        noise = rng.integers(-20, 20, (height, width, 3))
        out.append(Image.fromarray((np.asarray(coarse).astype(int) + noise).clip(0, 255).astype(np.uint8)))
    return out


def vectors(features: ImageFeatures) -> Tensor:
    """The vector of an image that any backbone has: the joint one, or else the visual one."""
    return features.visual if features.joint is None else features.joint


def reads_text(backbone: Backbone) -> bool:
    """Whether it has a text tower: then its images have joint vectors."""
    return encoded(backbone, 1).joint is not None


@torch.no_grad()
def encoded(backbone: Backbone, count: int = 3) -> ImageFeatures:
    """Features of `sample_images`."""
    return backbone.encode_image(backbone.preprocess(sample_images(count)))


def features_have_their_shapes_and_norms(backbone: Backbone) -> None:
    """Joint and patches of unit length, visual of any; float32; patches where `Backbone.has_patches` says so."""
    features, dim = encoded(backbone), backbone.dim
    require(tuple(vectors(features).shape) == (3, dim), f"three images are of shape {tuple(vectors(features).shape)}")
    require(features.visual.ndim == 2 and len(features.visual) == 3, "visual is not one vector an image")
    require(features.visual.dtype == torch.float32, f"visual is {features.visual.dtype}, not float32")
    require((features.patches is not None) == backbone.has_patches, "has_patches does not say whether patches come")
    for name, part in (("joint", features.joint), ("patches", features.patches)):
        if part is not None:
            require(part.dtype == torch.float32, f"{name} is {part.dtype}, not float32")
            lengths = part.norm(dim=-1)
            # A cell where every activation is 0 stays 0.
            unit = torch.where(lengths == 0, lengths, 1) if name == "patches" else torch.ones_like(lengths)
            require_close(lengths, unit, f"the length of {name}", tolerance=1e-4)
    if features.patches is not None:
        shape = tuple(features.patches.shape)
        require(len(shape) == 4 and shape[::3] == (3, dim), f"patches are {shape}, not (3, rows, columns, {dim})")


def pixels_are_as_it_wants_them(backbone: Backbone) -> None:
    """`preprocess` gives float32 pixels in [0, 1] of the input's shape; none of no images."""
    pixels = backbone.preprocess(sample_images())
    require(tuple(pixels.shape) == (3, 3, *backbone.input_shape), f"pixels are of shape {tuple(pixels.shape)}")
    require(pixels.dtype == torch.float32, f"pixels are {pixels.dtype}, not float32")
    require(float(pixels.min()) >= 0 and float(pixels.max()) <= 1, "pixels leave [0, 1]")
    require(len(backbone.preprocess([])) == 0, "no images give pixels all the same")
    require(backbone.image_size == backbone.input_shape[0], "image_size is not the height of its input")


def what_is_kept_of_an_image_is_what_it_saw(backbone: Backbone) -> None:
    """Images of `framed`, saved without loss, are prepared as the images were, bit for bit; or it says why not."""
    images = sample_images()
    try:
        pixels = framed(backbone, images)
    except BackboneError:
        return
    seen = backbone.preprocess(images)
    kept = backbone.preprocess(to_images(pixels))
    require(torch.equal((kept * 255).round(), (seen * 255).round()), "an image that is kept is prepared as another one")
    view = resampling(backbone, *pixels.shape[-2:])
    require(torch.equal(view(pixels), seen), "gradients do not go where it looks at an image that is kept")


def an_image_is_the_same_in_any_batch(backbone: Backbone) -> None:
    """Alone or with others, and encoded again."""
    pixels = backbone.preprocess(sample_images())
    with torch.no_grad():
        features, again, alone = (backbone.encode_image(each) for each in (pixels, pixels, pixels[1:2]))
    require(torch.equal(features.visual, again.visual), "the same images give other features the second time")
    near = _tolerance(backbone)
    require_close(alone.visual, features.visual[1:2], "an image's visual features alone", tolerance=near)
    require_close(vectors(alone), vectors(features)[1:2], "an image's vector alone", tolerance=near)


def texts_are_unit_vectors_independent_of_the_batch(backbone: Backbone) -> None:
    """(texts, dim) of unit length, usable where gradients flow; without a text tower a sentence says so."""
    said = backbone.reads_text
    require(said == reads_text(backbone), f"reads_text is {said}, but that is not so of its joint features")
    if not said:
        try:
            backbone.encode_text(TEXTS)
        except BackboneError:
            return
        require(False, "it gives no joint features, but reads texts")
    found = backbone.encode_text(TEXTS)
    require(tuple(found.shape) == (4, backbone.dim), f"four texts are of shape {tuple(found.shape)}")
    require_close(found.norm(dim=-1), torch.ones(4), "the length of a text's vector", tolerance=1e-4)
    require_close(backbone.encode_text(TEXTS[1:2]), found[1:2], "a text's vector alone", tolerance=_tolerance(backbone))
    require(tuple(backbone.encode_text([]).shape) == (0, backbone.dim), "no texts give other than no vectors")
    scale = torch.ones(1, requires_grad=True, device=found.device)
    torch.autograd.grad((found * scale).sum(), scale)  # an inference tensor would raise
    require(not found.requires_grad, "text vectors want gradients of their own")
    require(backbone.logit_scale > 0, f"its logit_scale is {backbone.logit_scale!r}")


def gradients_agree_with_finite_differences(backbone: Backbone) -> None:
    """Gradients reach the pixels, and are the slope of the vectors."""
    pixels = backbone.preprocess(sample_images(2)).clamp(0.2, 0.8).to(backbone.device).requires_grad_()
    weights = torch.randn(2, backbone.dim, generator=torch.Generator().manual_seed(1)).to(backbone.device)

    def value(x: Tensor) -> Tensor:
        return (F.normalize(vectors(backbone.encode_image(x)), dim=-1) * weights).sum()

    (gradient,) = torch.autograd.grad(value(pixels), pixels)
    steepness = gradient.norm()
    require(bool(steepness > 0) and all(bool(g.abs().sum() > 0) for g in gradient), "no gradient reaches some pixels")
    if backbone.dtype != torch.float32:
        return  # too coarse for differences
    # Far above float32's rounding in value, yet short where the network bends sharply.
    length = 0.02 / steepness.clamp(min=1)
    step = length * gradient / steepness
    with torch.no_grad():
        slope = float((value(pixels + step) - value(pixels - step)) / (2 * length))
    wanted = float(steepness)
    require(abs(slope - wanted) < 0.02 * wanted, f"the slope along the gradient is {slope:.4g}, not {wanted:.4g}")


def inputs_of_another_kind_are_refused(backbone: Backbone) -> None:
    """Another shape or type of pixels, one text, one image."""
    height, width = backbone.input_shape
    shape = rf"shape \(batch, 3, {height}, {width}\)"
    wrong: tuple[tuple[Callable[[Any], Any], Any, str], ...] = (
        (backbone.encode_image, torch.zeros(1, 3, height + 8, width), shape),
        (backbone.encode_image, torch.zeros(3, height, width), shape),
        (backbone.encode_image, torch.zeros(1, 3, height, width, dtype=torch.uint8), "floating-point.*uint8"),
        (backbone.encode_text, "a fish", "list of strings"),
        (backbone.preprocess, sample_images(1)[0], "list of pictures"),
    )
    for function, value, message in wrong:
        with refused("an input of another kind", message):
            function(value)


def images_of_any_shape_and_mode_are_taken(backbone: Backbone) -> None:
    """A pixel, a line of pixels, a palette: prepared quickly, in the colours that they have."""
    wanted = torch.tensor([1, 0, 128 / 255])
    for size in ((1, 1), (1, 5000), (6000, 2)):
        pixels = backbone.preprocess([Image.new("RGB", size, (255, 0, 128))])
        require(tuple(pixels.shape) == (1, 3, *backbone.input_shape), f"{size} pixels become {tuple(pixels.shape)}")
        require_close(pixels.amax(dim=(0, 2, 3)), wanted, f"the colour of {size} pixels", tolerance=1e-2)
        with torch.no_grad():
            finite = bool(torch.isfinite(backbone.encode_image(pixels).visual).all())
        require(finite, f"features of {size} pixels are not finite")
    palette = sample_images(1)[0].quantize(8)
    found, plain = backbone.preprocess([palette]), backbone.preprocess([palette.convert("RGB")])
    require(torch.equal(found, plain), "an image with a palette is not prepared as the colours that it stands for")


def it_pickles(backbone: Backbone) -> None:
    """As a name that is loaded where it is unpickled, with the same fingerprint; or it says why not."""
    try:
        again = pickle.loads(pickle.dumps(backbone))
    except StudioError:
        return
    require(again.fingerprint == backbone.fingerprint, "it pickles into another model")


def devices_agree(backbone: Backbone) -> None:
    """Pixels of any device are taken; the same model on another device of this machine gives nearly the same."""
    pixels = backbone.preprocess(sample_images())
    with torch.no_grad():
        expected = backbone.encode_image(pixels)
        for device in devices():
            found = backbone.encode_image(pixels.to(device))
            near = _tolerance(backbone)
            require_close(found.visual, expected.visual, f"features of pixels on {device}", tolerance=near)
            try:
                there = load_backbone(backbone.name, str(device), "float32")
            except BackboneError:  # it was not loaded by name
                continue
            moved = there.encode_image(pixels)
            require(moved.visual.device.type == device.type, f"on {device} features come on {moved.visual.device}")
            cosine = F.cosine_similarity(vectors(moved).cpu(), vectors(expected).cpu()).min()
            require(float(cosine) > 0.999, f"vectors on {device} are others: cosine {float(cosine):.4f}")


def memory_mapped_pixels_are_the_same(backbone: Backbone) -> None:
    """Pixels that lie in a file."""
    pixels = backbone.preprocess(sample_images())
    with torch.no_grad(), memory_mapped(pixels) as mapped:
        found, expected = backbone.encode_image(mapped), backbone.encode_image(pixels)
        require(torch.equal(found.visual, expected.visual), "pixels in a file give other features")


def a_trained_head_reads_visual_features(backbone: Backbone) -> None:
    """Where there is a head: as many classes as names, frozen, one logit a class."""
    if backbone.head is None:
        return
    with torch.no_grad():
        logits = backbone.head(encoded(backbone).visual)
    require(not backbone.head.weight.requires_grad, "its head is not frozen")
    if backbone.labels is not None:
        classes = logits.shape[1]
        require(len(backbone.labels) == classes, f"{classes} classes have {len(backbone.labels)} names")


def its_fingerprint_is_there(backbone: Backbone) -> None:
    """What features are kept by on disk: a text, and not the name alone."""
    found = cast(object, backbone.fingerprint)
    require(isinstance(found, str) and len(found) >= 8, f"its fingerprint is {found!r}")
    require(found != backbone.name, "its fingerprint is its name, so that other weights would count as the same")


BACKBONE_CHECKS: tuple[Callable[[Backbone], None], ...] = (
    features_have_their_shapes_and_norms,
    pixels_are_as_it_wants_them,
    what_is_kept_of_an_image_is_what_it_saw,
    an_image_is_the_same_in_any_batch,
    texts_are_unit_vectors_independent_of_the_batch,
    gradients_agree_with_finite_differences,
    inputs_of_another_kind_are_refused,
    images_of_any_shape_and_mode_are_taken,
    it_pickles,
    devices_agree,
    memory_mapped_pixels_are_the_same,
    a_trained_head_reads_visual_features,
    its_fingerprint_is_there,
)
"""Every check of `backbone_contract`."""


def _tolerance(backbone: Backbone) -> float:
    """How far an image may be from itself: a GPU rounds to 10 bits in convolutions, in other ways in other batches."""
    return 1e-4 if backbone.device.type == "cpu" and backbone.dtype == torch.float32 else 2e-2
