"""ImageNet-X's annotations, and accuracy on a factor against overall, against counting by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.data.imagenet_x import FACTORS, read_imagenet_x
from ood_studio.diorama.scene import FACTORS as DRAWN
from ood_studio.evaluation.factor_accuracy import FactorAccuracy, factor_accuracies


def line(name: str, *factors: str, **more: object) -> str:
    return json.dumps({"file_name": name, "class": 3, **{each: int(each in factors) for each in FACTORS}, **more})


def test_annotations_are_read_by_file_name(tmp_path: Path) -> None:
    path = tmp_path / "imagenet_x_val_multi_factor.jsonl"
    rows = [line("a.JPEG", "pose", "partial_view"), line("val/b.JPEG"), "", line("a.JPEG", "style")]
    path.write_text("\n".join(rows))
    assert read_imagenet_x(path) == {"a.JPEG": {"pose", "partial view", "style"}, "b.JPEG": frozenset()}
    assert {each.replace("_", " ") for each in FACTORS} == set(DRAWN)  # Diorama's are called the same


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no json", "line 1 is no JSON object"),
        ('{"file_name": "a"}', "line 1 has no 'pose'; expected file_name and the 16 factors"),
        (line("a", pose=2), "neither 0 nor 1"),
        (line("a", pose="yes"), "neither 0 nor 1"),
        ("\n", "has no annotations"),
    ],
)
def test_what_is_no_annotation_is_told(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(StudioError, match=sentence):
        read_imagenet_x(tmp_path / "x.jsonl")
    with pytest.raises(StudioError, match=r"cannot be read from .*nothing.jsonl .*facebookresearch/imagenetx"):
        read_imagenet_x(tmp_path / "nothing.jsonl")


def test_accuracy_on_a_factor_against_overall() -> None:
    annotations = {"a": {"pose"}, "b": {"pose", "style"}, "c": set[str](), "elsewhere": {"darker"}}
    found = factor_accuracies([True, False, True, False], ["a", "b", "c", "unknown"], annotations)
    assert found["pose"] == FactorAccuracy(2, 1, 2 / 3) and found["pose"].error_ratio == pytest.approx(1.5)
    assert found["style"].accuracy == 0 and found["style"].error_ratio == pytest.approx(3)
    assert found["darker"].n == 0 and math.isnan(found["darker"].accuracy)  # a factor without pictures
    assert math.isnan(factor_accuracies([True], ["a"], {"a": {"pose"}})["pose"].error_ratio)
    with pytest.raises(StudioError, match="none of 1 pictures is annotated"):
        factor_accuracies([True], ["z"], annotations)
    with pytest.raises(StudioError, match="1 pictures come with 2 names"):
        factor_accuracies([True], ["a", "b"], annotations)
