"""Zero-shot accuracies of a suite's images."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.accuracy import head_accuracy, head_classes, suite_accuracies, zero_shot_accuracy
from ood_studio.features.base import DatasetFeatures

TEXT = torch.eye(3)


def images(labels: list[int] | None, classes: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(labels=None if labels is None else np.array(labels), classes=classes)


def test_the_share_of_images_whose_nearest_text_is_right() -> None:
    features = torch.tensor([[1.0, 0.1, 0.0], [0.0, 1.0, 0.2], [0.0, 0.1, 1.0], [1.0, 0.0, 0.0]])
    assert zero_shot_accuracy(features, TEXT, np.array([0, 1, 1, -1])) == pytest.approx(2 / 3)
    with pytest.raises(StudioError, match="at least one picture of a known class"):
        zero_shot_accuracy(features, TEXT, np.full(4, -1))


def test_a_suite_tells_what_is_known_of_its_images() -> None:
    """The second of four images cannot be read, so that rows are not indices."""
    asked: list[tuple[str, ...]] = []

    def encode(labels: Sequence[str]) -> Tensor:
        asked.append(tuple(labels))
        return TEXT.flip(0)

    def features(_: Any) -> DatasetFeatures:
        return DatasetFeatures(torch.eye(3), None, None, np.array([0, 2, 3]), {})

    inside, trained = images([0, 1, 1, 0]), images([2, 0, 1, 0], ("a", "b", "c"))
    found = suite_accuracies(SimpleNamespace(id=inside, trained=trained), TEXT, encode, features)  # type: ignore[arg-type]
    assert found == {"id_accuracy": pytest.approx(2 / 3), "all_accuracy": pytest.approx(1)}
    assert asked == [("a", "b", "c")]
    for unknown in (images(None), images([-1] * 4)):
        assert not suite_accuracies(SimpleNamespace(id=unknown, trained=None), TEXT, encode, features)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "labels", "of", "by_order"),
    [
        (("Cat", "great_white shark"), ("cat", "dog", "Great White  Shark"), [0, -1, 1], False),
        (("tench, Tinca tinca", "cock"), ("cock", "tench"), [1, 0], False),
        (("caf\u00e9", "bar"), ("bar", "cafe\u0301"), [1, 0], False),  # as other systems write it
        (None, ("cock", "tench"), [0, 1], True),
        (("n01440764", "n01443537"), ("tench", "goldfish"), [0, 1], True),
        (None, ("cock",), [-1], False),
        (("a", "b"), (), [], False),
    ],
)
def test_labels_are_found_among_the_classes_of_a_head(
    names: tuple[str, ...] | None, labels: tuple[str, ...], of: list[int], by_order: bool
) -> None:
    found = head_classes(names, 2, labels)
    assert found.of.tolist() == of and found.by_order == by_order and found.known == sum(i >= 0 for i in of)


def test_the_accuracy_of_a_head_is_over_all_its_classes() -> None:
    head = torch.nn.Linear(2, 3)
    features = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 2.0], [3.0, 0.0]])
    classes = head_classes(("a", "b", "c"), 3, ("c", "a", "z"))
    truth = np.array([0, 0, 1, 2, -1])
    guessed = (features.double() @ head.weight.double().T + head.bias.double()).argmax(dim=1)
    wanted = np.mean([guessed[0] == 2, guessed[1] == 2, guessed[2] == 0])  # "z" is no class, the last has no label
    assert head_accuracy(features, head, classes, truth) == pytest.approx(wanted)
    assert head_accuracy(features, head, classes, np.full(5, 2)) is None
    assert head_accuracy(features, head, head_classes(None, 3, ()), truth) is None
