"""Data that refer to labels by number are judged by the labels as they were typed, to the end of a benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ood_studio.core.errors import StudioError
from ood_studio.labels.negmining import Mining
from ood_studio.labels.presets import load_preset
from ood_studio.labels.prompts import prompt_set
from ood_studio.labels.text_features import class_features
from ood_studio.studio import BenchRequest, LabelChoice, Studio
from ood_studio.studio.requests.labels import USUAL_LABELS
from ood_studio.studio.suite_bench import SuiteBenches
from ood_studio.studio.workbench import Workbench

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


def test_the_usual_preset_is_named_like_any_other(studio: Studio, tmp_path: Path) -> None:
    """It was taken for no labels at all where the data brought none, and for those of class folders where they did."""
    assert measured(studio, tmp_path, "diorama-20", [0, 1]).labels == load_preset("diorama-20")
    with pytest.raises(StudioError, match="there are no ID labels; name them, or sort the ID pictures"):
        measured(studio, tmp_path, "", [0, 1])


def test_a_suite_keeps_its_labels_whatever_preset_is_named(studio: Studio) -> None:
    benches = SuiteBenches(Workbench(torch.device("cpu")))
    with pytest.raises(StudioError, match="diorama brings its own ID labels; leave the labels as they are"):
        benches.open(BenchRequest(labels=LabelChoice(labels="cifar-10")))
    for same in ("", USUAL_LABELS):
        assert benches.open(BenchRequest(labels=LabelChoice(labels=same))).labels == load_preset(USUAL_LABELS)
