"""The zoo on a published benchmark: ImageNet's layout in miniature, its classes seen otherwise, and ImageNet-X."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.data.imagenet_x import FACTORS
from ood_studio.evaluation.zoo.axes import against_overall, axes
from ood_studio.studio import Studio, ZooRequest
from ood_studio.worlds.imagenet import imagenet_synsets

SYNSETS = imagenet_synsets()


def pictures(folder: Path, count: int, seed: int) -> list[str]:
    """Noise in files, named as ImageNet's."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    names = [f"{folder.name}_{i}.png" for i in range(count)]
    for name in names:
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(folder / name)
    return names


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes; every first picture of a class has a pose, nobody has another factor than that and a texture."""
    root = tmp_path_factory.mktemp("photographs")
    lines = []
    for i, synset in enumerate(SYNSETS[:2]):
        for j, name in enumerate(pictures(root / "imagenet/val" / synset, 4, i)):
            held = {"pose"} if j == 0 else {"texture"}
            lines.append(json.dumps({"file_name": name, **{each: int(each in held) for each in FACTORS}}))
        pictures(root / "imagenet/train" / synset, 6, 10 + i)
        pictures(root / "imagenet-r" / synset, 3, 20 + i)
    pictures(root / "iNaturalist/images", 5, 30)
    (root / "imagenet-x").mkdir()
    (root / "imagenet-x/imagenet_x_val_multi_factor.jsonl").write_text("\n".join(lines))
    return root


def test_a_benchmark_of_photographs_is_measured_with_what_is_there_and_says_what_is_not(root: Path) -> None:
    request = ZooRequest(("diorama-classifier",), suite="imagenet-ood", data_root=str(root), resamples=20)
    (answer,) = Studio().zoo(request)
    # A classifier of 20 drawn classes knows none of ImageNet's: only its features tell anything.
    assert answer.measured is not None, answer.problem
    assert "auroc 1-nn iNaturalist" in answer.measured.figures and "mean auroc 1-nn" in answer.measured.figures
    (answer,) = Studio().zoo(ZooRequest(("zoo-books-s",), suite="imagenet-ood", data_root=str(root), resamples=20))
    found = answer.measured
    assert found is not None, answer.problem
    there = {"accuracy", "accuracy 20-nn", "accuracy annotated", "shift ImageNet-R", "ece ImageNet-R", "factor pose"}
    assert there <= found.figures.keys() and found.figures["factor pose"].n == 2
    assert found.figures["accuracy"].n == found.figures["accuracy annotated"].n == 8
    assert (
        found.skipped["factor style"] == "no annotated picture has this factor" and "mean factor" not in found.figures
    )
    assert found.skipped["recall"] == "these pictures have no captions"
    told = " ".join(found.notes)
    assert "lacks ImageNet-V2, ImageNet-A, ImageNet-Sketch, ObjectNet: download" in told
    assert "lacks SUN, Places, Textures: download" in told and "ImageNet-R has 6 pictures, not the 30,000" in told
    assert against_overall(found)["pose"].difference == pytest.approx(
        found.figures["factor pose"].value - found.figures["accuracy annotated"].value
    )
    assert axes([found])["accuracy annotated"].startswith("ID accuracy of the pictures whose factors")


def test_a_suite_of_the_classes_seen_otherwise_has_no_ood_sets_and_needs_no_annotations(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("imagenet/val", "imagenet-r"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(root / name)
    asked = ["zoo", "--suite", "imagenet-shifts", "--data-root", str(tmp_path), "--models", "zoo-books-s"]
    assert main([*asked, "--quiet", "--resamples", "0", "--factors"]) == 0
    told = capsys.readouterr().out
    assert "No accuracy on visual factors" in told and "lacks the annotations of ImageNet-X" in told
    (answer,) = Studio().zoo(
        ZooRequest(("zoo-books-s",), suite="imagenet-shifts", data_root=str(tmp_path), resamples=0)
    )
    assert answer.measured is not None and "shift ImageNet-R" in answer.measured.figures
    assert answer.measured.skipped["auroc 1-nn"] == "there are no ID training pictures to look for neighbours among"
    assert not any(name.startswith("auroc") for name in answer.measured.figures)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"suite": "imagenet-ood"}, "name the models that are measured on imagenet-ood"),
        ({"suite": "imagenet"}, "unknown suite 'imagenet'; expected one of"),
        ({"suite": "folders", "models": ("diorama",)}, "pictures of your own are compared by bench"),
        ({"suite": "imagenet-ood", "models": ("diorama",), "data_root": "/nowhere"}, "lacks ImageNet-1k, iNaturalist"),
        ({"annotations": "/nowhere.jsonl"}, "annotations cannot be read from /nowhere.jsonl"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(asked: dict[str, object], told: str) -> None:
    with pytest.raises(StudioError, match=told):
        next(Studio().zoo(ZooRequest(**asked)))  # type: ignore[arg-type]
