"""What the images of a set are pulled to: chosen by chance, by class or by what is nearest."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ood_studio.attacks import set_targets
from ood_studio.attacks.set_targets import SetTargets, TargetKind, choose_targets
from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.features.base import DatasetFeatures
from ood_studio.labels.prompts import prompt_set
from tests.attacks.conftest import SmoothModel

LABELS = ("cat", "dog", "fox")


class Rows(Dataset):
    """A set whose features are given; images without any cannot be read."""

    def __init__(self, name: str, visual: list[list[float] | None], labels: list[int] | None = None) -> None:
        self.name = self.key = name
        self.visual, self.labels = visual, None if labels is None else np.array(labels)

    def __len__(self) -> int:
        return len(self.visual)

    def load(self, index: int) -> Image.Image:
        raise NotImplementedError

    def caption(self, index: int) -> str:
        return f"{self.name} {index}"


SOURCE = Rows("source", [[1.0, 0.1], [0.1, 1.0], None, [1.0, -0.2], [0.0, 1.0]])
TRAIN = Rows("train", [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9], None, [-1.0, 0.0]], [0, 0, 2, 2, 0, -1])


@pytest.fixture(autouse=True)
def given_features(monkeypatch: pytest.MonkeyPatch) -> None:
    def features(backbone: Any, images: Rows, spaces: Collection[str], progress: Any) -> DatasetFeatures:
        rows = np.array([i for i, row in enumerate(images.visual) if row is not None])
        visual = torch.tensor([row for row in images.visual if row is not None])
        return DatasetFeatures(None, visual, None, rows, {})

    monkeypatch.setattr(set_targets, "dataset_features", features)


def chosen(
    kind: TargetKind, source: Dataset = SOURCE, train: Dataset | None = TRAIN, seed: int = 0, labels: Any = LABELS
) -> SetTargets:
    return choose_targets(
        kind, source, labels, train, backbone=SmoothModel(), space="visual", seed=seed, whose="the suite"
    )


def features(targets: SetTargets) -> Tensor:
    return targets.features(SmoothModel(), "visual", prompt_set("neglabel"))


def test_images_come_from_at_most_half_of_the_training_images() -> None:
    found = chosen("image")
    assert len(found.chosen) == len(SOURCE) and set(found.chosen.tolist()) == found.used
    assert len(found.used) == 3 and found.names[0] == f"train {found.chosen[0]}"
    assert found.chosen.tolist() == chosen("image").chosen.tolist()
    assert any(found.chosen.tolist() != chosen("image", seed=seed).chosen.tolist() for seed in (1, 2, 3))


def test_the_features_of_an_image_are_its_own() -> None:
    seeds = [seed for seed in range(20) if 4 not in chosen("image", seed=seed).used]
    found = chosen("image", seed=seeds[0])
    torch.testing.assert_close(features(found), torch.tensor([TRAIN.visual[row] for row in found.chosen]))
    lost = chosen("image", seed=next(seed for seed in range(20) if seed not in seeds))
    with pytest.raises(StudioError, match="the target train 4 cannot be read; try another seed"):
        features(lost)


def test_classes_are_those_that_training_images_have() -> None:
    found = chosen("class")
    assert set(found.chosen.tolist()) <= {0, 2} and not found.used
    assert list(found.names) == [LABELS[i] for i in found.chosen]
    means = {0: torch.tensor([1.0, 0.0]) + torch.nn.functional.normalize(torch.tensor([0.9, 0.1]), dim=0)}
    means[2] = means[0].flip(0)
    for row, label in zip(features(found), found.chosen.tolist(), strict=True):
        torch.testing.assert_close(row, torch.nn.functional.normalize(means[label], dim=0))


def test_the_nearest_class_is_that_of_the_most_similar_mean() -> None:
    # The third image cannot be read: it gets the first class, and is not attacked either.
    assert chosen("nearest").chosen.tolist() == [0, 2, 0, 0, 2]


def test_texts_are_any_labels() -> None:
    found = chosen("text", train=None)
    assert set(found.chosen.tolist()) <= {0, 1, 2} and found.train is None and not found.used


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "image", "train": None}, "the suite has no ID training pictures"),
        ({"kind": "image", "train": Rows("one", [[1.0, 0.0]])}, "the suite has no ID training pictures"),
        ({"kind": "text", "labels": ()}, "the suite has no ID labels"),
        ({"kind": "class", "train": None}, "no training pictures of known classes"),
        ({"kind": "nearest", "train": Rows("bare", [[1.0, 0.0]] * 4)}, "no training pictures of known classes"),
        ({"kind": "class", "train": Rows("none", [[1.0, 0.0]] * 2, [-1, -1])}, "no training pictures of known classes"),
    ],
)
def test_what_has_no_targets(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        chosen(**changes)
