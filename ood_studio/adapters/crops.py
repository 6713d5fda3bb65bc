"""Crops of a few images: those that show their label, and those that show anything else (KR-NFT §3.4, ID-like)."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.crop_store import CropStore
from ood_studio.adapters.few_shot import EmptyClasses, few_shot_rows, filled_classes, shot_notes
from ood_studio.adapters.material import Material
from ood_studio.backbones import Backbone
from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.core.progress import Progress, heard, silent
from ood_studio.data.dataset import Dataset

CropCount = Annotated[int, Bounds(2, 10_000, log=True, step=1, help="Random crops of each picture")]
ChosenCrops = Annotated[int, Bounds(1, 5_000, log=True, step=1, help="Crops kept, most like and least like the label")]

_SMALLEST = 0.08  # share of the image's area that a crop has at least
_ASPECT = 4 / 3
_JITTER, _JITTERED, _GREY = 0.4, 0.8, 0.2  # strength of the colour jitter, share of the crops with it, and of grey ones
_BATCH = 128
_KEEP_SECONDS = 60.0  # after which what was made is kept: what a killed fit may lose
_KEEP_FROM = 5.0  # seconds of work that are worth a file

_CROPS: KeyedCache[Crops] = KeyedCache(None, max_bytes=256 * 2**20, size=lambda found: found.nbytes)


@dataclass(frozen=True, eq=False)
class Crops:
    """Joint features of chosen crops.

    Attributes:
        positive: (m, dim) of the crops most like their label, and ``classes`` (m,) those labels.
        negative: (m, dim) of the crops of the same images least like it.
        unread: how many images could not be read.
    """

    positive: Tensor
    classes: Tensor
    negative: Tensor
    unread: int

    @property
    def nbytes(self) -> int:
        """What they take in memory."""
        return self.positive.nbytes + self.classes.nbytes + self.negative.nbytes


def few_shot_crops(
    backbone: Backbone,
    images: Dataset,
    rows: Sequence[int],
    classes: Tensor,
    class_text: Tensor,
    *,
    crops: int,
    chosen: int,
    seed: int,
    progress: Progress = silent,
) -> Crops:
    """Random crops of some images with colour jitter and some in grey, the nearest and furthest of their labels.

    A crop has 8 to 100 % of its image's area and an aspect of 3:4 to 4:3; four in five are changed in brightness,
    contrast and saturation by up to 40 %, one in five is grey. They depend on the seed and the image alone, not on the
    other images. What was made is kept in memory for the next fit; what takes long is kept on disk as it comes, every
    minute and where it is stopped.

    Args:
        backbone: whose joint features are compared.
        images: the dataset.
        rows: which of its images.
        classes: (rows,) their classes.
        class_text: (labels, dim) what crops are compared with: the paper takes "a photo of a ⟨label⟩".
        crops: P, of each image.
        chosen: Q, of each kind of an image's crops.
        seed: of the crops.
        progress: told the images; may raise to stop.

    Raises:
        StudioError: if no image can be read.
        Stopped: as ``progress`` raises it.
    """
    text = functional.normalize(class_text.detach().float().cpu(), dim=1)
    content = (images.key, tuple(rows), tuple(classes.tolist()), float(text.double().sum()), text.shape)

    def make() -> Crops:
        images.prepare(progress)
        labels = classes.tolist()
        store = CropStore([backbone.fingerprint, content, crops, chosen, seed])
        kept = store.parts()
        best, worst = ([part[side] for part in kept if part[side].numel()] for side in ("positive", "negative"))
        read = [bool(each) for part in kept for each in part["read"].tolist()]
        fresh = _Fresh(store, len(read))
        try:
            for done in range(len(read), len(rows)):
                with heard(progress) as report:
                    report("cropping pictures", done, len(rows))
                    try:
                        image = images.load(rows[done])
                    except StudioError:
                        fresh.add(None, None)
                        continue
                    features = _crop_features(backbone, image, crops, seed * 1_000_003 + rows[done])
                order = (features @ text[labels[done]]).argsort(descending=True, stable=True)
                fresh.add(features[order[:chosen]], features[order[-chosen:]])
        finally:
            fresh.end()
        best, worst, read = best + fresh.best, worst + fresh.worst, read + fresh.read
        if not best:
            raise StudioError(f"none of the {len(rows)} pictures to crop can be read")
        of = [label for label, there in zip(labels, read, strict=True) if there for _ in range(chosen)]
        return Crops(torch.cat(best), torch.tensor(of), torch.cat(worst), read.count(False))

    key = (backbone.fingerprint, content, crops, chosen, seed)
    return _CROPS.get(key, make, lambda: progress("cropping pictures", 0, len(rows)))


class _Fresh:
    """Crops as they are made, and how far they are kept."""

    def __init__(self, store: CropStore, done: int) -> None:
        self.best: list[Tensor] = []
        self.worst: list[Tensor] = []
        self.read: list[bool] = []
        self._store, self._first = store, done
        self._kept = self._kept_rows = 0
        self._since = time.monotonic()

    def add(self, best: Tensor | None, worst: Tensor | None) -> None:
        """Those of one image more; None where it could not be read."""
        if best is not None and worst is not None:
            self.best.append(best)
            self.worst.append(worst)
        self.read.append(best is not None)
        if time.monotonic() - self._since > _KEEP_SECONDS:
            self._keep()

    def end(self) -> None:
        """Keeps the rest, where it took more than a few seconds or others are kept already."""
        if self._kept or self._first or time.monotonic() - self._since > _KEEP_FROM:
            self._keep()

    def _keep(self) -> None:
        rows = slice(self._kept_rows, None)
        self._store.keep(self._first + self._kept, self.best[rows], self.worst[rows], self.read[self._kept :])
        self._kept, self._kept_rows, self._since = len(self.read), len(self.best), time.monotonic()


class FromCrops(Protocol):
    """Hyper-parameters of an adapter that learns from crops of a few images, see `few_shot_crops`.

    Attributes:
        shots: images of each class; None = all.
        crops, chosen: P and Q.
        empty_classes: what to do about classes without an image.
    """

    @property
    def title(self) -> str: ...
    @property
    def shots(self) -> int | None: ...
    @property
    def crops(self) -> int: ...
    @property
    def chosen(self) -> int: ...
    @property
    def empty_classes(self) -> EmptyClasses: ...


def check_crops(adapter: FromCrops) -> None:
    """Checks that no crop would be of both kinds, and that the text of every label stays.

    Raises:
        StudioError: where that is not so.
    """
    if 2 * adapter.chosen > adapter.crops:
        raise StudioError(f"chosen must be at most half of crops, {adapter.crops // 2}, not {adapter.chosen}")
    if adapter.empty_classes == "leave-out":
        raise StudioError(f"{adapter.title} keeps the text of every label: empty_classes must be keep or refuse")


def material_crops(
    adapter: FromCrops, backbone: Backbone, material: Material, seed: int, progress: Progress = silent
) -> tuple[Crops, tuple[str, ...]]:
    """`few_shot_crops` of a few images of each class, drawn by the seed, and what to say about them.

    Args:
        adapter: what learns from them.
        material: with targets, class_text and images.

    Raises:
        StudioError: as `filled_classes` and `few_shot_crops`.
    """
    assert material.targets is not None and material.class_text is not None and material.images is not None
    targets = material.targets.cpu().long()
    rows = few_shot_rows(targets, len(material.labels), adapter.shots, seed)
    _, notes = filled_classes(targets[rows], material.labels, adapter.empty_classes)
    found = few_shot_crops(
        backbone,
        material.images,
        rows.tolist() if material.rows is None else material.rows[rows.numpy()].tolist(),
        targets[rows],
        material.class_text,
        crops=adapter.crops,
        chosen=adapter.chosen,
        seed=seed,
        progress=progress,
    )
    notes = (*shot_notes(targets, material.labels, adapter.shots), *notes)
    if found.unread:
        notes = (*notes, f"{found.unread} of {len(rows)} images could not be read, and are left out.")
    return found, notes


def crop_boxes(width: int, height: int, count: int, generator: torch.Generator) -> list[tuple[int, int, int, int]]:
    """Random boxes (left, top, right, bottom) inside an image."""
    draws = torch.rand(count, 4, generator=generator, dtype=torch.float64).tolist()
    boxes = []
    for area, shape, across, down in draws:
        pixels = width * height * (_SMALLEST + (1 - _SMALLEST) * area)
        aspect = math.exp((2 * shape - 1) * math.log(_ASPECT))
        wide = min(width, max(1, round(math.sqrt(pixels * aspect))))
        high = min(height, max(1, round(math.sqrt(pixels / aspect))))
        left, top = round(across * (width - wide)), round(down * (height - high))
        boxes.append((left, top, left + wide, top + high))
    return boxes


def jittered(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """(n, 3, height, width) in [0, 1], most of them in other colours and some in grey."""
    factors = 1 + _JITTER * (2 * torch.rand(3, len(pixels), 1, 1, 1, generator=generator) - 1)
    chances = torch.rand(2, len(pixels), 1, 1, 1, generator=generator)
    bright = (pixels * factors[0]).clamp(0, 1)
    middle = _grey(bright).mean(dim=(2, 3), keepdim=True)
    contrast = (middle + (bright - middle) * factors[1]).clamp(0, 1)
    grey = _grey(contrast)
    changed = torch.where(chances[0] < _JITTERED, (grey + (contrast - grey) * factors[2]).clamp(0, 1), pixels)
    return torch.where(chances[1] < _GREY, _grey(changed).expand_as(changed), changed)


def _grey(pixels: Tensor) -> Tensor:
    red, green, blue = pixels[:, :1], pixels[:, 1:2], pixels[:, 2:]
    return 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601


@torch.no_grad()
def _crop_features(backbone: Backbone, image: Image.Image, count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed % 2**63)
    boxes = crop_boxes(*image.size, count, generator)
    parts = []
    for start in range(0, count, _BATCH):
        pixels = jittered(backbone.preprocess([image.crop(box) for box in boxes[start : start + _BATCH]]), generator)
        joint = backbone.encode_image(pixels).joint
        if joint is None:
            raise StudioError(f"{backbone.name} has no text tower, so it cannot compare crops with labels")
        parts.append(joint.float().cpu())
    return torch.cat(parts)
