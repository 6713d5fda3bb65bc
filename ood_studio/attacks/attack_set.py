"""Attacked sets: image sets of a source attacked in one way, resumable, with a line on how each image was changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ood_studio import __version__
from ood_studio.attacks.feature import AttackStep, FeatureAttack
from ood_studio.attacks.objective import Objective
from ood_studio.attacks.quality import Quality, mean_quality, quality
from ood_studio.backbones.base import Backbone
from ood_studio.backbones.framing import framed
from ood_studio.backbones.graph_memory import graph_bytes
from ood_studio.core.disk import touch
from ood_studio.core.errors import StudioError
from ood_studio.core.html import bold, stacked
from ood_studio.core.memory import OutOfMemory
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.galleries import file_gallery
from ood_studio.data.image_sets import ImageSet, bound_sets, image_sets, read_set, set_folder
from ood_studio.data.pixels import to_images, to_pixels
from ood_studio.data.set_writer import UNREADABLE, SetImage, SetWriter
from ood_studio.hub.device import working_memory

_BATCH = 32  # images attacked together


@dataclass(frozen=True)
class AttackedSet:
    """A finished attacked set; its images are the PNG files in ``folder``, at the size at which the
    model's preprocessing only cuts them: for most models that of its input, see `framed`.

    Attributes:
        name: for people and rows.
        folder: where it lies; ``bench --ood-data NAME=FOLDER`` takes it.
        source: the name of the dataset attacked.
        backbones: the models attacked.
        target: what the features were pulled to.
        attack: the parameters, as in `FeatureAttack`.
        step: after how many steps the images were kept.
        count: how many images.
        similarity: mean of what was maximised, before rounding to 8 bits.
        quality: means over the images, after rounding to 8 bits.
    """

    name: str
    folder: Path
    source: str
    backbones: tuple[str, ...]
    target: str
    attack: dict[str, Any]
    step: int
    count: int
    similarity: float
    quality: Quality

    def _repr_html_(self) -> str:
        changed = (
            f"{self.count:,} images of {self.source}, pulled to {self.target}; similarity {self.similarity:.3f}, "
            f"PSNR {self.quality.psnr:.1f} dB, SSIM {self.quality.ssim:.3f}"
        )
        return stacked(bold(self.name), changed, file_gallery(sorted(self.folder.glob("*.png"))))


def attack_sets(
    name: str,
    source: Dataset,
    objectives_for: Callable[[Sequence[int]], list[Objective]],
    attack: FeatureAttack,
    *,
    backbones: Sequence[str],
    key: str,
    target: str,
    targets: Sequence[str],
    checkpoints: Collection[int] = (),
    origin: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> tuple[AttackedSet, ...]:
    """Attacks every image of a dataset, rounds to 8 bits and keeps it; a set that is there already is only read.

    What an interrupted run has finished stays, and the same call goes on from there. As many images are attacked
    together as fit into the memory of one piece of work, at most 32, and fewer where that turns out to be too many.

    Args:
        name: of the set.
        source: the images; those that cannot be read are left out.
        objectives_for: the objectives for images of the source, by their indices; the first backbone prepares them.
        attack: its parameters.
        backbones: the names of the models attacked.
        key: of everything else that decides the result: models, targets.
        target: the kind of target.
        targets: for each image of the source what it is pulled to, for the manifest.
        checkpoints: steps before the last at which a set is kept too.
        origin: the request that the sets are made by, see `ImageSet`.
        progress: told images times steps, before every step; may raise to stop.

    Returns:
        The set at every checkpoint, in order, and at the end.

    Raises:
        StudioError: if no image can be read, or the disk refuses.
    """
    kept = sorted({each for each in checkpoints if 0 <= each < attack.steps} | {attack.steps})
    names = {step: name if step == attack.steps else f"{name}, step {step}" for step in kept}
    content = [key, source.key, len(source), asdict(attack), kept, __version__]
    folders = {step: set_folder("attacks", names[step], content) for step in kept}
    found = [_finished(read_set(folder)) for folder in folders.values()]
    if all(found):
        for folder in folders.values():
            touch(folder)
        return tuple(each for each in found if each is not None)
    about = {
        "source": source.name,
        "backbones": list(backbones),
        "target": target,
        "attack": asdict(attack),
        "content": content,
    }
    with ExitStack() as opened:
        writers = {
            step: opened.enter_context(
                SetWriter(names[step], folders[step], len(source), about | {"step": step}, origin)
            )
            for step in kept
        }
        left_out = 0
        source.prepare(progress)
        stage, total = f"attacking {name}", len(source) * attack.steps
        batch = images_at_once(objectives_for([0]), attack)

        def attacked(rows: Sequence[int], start: int) -> int:
            """Attacks some images, and gives how many of them could not be read."""
            if all(row in writer for writer in writers.values() for row in rows):
                return 0
            objectives = objectives_for(rows)
            good, pixels = _prepared(objectives[0].backbone, source, rows)
            lost = len(rows) - len(good)
            if all(row in writer for writer in writers.values() for row in good):
                return lost
            if lost:
                objectives = objectives_for(good)

            def on_step(step: int) -> None:
                progress(stage, start * attack.steps + step * len(rows), total)

            try:
                for step in attack.run(pixels, objectives, every=math.gcd(*kept, 10), on_step=on_step):
                    if step.step in kept:
                        _keep(writers[step.step], source, good, pixels, step, targets)
                return lost
            except OutOfMemory:
                if len(good) < 2:
                    raise
            middle = len(good) // 2
            return lost + attacked(good[:middle], start) + attacked(good[middle:], start + middle)

        for start in range(0, len(source), batch):
            left_out += attacked(range(start, min(start + batch, len(source))), start)
        progress(stage, total, total)
        whole = [_finished(writer.finish({UNREADABLE: left_out} if left_out else {})) for writer in writers.values()]
    bound_sets("attacks", keep=folders[attack.steps])
    return tuple(each for each in whole if each is not None)


def images_at_once(objectives: Sequence[Objective], attack: FeatureAttack) -> int:
    """How many images are attacked together: as many as what autograd keeps of them fits, from 1 to 32."""
    draws = attack.draws if attack.robust else 1
    try:
        each = sum(graph_bytes(objective.backbone) for objective in objectives) * draws
    except OutOfMemory:  # of two
        return 1
    return max(1, min(_BATCH, working_memory(objectives[0].backbone.device) // each))


def attacked_sets() -> list[AttackedSet]:
    """Every finished attacked set in the cache, the newest first."""
    return [found for each in image_sets("attacks") if (found := _finished(each)) is not None]


def _prepared(backbone: Backbone, source: Dataset, rows: Sequence[int]) -> tuple[list[int], torch.Tensor]:
    good, images = [], []
    for i in rows:
        with suppress(StudioError, OSError):
            images.append(source.load(i))
            good.append(i)
    return good, framed(backbone, images)


def _keep(
    writer: SetWriter,
    source: Dataset,
    rows: Sequence[int],
    original: torch.Tensor,
    step: AttackStep,
    targets: Sequence[str],
) -> None:
    """Keeps the images of a batch that are not there yet."""
    images = to_images(step.pixels)
    figures = quality(original, to_pixels(images))
    for row, image, similarity, figure in zip(rows, images, step.similarity.tolist(), figures, strict=True):
        if row not in writer:
            plain = {name: None if math.isinf(value) else value for name, value in asdict(figure).items()}
            about = {"source": source.caption(row), "target": targets[row], "similarity": similarity, "quality": plain}
            writer.keep(row, SetImage(image, about))


def _finished(found: ImageSet | None) -> AttackedSet | None:
    """What is known of a finished set; None for one that is unfinished, or of another kind."""
    if found is None or not found.complete or not found.entries:
        return None
    try:
        figures = [
            Quality(**{name: math.inf if value is None else value for name, value in entry["quality"].items()})
            for entry in found.entries
        ]
        about = found.parameters
        return AttackedSet(
            found.name,
            found.folder,
            about["source"],
            tuple(about["backbones"]),
            about["target"],
            about["attack"],
            about["step"],
            len(found.entries),
            sum(entry["similarity"] for entry in found.entries) / len(found.entries),
            mean_quality(figures),
        )
    except (KeyError, TypeError, AttributeError):
        return None
