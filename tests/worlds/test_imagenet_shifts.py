"""ImageNet's classes seen otherwise, on tiny layouts as their authors lay them out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.suites import open_suite
from ood_studio.worlds.imagenet import imagenet_lemmas, imagenet_synsets
from ood_studio.worlds.imagenet_shifts import FOLDERS, IMAGENET_SHIFTS, MAPPING
from ood_studio.worlds.public_datasets import OPENOOD_SETS

SETS = {each.name: each for each in IMAGENET_SHIFTS}
SYNSETS = imagenet_synsets()


def pictures(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "red").save(root / name)


@pytest.mark.parametrize("name", ["ImageNet-A", "ImageNet-R", "ImageNet-Sketch"])
def test_folders_of_some_synsets_are_labels_of_all_classes(name: str, tmp_path: Path) -> None:
    place = SETS[name].places[0]
    pictures(tmp_path / place, f"{SYNSETS[6]}/a.png", f"{SYNSETS[999]}/b.png")
    found = SETS[name].find(tmp_path, ())
    assert found is not None and found.labels is not None and found.labels.tolist() == [6, 999]
    assert "has 2 pictures, not the" in SETS[name].note(found)


def test_numbered_folders_are_v2s_classes(tmp_path: Path) -> None:
    pictures(tmp_path / SETS["ImageNet-V2"].places[0], "0/a.png", "10/b.png", "2/c.png")
    found = SETS["ImageNet-V2"].find(tmp_path, ())
    assert found is not None and found.labels is not None and found.labels.tolist() == [0, 10, 2]


def objectnet(root: Path) -> Path:
    """Two classes that are one of ImageNet's, one that is two of them, and one that is none."""
    place = root / SETS["ObjectNet"].places[0]
    pictures(place, "banana/a.png", "alarm_clock/b.png", "air_freshener/c.png", "running_shoe/d.png")
    lemmas = imagenet_lemmas()
    told = {
        "Banana": lemmas[954],
        "Alarm clock": f"{lemmas[409]}; {lemmas[530]}",
        "Running shoe": lemmas[770],
    }
    folders = {"banana": "Banana", "alarm_clock": "Alarm clock", "air_freshener": "Air freshener"}
    for name, content in ((MAPPING, told), (FOLDERS, {**folders, "running_shoe": "Running shoe"})):
        (place.parent / name).parent.mkdir(exist_ok=True)
        (place.parent / name).write_text(json.dumps(content))
    return place.parent


def test_objectnets_classes_are_those_of_its_mapping(tmp_path: Path) -> None:
    folder = objectnet(tmp_path)
    found = SETS["ObjectNet"].find(tmp_path, ())
    assert found is not None and found.labels is not None
    by_name = {Path(found.caption(i)).name: int(label) for i, label in enumerate(found.labels)}
    assert by_name == {"a.png": 954, "b.png": -1, "c.png": -1, "d.png": 770}
    assert any("1 classes that are several of ImageNet's count in no accuracy" in note for note in found.notes)
    (folder / MAPPING).write_text("no json")
    with pytest.raises(StudioError, match="which ObjectNet brings along, cannot be read"):
        SETS["ObjectNet"].find(tmp_path, ())


def test_folders_of_another_kind_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path / "imagenet-a", "cat/a.png")
    with pytest.raises(StudioError, match="no class folders called by ImageNet's WordNet ids"):
        SETS["ImageNet-A"].find(tmp_path, ())
    pictures(tmp_path / SETS["ImageNet-V2"].places[0], "cat/a.png")
    with pytest.raises(StudioError, match="no class folders called 0 to 999"):
        SETS["ImageNet-V2"].find(tmp_path, ())


def test_the_suite_takes_what_is_there_and_names_what_is_missing(tmp_path: Path) -> None:
    pictures(tmp_path, f"imagenet/val/{SYNSETS[1]}/a.png", f"imagenet-r/{SYNSETS[1]}/b.png")
    suite = open_suite("imagenet-shifts", data_root=str(tmp_path))
    assert [*suite.ood] == ["ImageNet-R"] and suite.id.labels is not None and suite.id.labels.tolist() == [1]
    assert any("lacks ImageNet-V2, ImageNet-A, ImageNet-Sketch, ObjectNet: download" in note for note in suite.notes)


def test_nincos_layout_is_read_where_it_is(tmp_path: Path) -> None:
    ninco = next(each for each in OPENOOD_SETS if each.name == "NINCO")
    assert ninco.find(tmp_path, ()) is None
    pictures(tmp_path / ninco.places[0], "amphiuma_means/a.png", "caltech_pizza/b.png")
    found = ninco.find(tmp_path, ())
    assert found is not None and len(found) == 2 and found.labels is None
