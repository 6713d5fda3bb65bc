"""Attacked sets on disk: a folder of lossless pictures and a manifest that says how each was made."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ood_studio import __version__
from ood_studio.attacks.feature import AttackStep, FeatureAttack, Objective
from ood_studio.attacks.quality import Quality, mean_quality, quality
from ood_studio.backbones.base import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.html import bold, stacked
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.galleries import file_gallery
from ood_studio.data.pixels import to_images, to_pixels

MANIFEST = "manifest.json"
_BATCH = 32


@dataclass(frozen=True)
class AttackedSet:
    """An attacked set; its pictures are the PNG files in ``folder``, at the model's input size.

    Attributes:
        name: for people and rows.
        folder: where it lies; ``bench --ood-data NAME=FOLDER`` takes it.
        source: the name of the set attacked.
        backbones: the models attacked.
        target: what the features were pulled to.
        attack: the parameters, as in `FeatureAttack`; ``step`` after how many steps the pictures were kept.
        step: see ``attack``.
        count: how many pictures.
        similarity: mean of what was maximised, before rounding to 8 bits.
        quality: means over the pictures, after rounding to 8 bits.
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
    key: str,
    target: str,
    targets: Sequence[str],
    checkpoints: Collection[int] = (),
    progress: Progress = silent,
) -> tuple[AttackedSet, ...]:
    """Attacks every picture of a set, rounds to 8 bits and saves; a set that is there already is only read.

    Args:
        name: of the set.
        source: the pictures; those that cannot be read are left out.
        objectives_for: the objectives for pictures of the source, by their indices; the first backbone prepares them.
        attack: its parameters.
        key: of everything else that decides the result: models, targets.
        target: the kind of target.
        targets: for each picture of the source what it is pulled to, for the manifest.
        checkpoints: steps before the last at which a set is kept too.
        progress: told pictures times steps; `Stopped` raised in it leaves nothing behind.

    Returns:
        The set at every checkpoint, in order, and at the end.

    Raises:
        StudioError: if no picture can be read, or the disk refuses.
    """
    kept = sorted({each for each in checkpoints if 0 <= each < attack.steps} | {attack.steps})
    whole = json.dumps([key, source.key, len(source), asdict(attack), kept, __version__])
    digest = hashlib.sha256(whole.encode()).hexdigest()[:12]
    names = {step: name if step == attack.steps else f"{name}, step {step}" for step in kept}
    folders = {step: cache_dir() / "attacks" / f"{_slug(names[step])}-{digest}" for step in kept}
    found = [_read(folder) for folder in folders.values()]
    if all(found):
        return tuple(each for each in found if each is not None)
    scratch = {step: folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp") for step, folder in folders.items()}
    entries: dict[int, list[dict[str, Any]]] = {step: [] for step in kept}
    backbones: tuple[str, ...] = ()
    try:
        for folder in scratch.values():
            folder.mkdir(parents=True)
        source.prepare(progress)
        for start in range(0, len(source), _BATCH):
            rows = range(start, min(start + _BATCH, len(source)))
            objectives = objectives_for(rows)
            backbones = tuple(aim.backbone.name for aim in objectives)
            good, pixels = _prepared(objectives[0].backbone, source, rows)
            if not good:
                continue
            if len(good) < len(rows):
                objectives = objectives_for(good)
            for step in attack.run(pixels, objectives, every=math.gcd(*kept, 10)):
                here = start * attack.steps + step.step * len(rows)
                progress(f"attacking {name}", here, len(source) * attack.steps)
                if step.step in kept:
                    said = [targets[i] for i in good]
                    entries[step.step] += _write(scratch[step.step], source, good, pixels, step, said)
        if not entries[attack.steps]:
            raise StudioError(f"no picture of {source.name} can be read")
        made = []
        for count, folder in folders.items():
            each = entries[count]
            about = {
                "name": names[count],
                "source": source.name,
                "backbones": backbones,
                "target": target,
                "attack": asdict(attack),
                "step": count,
                "version": __version__,
                "pictures": each,
            }
            (scratch[count] / MANIFEST).write_text(json.dumps(about, indent=1, allow_nan=False), encoding="utf-8")
            with suppress(OSError):  # another process made it meanwhile
                shutil.rmtree(folder, ignore_errors=True)
                os.replace(scratch[count], folder)
            read = _read(folder)
            if read is None:
                raise StudioError(f"the attacked set could not be kept in {folder}")
            made.append(read)
        return tuple(made)
    except OSError as error:
        raise StudioError(f"the attacked set could not be kept ({error.strerror or error})") from error
    finally:
        for folder in scratch.values():
            shutil.rmtree(folder, ignore_errors=True)


def attacked_sets() -> list[AttackedSet]:
    """Every attacked set in the cache, the newest first."""
    folders = [path.parent for path in (cache_dir() / "attacks").glob(f"[!.]*/{MANIFEST}")]
    folders.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    return [found for folder in folders if (found := _read(folder)) is not None]


def _prepared(backbone: Backbone, source: Dataset, rows: Sequence[int]) -> tuple[list[int], torch.Tensor]:
    good, pictures = [], []
    for i in rows:
        with suppress(StudioError, OSError):
            pictures.append(source.load(i))
            good.append(i)
    return good, backbone.preprocess(pictures)


def _write(
    folder: Path,
    source: Dataset,
    rows: Sequence[int],
    original: torch.Tensor,
    step: AttackStep,
    targets: Sequence[str],
) -> list[dict[str, Any]]:
    pictures = to_images(step.pixels)
    figures = quality(original, to_pixels(pictures))
    entries = []
    for i, picture, target, near, figure in zip(
        rows, pictures, targets, step.similarity.tolist(), figures, strict=True
    ):
        file = f"{i:06d}.png"
        picture.save(folder / file)
        plain = {name: None if math.isinf(value) else value for name, value in asdict(figure).items()}
        entries.append(
            {"file": file, "source": source.caption(i), "target": target, "similarity": near, "quality": plain}
        )
    return entries


def _read(folder: Path) -> AttackedSet | None:
    """The set in a folder; None where there is none, or a damaged one."""
    try:
        about = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        entries = about["pictures"]
        figures = [
            Quality(**{name: math.inf if value is None else value for name, value in entry["quality"].items()})
            for entry in entries
        ]
        if not all((folder / entry["file"]).is_file() for entry in entries):
            return None
        return AttackedSet(
            about["name"],
            folder,
            about["source"],
            tuple(about["backbones"]),
            about["target"],
            about["attack"],
            about["step"],
            len(entries),
            sum(entry["similarity"] for entry in entries) / len(entries),
            mean_quality(figures),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _slug(name: str) -> str:
    plain = name.replace("λ", "lambda").replace("∞", "inf").replace("/", " of ")
    return re.sub(r"[^A-Za-z0-9.]+", "-", plain).strip("-")
