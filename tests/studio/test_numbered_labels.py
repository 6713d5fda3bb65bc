"""Data that refer to labels by number are judged by the labels as they were typed, to the end of a benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ood_studio.labels.negmining import Mining
from ood_studio.labels.prompts import prompt_set
from ood_studio.labels.text_features import class_features
from ood_studio.studio import BenchRequest, LabelChoice, Studio

LABELS = ("dog", "airplane, airplane animal", "cat", "fish", "horse")


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def measured(studio: Studio, tmp_path: Path, typed: str, numbers: list[int]):  # type: ignore[no-untyped-def]
    """A benchmark of features that are those of the labels' own texts, so that every one is told right."""
    texts = class_features(studio.backbone("diorama"), LABELS, prompt_set("neglabel"))
    joint = texts[[min(number, len(LABELS) - 1) for number in numbers]]
    save_file({"joint": joint.clone(), "labels": torch.tensor(numbers)}, tmp_path / "id.safetensors")
    save_file({"joint": torch.randn(5, joint.shape[1])}, tmp_path / "ood.safetensors")
    choice = LabelChoice("diorama", labels=typed, mining=Mining(count=20))
    data = {"id_data": str(tmp_path / "id.safetensors"), "ood_data": (str(tmp_path / "ood.safetensors"),)}
    return studio.bench(BenchRequest(scorers=("mcm",), labels=choice, resamples=0, **data))  # type: ignore[arg-type]


def test_a_label_with_a_comma_shifts_no_number(studio: Studio, tmp_path: Path) -> None:
    result = measured(studio, tmp_path, "\n".join(LABELS), [0, 1, 2, 3, 4, 4])
    assert result.accuracy == {"id_accuracy": 1.0} and result.labels == LABELS
    assert result.notes == ("Each line was taken as one label, with the commas in it: airplane, airplane animal.",)


def test_a_repeated_label_shifts_no_number(studio: Studio, tmp_path: Path) -> None:
    typed = ("dog", "Dog", *LABELS[2:])
    result = measured(studio, tmp_path, "\n".join(typed), [0, 2, 3, 4])
    assert result.accuracy == {"id_accuracy": 1.0} and result.labels == typed
    assert result.notes[0].endswith("no text can tell them apart: Dog.")
