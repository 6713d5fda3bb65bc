"""What sets lack costs only the scorers that need it, and is told with the true reason."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.bench import Bench
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import MCM, Reference, RelativeMahalanobis
from ood_studio.scorers.knn import KNN
from ood_studio.studio import BenchRequest, LabelChoice, Studio

CHOICE = LabelChoice("diorama", labels="cat\ndog", mining=Mining(count=30))


class Broken(Dataset):
    """A set of which no image can be read."""

    name, key, labels = "broken", "broken", None

    def __len__(self) -> int:
        return 3

    def load(self, index: int) -> Image.Image:
        raise AssertionError

    def caption(self, index: int) -> str:
        return str(index)


class Fine(Broken):
    """A set whose features are given."""

    def __init__(self, name: str) -> None:
        self.name = self.key = name


def features_of(images: Dataset, spaces: Collection[str]) -> DatasetFeatures:
    if images.name == "broken":
        raise StudioError("no picture of broken can be read: it is damaged.")
    if images.name == "stopped":
        raise Stopped("stopped")
    rows = torch.nn.functional.normalize(torch.rand(3, 8), dim=1)
    return DatasetFeatures(rows, None, None, np.arange(3), {})


def bench(*ood: Dataset) -> Bench:
    suite = OpenSuite("toy", "", ("a", "b"), Fine("in"), {each.name: each for each in ood}, None, ("A note.",))
    scorers = choose_scorers(("mcm", "energy"), bench_scorers())
    reference = Reference(torch.rand(2, 8), torch.rand(3, 8))
    return Bench(suite, "model", scorers, lambda space: reference, features_of, resamples=0)


def test_a_set_that_cannot_be_read_costs_no_other() -> None:
    *_, last = bench(Broken(), Fine("good")).run()
    assert {row.ood for row in last.rows} == {"good"} and last.finished
    assert last.notes == (
        "A note.",
        "The OOD set broken was left out: no picture of broken can be read: it is damaged.",
    )
    with pytest.raises(StudioError, match=r"^The OOD set broken was left out: no picture"):
        list(bench(Broken()).run())
    with pytest.raises(Stopped):
        list(bench(Fine("stopped"), Fine("good")).run())


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Joint features as wide as the model's and narrower ones, and pictures."""
    rows = torch.randn(40, 128, generator=torch.Generator().manual_seed(1))
    save_file({"joint": rows}, tmp_path / "id.safetensors")
    save_file({"joint": rows[:20] + 1}, tmp_path / "ood.safetensors")
    np.save(tmp_path / "narrow.npy", rows[:20, :125].numpy())
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        Image.new("RGB", (40, 40), (60 * i, 90, 200)).save(tmp_path / "pictures" / f"{i}.png")
    return tmp_path


def compared(studio: Studio, files: Path, id_data: str, *ood: str, **more: object):  # type: ignore[no-untyped-def]
    scorers = ("mcm", "gl-mcm", "energy", "knn:space=joint", "csp")
    request = BenchRequest(
        scorers=scorers,
        labels=CHOICE,
        id_data=str(files / id_data),
        ood_data=tuple(str(files / each) for each in ood),
        resamples=0,
        **more,  # type: ignore[arg-type]
    )
    return studio.bench(request)


def test_scorers_that_lack_something_of_a_file_are_unavailable_with_the_true_reason(
    studio: Studio, files: Path
) -> None:
    result = compared(studio, files, "id.safetensors", "ood.safetensors")
    assert {row.scorer for row in result.rows} == {"mcm", "energy", "csp"}
    assert result.unavailable["gl-mcm"] == (
        "id.safetensors holds no patch features of 128 dimensions, but joint ones of 128 dimensions"
    )
    assert "training images" in result.unavailable["knn:space=joint"]


def test_a_file_of_another_width_is_named_with_both_widths(studio: Studio, files: Path) -> None:
    result = compared(studio, files, "id.safetensors", "narrow.npy", "ood.safetensors")
    assert {row.ood for row in result.rows} == {"ood"}
    (note,) = result.notes
    assert note.startswith("The OOD set narrow was left out: narrow.npy holds ") and "125" in note and "128" in note
    with pytest.raises(StudioError, match=r"^The OOD set narrow was left out: narrow\.npy holds .*12[58].*12[58]"):
        compared(studio, files, "id.safetensors", "narrow.npy")


def test_features_beside_pictures_cost_only_what_reads_patches(studio: Studio, files: Path) -> None:
    result = compared(studio, files, "pictures", "ood.safetensors", "pictures")
    assert {row.ood for row in result.rows if row.scorer == "gl-mcm"} == {"pictures (2)"}
    assert {row.ood for row in result.rows if row.scorer == "mcm"} == {"ood", "pictures (2)"}
    assert any(
        note.startswith("gl-mcm could not run on ood: ood.safetensors holds no patch features") for note in result.notes
    )


def test_training_features_of_no_use_cost_only_what_learns(studio: Studio, files: Path) -> None:
    result = compared(studio, files, "id.safetensors", "ood.safetensors", train_data=str(files / "narrow.npy"))
    assert "mcm" in {row.scorer for row in result.rows}
    reason = result.unavailable["knn:space=joint"]
    assert "training images" in reason and "narrow.npy holds " in reason and "125" in reason


def test_where_nothing_can_run_a_cause_is_told_once(studio: Studio, files: Path) -> None:
    request = BenchRequest(id_data=str(files / "id.safetensors"), ood_data=(str(files / "ood.safetensors"),))
    with pytest.raises(StudioError, match=r"^no scorer can run \(neglabel, mcm, .*there are no ID labels") as told:
        studio.bench(request)
    assert str(told.value).count("name them, or sort the ID pictures") == 1 and len(str(told.value)) < 1_000


def test_a_corpus_without_adjectives_costs_only_what_needs_them(studio: Studio, files: Path) -> None:
    (files / "words.txt").write_text("anvil\nsubmarine\n")
    labels = LabelChoice("diorama", labels="cat\ndog", corpus=str(files / "words.txt"))
    request = BenchRequest(
        scorers=("mcm", "csp"),
        labels=labels,
        id_data=str(files / "id.safetensors"),
        ood_data=(str(files / "ood.safetensors"),),
        resamples=0,
    )
    result = studio.bench(request)
    assert {row.scorer for row in result.rows} == {"mcm"} and "adjective" in result.unavailable["csp"]


def test_why_a_part_is_absent_is_part_of_the_sentence() -> None:
    reference = Reference(torch.rand(2, 8), absent={"images": "a.npy is narrow"})
    assert (KNN().missing(reference) or "").endswith("(images): a.npy is narrow")
    assert MCM().missing(reference) is None
    both = Reference(torch.rand(2, 8), absent=dict.fromkeys(("images", "labels"), "a.npy is narrow"))
    assert (RelativeMahalanobis().missing(both) or "").count("a.npy is narrow") == 1
