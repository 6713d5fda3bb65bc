"""What it takes to repeat an attack or a synthesis of one image, and what was mined, as plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from PIL import Image

from ood_studio.attacks.quality import quality
from ood_studio.core.versions import versions
from ood_studio.data.keyed_images import image_key
from ood_studio.data.pixels import to_pixels
from ood_studio.labels.negmining import PARTS_OF_SPEECH, NegativeLabels
from ood_studio.studio.attack_image import AttackImageStep
from ood_studio.studio.requests import AttackImageRequest, SynthesizeImageRequest
from ood_studio.studio.synthesize_image import SynthesizeImageStep
from ood_studio.studio.workbench import LabelSpace


def labels_record(mined: NegativeLabels, space: LabelSpace) -> dict[str, Any]:
    """Negative labels with their distances to the ID labels, furthest first, and what the ID labels are."""
    found = zip(mined.words, mined.pos, mined.distances.tolist(), strict=True)
    rows = [
        {"rank": rank, "word": word, "pos": PARTS_OF_SPEECH[pos], "distance": distance}
        for rank, (word, pos, distance) in enumerate(found, 1)
    ]
    return {"results": rows, "labels": list(space.id_labels), "notes": list(space.notes)}


def attack_record(
    request: AttackImageRequest, source: Image.Image, target: Image.Image | None, last: AttackImageStep
) -> dict[str, Any]:
    """An attack on one image, and what came of it.

    Args:
        request: as it was asked for.
        source, target: the images given; their keys are hashes of mode, size and pixels.
        last: where it ended.
    """
    figures = quality(to_pixels([last.original]), to_pixels([last.image]))[0]
    plain = {name: None if math.isinf(value) else value for name, value in asdict(figures).items()}
    return {
        "versions": versions(),
        "model": dict(last.model),
        "request": asdict(request),
        "source": image_key(source),
        "target": None if target is None else image_key(target),
        "steps_done": last.step,
        "size": list(last.image.size),
        "smoothness_at_this_size": last.weight,
        "similarity": last.similarity,
        "quality": plain,
        "readings": [asdict(reading) for reading in last.readings],
        "picture": image_key(last.image),
        "note": last.note,
    }


def synthesis_record(
    request: SynthesizeImageRequest, words: Sequence[str], steps: Sequence[SynthesizeImageStep]
) -> dict[str, Any]:
    """A synthesis, and what came of each iteration."""
    return {
        "versions": versions(),
        "model": dict(steps[-1].model) if steps else {},
        "request": asdict(request),
        "contexts": list(words),
        "iterations": [
            {
                "iteration": step.iteration,
                "value": step.value,
                "energy": step.energy,
                "negative_label": step.negative.label,
                "scores": {reading.title: reading.value for reading in step.readings},
                "inside": {reading.title: reading.inside for reading in step.readings},
            }
            for step in steps
        ],
    }
