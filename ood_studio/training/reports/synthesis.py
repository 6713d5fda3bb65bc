"""What the bundled autoencoder, inpainting network and classifier can do, and what the near-boundary loop comes to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.progress import Bars
from ood_studio.data.pixels import to_images
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import DrawnSplit, load_split
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.studio import Studio, SynthesizeImageRequest
from ood_studio.synthesis.baselines import negative_label_pictures
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.synthesis.classifier_models import load_classifier
from ood_studio.synthesis.guides import EnergyGuide, Watch
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.training.scene_cache import box_of, to_tensor

_AT_ONCE = 20


@dataclass(frozen=True)
class SynthesisReport:
    """What to measure.

    Attributes:
        seed: of the fresh scenes; no bundled model was trained on any scene of the split ``id-test``.
        count: scenes.
        sheet: a contact sheet of 24 originals and results to write.
        device: ``auto`` or a torch device.
    """

    seed: int = 1
    count: int = 200
    sheet: Path | None = None
    device: str = "auto"


@dataclass(frozen=True)
class SynthesisFigures:
    """What was measured; shares in [0, 1].

    Attributes:
        psnr, psnr_box: of the autoencoder in dB, whole pictures and inside the main object's box.
        real, coded: accuracy of the classifier on pictures, and on what the autoencoder makes of them.
        gone: share of unguided inpaintings in which the classifier no longer finds the object; ``gone_drawn`` of
            the scenes drawn anew without it: it always names some class, and now and then just this one.
        place_before, place: share of the scenes, and of the unguided inpaintings, whose place Diorama-CLIP names.
        asked: share of pictures painted at strength 1 in which the classifier finds the object that was asked for.
        energies: mean energy in every iteration; ``random`` likewise for random directions of the same size.
        risen, risen_random: share whose energy is higher (less ID) in the last iteration than unguided.
        neglabel: mean NegLabel score in every iteration; ``neglabel_id`` and ``neglabel_far`` of the scenes, and of
            far-OOD pictures.
        seconds: of one picture alone, all iterations.
    """

    psnr: float
    psnr_box: float
    real: float
    coded: float
    gone: float
    gone_drawn: float
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


def measure_synthesis(studio: Studio, report: SynthesisReport) -> tuple[SynthesisFigures, Image.Image]:
    """The figures, and a contact sheet: originals over results.

    Raises:
        StudioError: if a bundled model is missing.
    """
    request = SynthesizeImageRequest()
    bars = Bars(quiet=False)
    inpainter = studio.inpainter(request)
    classifier = load_classifier(device=report.device)
    guide = EnergyGuide(classifier)
    scenes = load_split("id-test", report.seed, report.count)
    pixels = to_tensor(scenes.pixels)
    bare = to_tensor(np.stack([np.asarray(render(replace(scene, main=None, others=()))) for scene in scenes.scenes]))
    labels = torch.from_numpy(scenes.labels)
    psnr, psnr_box, coded = _autoencoder(inpainter, scenes, pixels)
    pictures = to_images(pixels)
    contexts = studio.contexts(request, pictures, [ID_CLASSES[i] for i in labels.tolist()], bars)
    prompts = [", ".join(found.words) or "nothing" for found in contexts]
    space = studio.label_space(request.labels)
    neglabel = request.score.fit(space.reference())
    watch = Watch(space.backbone, {"neglabel": neglabel})
    loop = request.loop
    guided = _run(loop, inpainter, guide, pixels, prompts, watch, bars)
    drifted = _run(replace(loop, direction="random"), inpainter, guide, pixels, prompts, watch, bars)
    plain = guided.pixels[0]
    far = to_tensor(load_split("far-ood-scenes", report.seed, report.count).pixels)
    textures = to_tensor(load_split("far-ood-textures", report.seed, report.count).pixels)
    names = [ID_CLASSES[i % len(ID_CLASSES)] for i in range(report.count)]
    asked = torch.cat(
        [
            negative_label_pictures(
                inpainter,
                names[i : i + _AT_ONCE],
                guidance=loop.guidance,
                seeds=range(i, min(i + _AT_ONCE, len(names))),
            )
            for i in range(0, len(names), _AT_ONCE)
        ]
    )
    wanted = torch.tensor([ID_CLASSES.index(name) for name in names])
    began = time.perf_counter()
    for _ in loop.run(inpainter, guide, pixels[:1], prompts[:1], watch=watch):
        pass
    seconds = time.perf_counter() - began
    bars.close()
    places = [scene.place for scene in scenes.scenes]
    figures = SynthesisFigures(
        psnr=psnr,
        psnr_box=psnr_box,
        real=_share(_found(guide, pixels) == labels),
        coded=_share(_found(guide, coded) == labels),
        gone=_share(_found(guide, plain) != labels),
        gone_drawn=_share(_found(guide, bare) != labels),
        place_before=_share(_places(space.backbone, pixels, places)),
        place=_share(_places(space.backbone, plain, places)),
        asked=_share(_found(guide, asked) == wanted),
        energies=guided.energies(),
        random=drifted.energies(),
        risen=_share(guided.energy[-1] > guided.energy[0]),
        risen_random=_share(drifted.energy[-1] > drifted.energy[0]),
        neglabel=tuple(float(each.mean()) for each in guided.neglabel),
        neglabel_id=float(watch(pixels)["neglabel"].mean()),
        neglabel_far=float(torch.cat([watch(each)["neglabel"] for each in (far, textures)]).mean()),
        seconds=seconds,
    )
    return figures, contact_sheet(pixels[:24], [each[:24] for each in guided.pixels])


@dataclass(frozen=True, eq=False)
class _Runs:
    """By iteration: pictures, energies and NegLabel scores."""

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
) -> _Runs:
    """The loop over all pictures, each with a noise of its own."""
    parts: list[list[tuple[Tensor, Tensor, Tensor]]] = []
    for start in range(0, len(pixels), _AT_ONCE):
        bars("near-boundary pictures", start, len(pixels))
        stop = min(start + _AT_ONCE, len(pixels))
        found = loop.run(
            inpainter, guide, pixels[start:stop], prompts[start:stop], seeds=range(start, stop), watch=watch
        )
        parts.append([(step.pixels, -step.score, step.scores["neglabel"]) for step in found])
    columns = [[torch.cat([part[i][j] for part in parts]) for i in range(len(parts[0]))] for j in range(3)]
    return _Runs(*columns)


def synthesis_figures(found: SynthesisFigures, report: SynthesisReport) -> str:
    """The figures as Markdown."""
    rows: Mapping[str, tuple[str, str]] = {
        "autoencoder, PSNR over whole pictures": ("≥ 30 dB", f"{found.psnr:.1f} dB"),
        "autoencoder, PSNR inside the object's box": ("≥ 26 dB", f"{found.psnr_box:.1f} dB"),
        "inpainting from contexts, object no longer found": (
            "≥ 90 %",
            f"{found.gone:.1%} (drawn without it {found.gone_drawn:.1%})",
        ),
        "inpainting from contexts, place kept": (
            "≥ 90 %",
            f"{found.place:.1%} (of the scenes {found.place_before:.1%})",
        ),
        "object prompt at strength 1, object found": ("≥ 60 %", f"{found.asked:.1%}"),
        "classifier on pictures": ("≥ 95 %", f"{found.real:.1%}"),
        "classifier on autoencoded pictures": ("≥ 88 %", f"{found.coded:.1%}"),
        "energy higher in the last iteration than unguided": ("≥ 90 %", f"{found.risen:.1%}"),
        "the same along random directions of the same size": ("", f"{found.risen_random:.1%}"),
        "mean energy by iteration, unguided first": ("rising", _numbers(found.energies)),
        "the same along random directions": ("", _numbers(found.random)),
        "mean NegLabel score by iteration": (
            f"{found.neglabel_far:.3f} (far OOD) to {found.neglabel_id:.3f} (ID)",
            _numbers(found.neglabel, 3),
        ),
        "one picture, all iterations": ("≤ 20 s", f"{found.seconds:.1f} s"),
    }
    lines = [
        f"{report.count:,} fresh ID scenes, seed {report.seed}; "
        "from `python -m ood_studio.training.reports synthesis`.",
        "",
        "| measure | wanted | found |",
        "|---|---|---|",
        *(f"| {name} | {wanted} | {value} |" for name, (wanted, value) in rows.items()),
    ]
    return "\n".join(lines)


def contact_sheet(originals: Tensor, iterations: Sequence[Tensor], columns: int = 12, zoom: int = 2) -> Image.Image:
    """Originals, and under each its unguided picture and all iterations."""
    rows = [to_images(each) for each in (originals, *iterations)]
    size = originals.shape[-1] * zoom
    bands = -(-len(originals) // columns)
    gap = 8
    sheet = Image.new("RGB", (columns * size, bands * (len(rows) * size + gap)), "white")
    for i in range(len(originals)):
        for j, row in enumerate(rows):
            at = (i % columns * size, i // columns * (len(rows) * size + gap) + j * size)
            sheet.paste(row[i].resize((size, size), Image.Resampling.BICUBIC), at)
    return sheet


@torch.no_grad()
def _autoencoder(inpainter: Inpainter, scenes: DrawnSplit, pixels: Tensor) -> tuple[float, float, Tensor]:
    """PSNR over whole pictures and inside the boxes of their objects, and the pictures rounded to 8 bits."""
    parts = []
    for start in range(0, len(pixels), _AT_ONCE):
        rows = range(start, min(start + _AT_ONCE, len(pixels)))
        parts.append(inpainter.decode(inpainter.encode(pixels[rows.start : rows.stop], seeds=rows)))
    coded = (torch.cat(parts) * 255).round() / 255
    squared = (coded - pixels).square().mean(dim=1)
    boxed = []
    for scene, error in zip(scenes.scenes, squared, strict=True):
        left, top, right, bottom = box_of(scene)
        if right > left:
            boxed.append(error[top:bottom, left:right].mean())
    whole = (-10 * squared.mean(dim=(1, 2)).log10()).mean()
    return float(whole), float((-10 * torch.stack(boxed).log10()).mean()), coded


@torch.no_grad()
def _found(guide: EnergyGuide, pixels: Tensor) -> Tensor:
    """(n,) the class that the classifier names."""
    parts = []
    for part in torch.split(pixels, _AT_ONCE):
        logits = guide.read(part).logits
        assert logits is not None
        parts.append(logits.argmax(dim=1).cpu())
    return torch.cat(parts)


@torch.no_grad()
def _places(backbone: Backbone, pixels: Tensor, places: Sequence[str]) -> Tensor:
    """(n,) bool: whether the backbone, asked about all places by name, says this one."""
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


def _numbers(values: Sequence[float], digits: int = 2) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)
