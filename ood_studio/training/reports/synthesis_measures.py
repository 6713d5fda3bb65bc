"""Measures the bundled autoencoder, inpainting network and classifier, and the near-boundary loop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.progress import Bars
from ood_studio.data.pixels import to_images
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import render
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import load_split
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.studio import SynthesizeImageRequest
from ood_studio.studio.workbench import Workbench
from ood_studio.synthesis.baselines import negative_label_images
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.synthesis.classifier_models import load_classifier
from ood_studio.synthesis.context_models import load_context_model
from ood_studio.synthesis.guides import EnergyGuide, Watch
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.inpainting_models import load_inpainter
from ood_studio.training.autoencoder.task import squared_errors
from ood_studio.training.scene_cache import box_of, to_tensor

_AT_ONCE = 20


@dataclass(frozen=True)
class SynthesisFigures:
    """What was measured; shares in [0, 1].

    Attributes:
        psnr, psnr_box: of the autoencoder in dB, whole images and inside the main object's box.
        real, coded: accuracy of the classifier on images, and on their reconstructions by the autoencoder.
        removed: share of unguided inpaintings in which the classifier no longer finds the object;
            ``removed_when_absent`` of the scenes drawn anew without it: it always names some class, and now and then
            just this one.
        place_before, place: share of the scenes, and of the unguided inpaintings, whose place Diorama-CLIP names.
        asked: share of images painted at strength 1 in which the classifier finds the object that was asked for.
        energies: mean energy in every iteration; ``random`` likewise for random directions of the same size.
        risen, risen_random: share whose energy is higher (less ID) in the last iteration than unguided.
        neglabel: mean NegLabel score in every iteration; ``neglabel_id`` and ``neglabel_far`` of the scenes, and of
            far-OOD images.
        seconds: of one image alone, all iterations.
    """

    psnr: float
    psnr_box: float
    real: float
    coded: float
    removed: float
    removed_when_absent: float
    place_before: float
    place: float
    asked: float
    energies: tuple[float, ...]
    random: tuple[float, ...]
    risen: float
    risen_random: float
    neglabel: tuple[float, ...]
    neglabel_id: float
    neglabel_far: float
    seconds: float


def measure_synthesis(workbench: Workbench, seed: int, count: int) -> tuple[SynthesisFigures, list[Tensor]]:
    """The figures over fresh ID scenes, and images: the scenes, and those of every iteration.

    Raises:
        StudioError: if a bundled model is missing.
    """
    request = SynthesizeImageRequest()
    inpainter = load_inpainter(request.inpainter, workbench.device)
    guide = EnergyGuide(load_classifier(request.classifier, workbench.device))
    space = workbench.label_space(request.labels)
    watch = Watch(space.backbone, {"neglabel": request.score.fit(space.reference())})
    fresh = load_split("id-test", seed, count)
    pixels, labels = to_tensor(fresh.pixels), torch.from_numpy(fresh.labels)
    names = [ID_CLASSES[label] for label in fresh.labels.tolist()]
    with closing(Bars(quiet=False)) as bars:
        model = load_context_model(request.context_model, device=workbench.device)
        contexts = model.describe(to_images(pixels), mains=names, progress=bars)
        prompts = [", ".join(each.words) or "nothing" for each in contexts]
        guided = _run(request.loop, inpainter, guide, pixels, prompts, watch, bars)
        drifted = _run(replace(request.loop, direction="random"), inpainter, guide, pixels, prompts, watch, bars)
        bars("object prompts", 0, count)
        asked, wanted = _painted_objects(inpainter, count, request.loop.guidance)
    began = time.perf_counter()
    for _ in request.loop.run(inpainter, guide, pixels[:1], prompts[:1], watch=watch):
        pass
    seconds = time.perf_counter() - began
    coded = _reconstructed(inpainter, pixels)
    psnr, psnr_box = _psnr(pixels, coded, fresh.scenes)
    absent = np.stack([np.asarray(render(replace(scene, main=None, others=()))) for scene in fresh.scenes])
    unguided = guided.pixels[0]
    places = [scene.place for scene in fresh.scenes]
    far = [load_split(name, seed, count).pixels for name in ("far-ood-scenes", "far-ood-textures")]
    figures = SynthesisFigures(
        psnr=psnr,
        psnr_box=psnr_box,
        real=_share(_named(guide, pixels) == labels),
        coded=_share(_named(guide, coded) == labels),
        removed=_share(_named(guide, unguided) != labels),
        removed_when_absent=_share(_named(guide, to_tensor(absent)) != labels),
        place_before=_share(_names_place(space.backbone, pixels, places)),
        place=_share(_names_place(space.backbone, unguided, places)),
        asked=_share(_named(guide, asked) == wanted),
        energies=guided.energies(),
        random=drifted.energies(),
        risen=_share(guided.energy[-1] > guided.energy[0]),
        risen_random=_share(drifted.energy[-1] > drifted.energy[0]),
        neglabel=tuple(float(each.mean()) for each in guided.neglabel),
        neglabel_id=float(watch(pixels)["neglabel"].mean()),
        neglabel_far=float(torch.cat([watch(to_tensor(each))["neglabel"] for each in far]).mean()),
        seconds=seconds,
    )
    return figures, [pixels, *guided.pixels]


@dataclass(frozen=True, eq=False)
class _Iterations:
    """By iteration: images (n, 3, height, width), energies (n,) and NegLabel scores (n,)."""

    pixels: list[Tensor]
    energy: list[Tensor]
    neglabel: list[Tensor]

    def energies(self) -> tuple[float, ...]:
        return tuple(float(each.mean()) for each in self.energy)


def _run(
    loop: NearBoundary,
    inpainter: Inpainter,
    guide: EnergyGuide,
    pixels: Tensor,
    prompts: Sequence[str],
    watch: Watch,
    bars: Bars,
) -> _Iterations:
    """The loop over all images, each with a noise of its own."""
    parts: list[list[tuple[Tensor, Tensor, Tensor]]] = []
    for start in range(0, len(pixels), _AT_ONCE):
        bars("near-boundary images", start, len(pixels))
        stop = min(start + _AT_ONCE, len(pixels))
        found = loop.run(
            inpainter, guide, pixels[start:stop], prompts[start:stop], seeds=range(start, stop), watch=watch
        )
        parts.append([(step.pixels, -step.score, step.scores["neglabel"]) for step in found])
    columns = [[torch.cat([part[i][j] for part in parts]) for i in range(len(parts[0]))] for j in range(3)]
    return _Iterations(*columns)


def _painted_objects(inpainter: Inpainter, count: int, guidance: float) -> tuple[Tensor, Tensor]:
    """Images straight from prompts of ID classes, one after the other, and those classes (count,)."""
    labels = [i % len(ID_CLASSES) for i in range(count)]
    parts = []
    for start in range(0, count, _AT_ONCE):
        names = [ID_CLASSES[label] for label in labels[start : start + _AT_ONCE]]
        seeds = range(start, start + len(names))
        parts.append(negative_label_images(inpainter, names, guidance=guidance, seeds=seeds))
    return torch.cat(parts), torch.tensor(labels)


@torch.no_grad()
def _reconstructed(inpainter: Inpainter, pixels: Tensor) -> Tensor:
    """Images as the autoencoder gives them back, rounded to 8 bits."""
    parts = []
    for start in range(0, len(pixels), _AT_ONCE):
        part = pixels[start : start + _AT_ONCE]
        parts.append(inpainter.decode(inpainter.encode(part, seeds=range(start, start + len(part)))))
    return (torch.cat(parts).cpu() * 255).round() / 255


def _psnr(pixels: Tensor, coded: Tensor, scenes: Sequence[Scene]) -> tuple[float, float]:
    """Mean PSNR in dB over whole images and inside the boxes of their main objects."""
    boxes = torch.tensor([box_of(scene) for scene in scenes])
    whole, boxed = squared_errors(coded * 2 - 1, pixels * 2 - 1, boxes)
    return float((-10 * whole.log10()).mean()), float((-10 * boxed.log10()).mean())


@torch.no_grad()
def _named(guide: EnergyGuide, pixels: Tensor) -> Tensor:
    """(n,) the class that the classifier names."""
    parts = []
    for part in torch.split(pixels, _AT_ONCE):
        logits = guide.read(part).logits
        assert logits is not None
        parts.append(logits.argmax(dim=1).cpu())
    return torch.cat(parts)


@torch.no_grad()
def _names_place(backbone: Backbone, pixels: Tensor, places: Sequence[str]) -> Tensor:
    """(n,) bool: whether the backbone, asked about all places by name, names the right one."""
    names = list(PLACES)
    text = backbone.encode_text([f"a photo of a {name}" for name in names])
    wanted = torch.tensor([names.index(place) for place in places])
    parts = []
    for part in to_images(pixels):
        joint = backbone.encode_image(backbone.preprocess([part])).joint
        assert joint is not None
        parts.append((joint @ text.T).argmax(dim=1).cpu())
    return torch.cat(parts) == wanted


def _share(right: Tensor) -> float:
    return float(right.float().mean())
