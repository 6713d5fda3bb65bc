"""Classes from folder names: wrappers, splits, spellings, and what is said of those that are no labels."""

from __future__ import annotations

import unicodedata

from ood_studio.data.classes import folder_classes, match_classes


def labels(files: list[str], known: tuple[str, ...] | None = None) -> tuple[tuple[str, ...], list[int] | None]:
    found = folder_classes(files, known)
    return found.names, None if found.labels is None else found.labels.tolist()


def test_a_folder_around_everything_is_no_class() -> None:
    assert labels(["a.png"]) == ((), None) == labels([])
    assert labels(["cat/a.png", "cat/b.png"]) == (("cat",), [0, 0])
    assert labels(["x/cat/a.png", "x/dog/b.png"]) == (("cat", "dog"), [0, 1])
    assert labels(["x/cat/a.png", "x/b.png"]) == (("x",), [0, 0])


def test_splits_are_no_classes_and_are_said() -> None:
    files = ["val/dog/a.png", "train/cat/b.png", "train/dog/c.png"]
    assert labels(files) == (("cat", "dog"), [1, 0, 1])
    assert labels([f"mine/{file}" for file in files]) == (("cat", "dog"), [1, 0, 1])
    assert labels(["Train/images/cat/a.png", "Val/images/cow/b.png"]) == (("cat", "cow"), [0, 1])
    (note,) = folder_classes(files, None).notes
    assert note.startswith("the folders train and val are taken for splits, not for classes; the pictures of all")
    assert labels(["train/a.png", "test/b.png"]) == ((), None)


def test_splits_beside_other_folders_are_said() -> None:
    files = ["train/cat/a.png", "test/dog/b.png", "extra/cat/c.png"]
    (said,) = folder_classes(files, None).notes
    assert said.startswith("the folders that are called like splits (test, train) are classes here, as others lie")
    assert not folder_classes(["train/a.png", "plane/b.png"], None).notes  # a train is a thing to ride on
    assert not folder_classes(files, ()).notes


def test_a_class_may_be_called_like_a_split() -> None:
    assert labels(["train/a.png", "truck/b.png"]) == (("train", "truck"), [0, 1])
    assert labels(["train/a.png", "test/b.png"], ("Train", "test")) == (("test", "train"), [0, 1])
    assert labels(["train/a.png"]) == (("train",), [0])


def test_names_are_compared_in_one_normal_form() -> None:
    found = match_classes([unicodedata.normalize("NFD", "Café_au  lait"), "DOG", ""], ("dog", "café AU lait"))
    assert found.labels is not None and found.labels.tolist() == [1, 0, -1] and not found.notes
    assert found.names == ("Café au lait", "DOG")


def test_two_spellings_of_a_class_are_one_and_are_said() -> None:
    found = match_classes(["dog", "DOG", "cat", "d_og"], None)
    assert found.names == ("DOG", "cat", "d og") and found.labels is not None and found.labels.tolist() == [0, 0, 1, 2]
    assert found.notes == ("DOG and dog are taken for one class, DOG",)


def test_classes_that_are_no_labels_are_counted_and_named() -> None:
    known = ("cat", "dog", "cow")
    assert match_classes(["x", "y"], known).notes == (
        "none of the 2 classes (x, y) is one of the 3 labels, so there is no accuracy",
    )
    assert match_classes(["x"], known).notes == ("its only class (x) is none of the 3 labels, so there is no accuracy",)
    assert match_classes(["cat", "dog", "x"], known).notes == (
        "2 of the 3 classes are labels; pictures of the others (x) count in no accuracy",
    )
    assert not match_classes(["cat", "dog", "cow"], known).notes and not match_classes(["x"], ()).notes


def test_classes_that_are_numbers_are_places_of_labels_or_said() -> None:
    """Sorted as texts they would be 0, 1, 10, 2; as ImageNet-V2's folders they count the labels."""
    files = [f"{number}/{number}.png" for number in (0, 1, 10, 2)]
    found = folder_classes(files, [f"label {i}" for i in range(11)])
    assert found.numbered and found.labels is not None and found.labels.tolist() == [0, 1, 10, 2]
    assert found.notes == (
        "its classes (0, 1, 10 and 1 more) are numbers, taken for the places of labels, the first being 0",
    )
    short = folder_classes(files, ["cat", "dog"])
    assert short.labels is None and short.notes[0].startswith("none of the 4 classes")
    digits = folder_classes(files, ["0", "1", "2", "10"])
    assert digits.labels is not None and digits.labels.tolist() == [0, 1, 3, 2] and not digits.notes
    words = folder_classes(files, None)
    assert words.names == ("0", "1", "10", "2") and "are numbers, read as words" in words.notes[0]
    assert not folder_classes(files, ()).notes
