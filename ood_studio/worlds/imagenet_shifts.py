"""ImageNet's classes seen otherwise: V2, A, R, Sketch and ObjectNet, as their authors lay them out."""

from __future__ import annotations

import json
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.data.public import Labels, PublicDataset
from ood_studio.data.sources import open_dataset
from ood_studio.worlds.imagenet import imagenet_lemmas, imagenet_synsets

CLASSES = 1000
MAPPING, FOLDERS = "mappings/objectnet_to_imagenet_1k.json", "mappings/folder_to_objectnet_label.json"
"""What ObjectNet brings along beside its images."""


def _read_synsets(dataset: PublicDataset, root: Path, path: Path, labels: Labels) -> Dataset:
    """Class folders are called by WordNet ids, of some or all of the classes; labels index all 1,000."""
    found = open_dataset(str(path), name=dataset.name, labels=imagenet_synsets())
    if found.labels is None:
        raise StudioError(f"{path} has no class folders called by ImageNet's WordNet ids")
    return found


def _read_numbers(dataset: PublicDataset, root: Path, path: Path, labels: Labels) -> Dataset:
    """Class folders are called by the numbers 0 to 999, as those of ImageNet-V2."""
    found = open_dataset(str(path), name=dataset.name, labels=tuple(map(str, range(CLASSES))))
    if found.labels is None:
        raise StudioError(f"{path} has no class folders called 0 to 999")
    return found


def _read_objectnet(dataset: PublicDataset, root: Path, path: Path, labels: Labels) -> Dataset:
    """Class folders in plain words; what they are in ImageNet stands in the mappings beside them.

    Images of classes that are none of ImageNet's, or several of them, have no label: those say so in the notes.
    """
    try:
        mapping = json.loads((path.parent / MAPPING).read_text(encoding="utf-8"))
        folders = json.loads((path.parent / FOLDERS).read_text(encoding="utf-8"))
        places = {lemma: i for i, lemma in reversed(list(enumerate(imagenet_lemmas())))}
        names = [f"-{i}-" for i in range(CLASSES)]  # no folder is called so
        several = []
        for folder, label in folders.items():
            known = [places[each.strip()] for each in mapping.get(label, "").split(";") if each.strip() in places]
            if len(known) > 1:
                several.append(folder)
            elif known:
                names[known[0]] = folder
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise StudioError(
            f"{path.parent / MAPPING} and {FOLDERS}, which ObjectNet brings along, cannot be read: {error}"
        ) from error
    found = open_dataset(str(path), name=dataset.name, labels=tuple(names))
    if several:
        note = f"{len(several):,} classes that are several of ImageNet's count in no accuracy"
        found.notes = (*found.notes, note)
    return found


_HENDRYCKS = "https://github.com/hendrycks/{} (its tar archive)"
IMAGENET_SHIFTS = (
    PublicDataset(
        "ImageNet-V2",
        "https://huggingface.co/datasets/vaishaal/ImageNetV2 (matched frequency)",
        ("imagenetv2-matched-frequency-format-val", "images_largescale/imagenet_v2", "imagenet-v2"),
        (10_000,),
        _read_numbers,
    ),
    PublicDataset(
        "ImageNet-A",
        _HENDRYCKS.format("natural-adv-examples"),
        ("imagenet-a", "images_largescale/imagenet_a"),
        (7500,),
        _read_synsets,
    ),
    PublicDataset(
        "ImageNet-R",
        _HENDRYCKS.format("imagenet-r"),
        ("imagenet-r", "images_largescale/imagenet_r"),
        (30_000,),
        _read_synsets,
    ),
    PublicDataset(
        "ImageNet-Sketch",
        "https://github.com/HaohanWang/ImageNet-Sketch",
        ("sketch", "imagenet-sketch", "ImageNet-Sketch/sketch"),
        (50_889,),
        _read_synsets,
    ),
    PublicDataset(
        "ObjectNet",
        "https://objectnet.dev/download.html (images and mappings)",
        ("objectnet-1.0/images", "objectnet/images"),
        (50_273,),
        _read_objectnet,
    ),
)
"""Labels index ImageNet-1k's classes in their usual order, -1 where an image has none of them."""
