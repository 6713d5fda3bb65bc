"""What sets of images lack for a scorer, told with the true reason: what a file lacks is no fault of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.features.images import DatasetFeatures
from ood_studio.scorers import FittedScore, Space, parts_of


def what_lacks(images: Dataset, features: DatasetFeatures, space: Space, dim: int) -> str:
    """Why given features of a set cannot be read in a space of ``dim`` dimensions; empty where they can.

    What a model gives itself is left to the scorers' own checks.
    """
    if not isinstance(images, FeatureDataset):
        return ""
    for part in parts_of(space):
        found = getattr(features, part)
        if found is None:
            return images.lacks(part, dim)
        if found.shape[-1] != dim and space != "both":  # whose dim is that of both parts
            return f"{images.file} holds {part} features of {found.shape[-1]} dimensions, not {dim}"
    return ""


def lacking(images: Dataset, features: DatasetFeatures, fitted: Mapping[str, FittedScore]) -> dict[str, str]:
    """By key those scorers that cannot read a set's features, and why."""
    found = {key: what_lacks(images, features, score.scorer.space, score.dim) for key, score in fitted.items()}
    return {key: why for key, why in found.items() if why}


def missed_notes(missed: Mapping[str, Mapping[str, str]], scorers: Sequence[str]) -> tuple[str, ...]:
    """Sentences about OOD sets that scorers could not read.

    Args:
        missed: by OOD set and scorer the reason.
        scorers: all that there are; a set that none can read is left out.
    """
    notes = []
    for name, reasons in missed.items():
        if len(reasons) == len(scorers):
            notes.append(f"The OOD set {name} was left out: {next(iter(reasons.values())).rstrip('.')}.")
            continue
        for why in dict.fromkeys(reasons.values()):
            keys = ", ".join(key for key, reason in reasons.items() if reason == why)
            notes.append(f"{keys} could not run on {name}: {why.rstrip('.')}.")
    return tuple(notes)
