"""A map of images: in-distribution, out-of-distribution and synthetic ones in one plane of a backbone's features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.embedding import planes
from ood_studio.features.images import dataset_features
from ood_studio.labels.presets import read_labels
from ood_studio.studio.requests import FeatureMapRequest
from ood_studio.studio.workbench import Workbench
from ood_studio.worlds import ReferencePart, open_reference, reference_of, references

Kind = Literal["id", "near", "far", "synthetic", "trail"]
THUMBNAIL = 64  # pixels


@dataclass(frozen=True, eq=False)
class MapGroup:
    """Images of one kind on the map.

    Attributes:
        name: for the legend.
        kind: what they are; a ``trail`` is one image's way, in its order.
        places: (n, 2).
        captions: one an image.
        thumbnails: one an image, at most `THUMBNAIL` pixels wide and high.
    """

    name: str
    kind: Kind
    places: NDArray[np.float32]
    captions: tuple[str, ...]
    thumbnails: tuple[Image.Image, ...]


@dataclass(frozen=True)
class FeatureMap:
    """All groups, and by whose features they are laid out."""

    groups: tuple[MapGroup, ...]
    backbone: str


@dataclass(frozen=True, eq=False)
class _Part:
    name: str
    kind: Kind
    features: NDArray[np.float32]
    captions: tuple[str, ...]
    thumbnails: tuple[Image.Image, ...]


class FeatureMapService:
    """Makes maps of images.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def feature_map(
        self,
        request: FeatureMapRequest,
        trail: Sequence[tuple[str, Image.Image]] = (),
        synthetic: tuple[str, Path] | None = None,
        progress: Progress = silent,
    ) -> FeatureMap:
        """ID, OOD and synthetic images in one plane.

        ID and OOD images are laid out first, and again with the synthetic ones from there: the map of the former looks
        much the same whatever is laid into it, though all take part in it alike.

        Args:
            request: which reference images, and how.
            trail: one image's way from the original to the boundary, captions and images.
            made: a synthetic set, name and folder.
            progress: told what is encoded and laid out.

        Raises:
            StudioError: for images or a model that cannot be used.
        """
        backbone = self._workbench.backbone(request.labels.backbone, progress)
        known = [self._map_part(backbone, *each, progress) for each in self._map_sets(request)]
        extra = []
        if synthetic is not None:
            pictures = open_dataset(str(synthetic[1]), name=synthetic[0], labels=())
            extra.append(self._map_part(backbone, synthetic[0], "synthetic", pictures, request.inside, progress))
        if trail:
            extra.append(_trail(backbone, trail))
        base = np.concatenate([part.features for part in known])
        added = np.concatenate([part.features for part in extra]) if extra else base[:0]
        places = planes(
            base,
            added,
            neighbours=request.neighbours,
            spread=request.spread,
            seed=request.seed,
            progress=progress,
        )
        groups, begin = [], 0
        for part in (*known, *extra):
            own = places[begin : begin + len(part.features)]
            groups.append(MapGroup(part.name, part.kind, own, part.captions, part.thumbnails))
            begin += len(own)
        return FeatureMap(tuple(groups), request.labels.backbone)

    def _map_sets(self, request: FeatureMapRequest) -> list[tuple[str, Kind, Dataset, int]]:
        if request.reference:
            own: Dataset = open_dataset(request.reference, labels=())
            own = own if len(own) <= request.inside else Subset(own, request.inside, request.seed)
            return [(f"ID: {own.name}", "id", own, request.inside)]
        found = reference_of(read_labels(request.labels.apart_from_data).labels) or references()[0]
        far = len(found.far)
        wanted: list[tuple[ReferencePart, Kind, int]] = [
            (found.id, "id", request.inside),
            (found.near, "near", request.near),
            *((part, "far", request.far * (i + 1) // far - request.far * i // far) for i, part in enumerate(found.far)),
        ]
        # The images that thresholds come from as far as they go: those are drawn and encoded already.
        return [
            (part.title, kind, open_reference(found, part, count, workers=self._workbench.workers), count)
            for part, kind, count in wanted
            if count
        ]

    def _map_part(
        self, backbone: Backbone, name: str, kind: Kind, pictures: Dataset, count: int, progress: Progress
    ) -> _Part:
        pictures.prepare(progress)  # for the thumbnails, even where the features are kept
        found = dataset_features(backbone, pictures, {"joint"}, progress)
        rows = [int(row) for row in found.rows[:count]]
        if not rows:
            raise StudioError(f"no picture of {name} can be read")
        return _Part(
            name,
            kind,
            _unit(found.joint, found.visual)[:count],
            tuple(pictures.caption(row) for row in rows),
            tuple(_thumbnail(pictures.load(row)) for row in rows),
        )


def _trail(backbone: Backbone, trail: Sequence[tuple[str, Image.Image]]) -> _Part:
    with torch.inference_mode():
        found = backbone.encode_image(backbone.preprocess([picture for _, picture in trail]))
    features = _unit(found.joint, found.visual)
    return _Part(
        "this picture, from its original on",
        "trail",
        features,
        tuple(caption for caption, _ in trail),
        tuple(_thumbnail(picture) for _, picture in trail),
    )


def _unit(joint: Tensor | None, visual: Tensor | None) -> NDArray[np.float32]:
    """(n, d) of length 1: the features that texts are compared with, or without a text tower the visual ones."""
    given = joint if joint is not None else visual
    assert given is not None
    unit: NDArray[np.float32] = torch.nn.functional.normalize(given.float().cpu(), dim=1).numpy()
    return unit


def _thumbnail(picture: Image.Image) -> Image.Image:
    small = picture.convert("RGB")
    if max(small.size) > THUMBNAIL:
        small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return small
