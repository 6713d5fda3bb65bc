"""Labels and data that refer to each other: by number, by class folder, by WordNet id; and what is said of it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.own_labels import open_labelled
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.labels.presets import load_preset

CLASSES = "airplane, airplane animal\ncrane\nsea_lion\nCrane\ndog"


def pictures(root: Path, *names: str) -> str:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "red").save(root / name)
    return str(root)


def image_list(root: Path, *labels: int) -> str:
    pictures(root, *(f"{i}.png" for i in range(len(labels))))
    (root / "list.txt").write_text("".join(f"{i}.png {label}\n" for i, label in enumerate(labels)))
    return str(root / "list.txt")


def numbers(images: object) -> list[int]:
    return images.labels.tolist()  # type: ignore[attr-defined, no-any-return]


def opened(tmp_path: Path, id_data: str, **asked: str) -> OpenSuite:
    return open_suite("folders", id_data=id_data, ood_data=(pictures(tmp_path / "ood", "x.png"),), **asked)


def test_labels_that_are_numbered_keep_their_places(tmp_path: Path) -> None:
    suite = opened(tmp_path, image_list(tmp_path / "id", 4, 3, 0, -1), labels=CLASSES)
    assert suite.labels == ("airplane, airplane animal", "crane", "sea_lion", "Crane", "dog")
    assert [suite.labels[i] for i in numbers(suite.id)[:3]] == ["dog", "Crane", "airplane, airplane animal"]
    assert any("several places are kept" in note and note.endswith("apart: Crane.") for note in suite.notes)
    assert any(note.startswith("Each line was taken as one label") for note in suite.notes)
    assert not any("dropped" in note for note in suite.notes)


def test_features_and_training_images_number_labels_too(tmp_path: Path) -> None:
    folders = pictures(tmp_path / "id", "dog/a.png", "crane/b.png")
    suite = opened(tmp_path, folders, labels=CLASSES, train_data=image_list(tmp_path / "train", 4, 3))
    assert len(suite.labels) == 5 and suite.train is not None and numbers(suite.train) == [4, 3]
    assert numbers(suite.id) == [1, 4]  # a folder is the first label of its name


def test_repeats_are_dropped_where_nothing_is_numbered(tmp_path: Path) -> None:
    suite = opened(tmp_path, pictures(tmp_path / "id", "DOG/a.png", "Sea lion/b.png"), labels=CLASSES)
    assert suite.labels == ("airplane, airplane animal", "crane", "sea_lion", "dog") and numbers(suite.id) == [3, 2]
    assert "Repeated labels were dropped: Crane." in suite.notes


def test_a_preset_with_two_equal_names_keeps_its_places(tmp_path: Path) -> None:
    suite = opened(tmp_path, image_list(tmp_path / "id", 999, 0), labels="imagenet-1k")
    assert suite.labels == load_preset("imagenet-1k") and suite.labels[numbers(suite.id)[0]] == "toilet paper"


def test_labels_whose_places_are_not_clear_are_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="refer to labels by number, but there is an empty line among the labels"):
        opened(tmp_path, image_list(tmp_path / "id", 1), labels="cat\n\ndog")
    with pytest.raises(StudioError, match="has the label 2, but there are 2 labels"):
        opened(tmp_path, image_list(tmp_path / "id2", 2), labels="cat\ndog")
    assert opened(tmp_path, pictures(tmp_path / "id3", "cat/a.png", "dog/b.png"), labels="cat\n\ndog").labels == (
        "cat",
        "dog",
    )


def test_folders_that_are_no_labels_are_said(tmp_path: Path) -> None:
    images = pictures(tmp_path / "id", "cat/a.png", "dog/b.png")
    assert opened(tmp_path, images, labels="horse, cow").notes == (
        "id: none of the 2 classes (cat, dog) is one of the 2 labels, so there is no accuracy.",
    )
    assert opened(tmp_path, images, labels="horse, Cat").notes == (
        "id: 1 of the 2 classes are labels; pictures of the others (dog) count in no accuracy.",
    )
    assert "the preset is called diorama-20" in opened(tmp_path, images, labels="diorama20").notes[0]


def test_wordnet_ids_are_imagenets_names_and_never_labels(tmp_path: Path) -> None:
    images = pictures(tmp_path / "id", "n01443537/a.png", "n01440764/b.png", "n99999999/c.png", "cat/d.png")
    suite = opened(tmp_path, images)
    assert suite.labels == ("cat", "tench", "goldfish") and numbers(suite.id) == [0, 1, 2, -1]
    assert any("WordNet ids, of ImageNet: n01440764 is tench, n01443537 is goldfish." in note for note in suite.notes)
    assert any("ids without a label" in note and "n99999999" in note for note in suite.notes)
    typed = opened(tmp_path, images, labels="goldfish, Cat, horse")
    assert typed.labels == ("goldfish", "Cat", "horse") and numbers(typed.id) == [1, -1, 0, -1]
    whole = opened(tmp_path, images, labels="imagenet-1k", train_data=pictures(tmp_path / "t", "n01443537/a.png"))
    assert numbers(whole.id) == [-1, 0, 1, -1] and whole.train is not None and numbers(whole.train) == [1]


def test_unknown_wordnet_ids_alone_are_no_labels(tmp_path: Path) -> None:
    suite = opened(tmp_path, pictures(tmp_path / "id", "n99999999/a.png", "n99999998/b.png"))
    assert suite.labels == () and any("ids without a label" in note for note in suite.notes)


def test_numbers_of_training_images_count_the_class_folders(tmp_path: Path) -> None:
    images = pictures(tmp_path / "id", "dog/a.png", "cat/b.png")
    found = open_labelled(images, image_list(tmp_path / "train", 1, 0), "")
    assert found.labels == ("cat", "dog") and found.train is not None and numbers(found.train) == [1, 0]
    assert found.notes == ("The numbers in list count the class folders of id by their names.",)


def test_a_bad_ood_set_costs_no_other(tmp_path: Path) -> None:
    images, good = pictures(tmp_path / "id", "a.png"), pictures(tmp_path / "good", "a.png")
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4 cut short")
    np.save(tmp_path / "nan.npy", np.full((2, 3), np.nan))
    bad = (str(tmp_path / "bad.zip"), f"Odd={tmp_path / 'nan.npy'}")
    suite = open_suite("folders", id_data=images, ood_data=(*bad, good))
    assert list(suite.ood) == ["good"]
    assert [note.split(" was left out: ")[0] for note in suite.notes] == ["The OOD set bad.zip", "The OOD set Odd"]
    with pytest.raises(StudioError, match=r"^The OOD set bad\.zip was left out: bad\.zip is not a zip archive"):
        open_suite("folders", id_data=images, ood_data=bad)
    with pytest.raises(StudioError, match=r"^there is no folder .*nowhere"):
        open_suite("folders", id_data=images, ood_data=(good, str(tmp_path / "nowhere")))


def test_a_set_may_begin_like_a_home_folder(tmp_path: Path) -> None:
    """As an upload that is called so: it is named after its file."""
    images = pictures(tmp_path / "id", "a.png")
    with zipfile.ZipFile(path := tmp_path / "~root.zip", "w") as archive:
        archive.write(tmp_path / "id" / "a.png", "a.png")
    suite = open_suite("folders", id_data=images, ood_data=(f"~root={path}", f"~nobody.zip={path}", str(path)))
    assert list(suite.ood) == ["~root", "~nobody.zip", "~root (2)"]


def test_what_datasets_leave_out_is_among_the_notes_of_the_suite(tmp_path: Path) -> None:
    images = pictures(tmp_path / "id", "train/cat/a.png", "val/cat/b.png")
    (tmp_path / "ood").mkdir()
    (tmp_path / "ood" / "Thumbs.db").write_bytes(b"x")
    notes = opened(tmp_path, images).notes
    assert notes[0].startswith("id: the folders train and val are taken for splits")
    assert notes[1] == "ood: 1 file is no picture and was left out: Thumbs.db."
