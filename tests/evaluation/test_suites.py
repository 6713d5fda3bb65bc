"""Suites: which sets they open, with which labels, and what they say where data are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import load_split, scenes
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.evaluation.suites import open_suite, suites
from ood_studio.labels.presets import load_preset
from ood_studio.worlds.diorama_dataset import describe, diorama_dataset


def pictures(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "red").save(root / name)
    return root


@pytest.mark.parametrize("name", [name for name, suite in suites().items() if not suite.needs_data])
def test_diorama_suites(name: str) -> None:
    suite = open_suite(name, seed=3, count=12, train_count=15)
    assert suite.name == name and suite.labels in (ID_CLASSES, ID_CLASSES[:10]) and not suite.notes
    assert suite.train is not None and len(suite.train) == 15 and len(suite.id) == 12
    for inside in (suite.id, suite.train):
        assert inside.labels is not None and inside.labels.min() >= 0 and inside.labels.max() < len(suite.labels)
    assert suite.train.key != suite.id.key and suite.train.name not in {suite.id.name, *suite.ood}
    for key, outside in suite.ood.items():
        assert key == outside.name != suite.id.name and len(outside) == 12


def test_a_split_as_a_set_of_pictures() -> None:
    drawn = load_split("near-ood", 5, 6)
    split = diorama_dataset("near-ood", 5, 6)
    assert split.labels is not None and (split.labels == -1).all()
    before = np.asarray(split.load(2))
    stages: list[str] = []
    split.prepare(lambda stage, done, total: stages.append(stage))
    np.testing.assert_array_equal(before, drawn.pixels[2])
    np.testing.assert_array_equal(np.asarray(split.load(2)), drawn.pixels[2])
    assert split.show(2) == render(drawn.scenes[2], 512)
    main = drawn.scenes[2].main
    assert main is not None and main.name in split.caption(2)
    assert split.key == diorama_dataset("near-ood", 5, 6).key != diorama_dataset("near-ood", 6, 6).key
    with pytest.raises(StudioError, match="no split named 'far'"):
        diorama_dataset("far", 0, 1)
    with pytest.raises(StudioError, match="at least 1 picture"):
        diorama_dataset("near-ood", 0, 0)


@pytest.mark.parametrize(("split", "start"), [("far-ood-scenes", "nothing "), ("far-ood-textures", "")])
def test_pictures_without_an_object_are_described_too(split: str, start: str) -> None:
    (scene,) = scenes(split, 0, 1)
    assert describe(scene).startswith(start) and len(describe(scene).split()) > 2


def test_own_pictures(tmp_path: Path) -> None:
    inside = pictures(tmp_path / "in", "cat/a.png", "cat/b.png", "big_dog/c.png")
    outside = pictures(tmp_path / "out", "cat/x.png")
    learn = pictures(tmp_path / "learn", "cat/x.png", "cow/y.png")
    given = (str(outside), f"Odd things={outside}", str(inside))
    suite = open_suite("folders", id_data=str(inside), ood_data=given, train_data=str(learn))
    assert suite.labels == ("big dog", "cat") and list(suite.ood) == ["out", "Odd things", "in (2)"]
    assert suite.id.labels is not None and suite.id.labels.tolist() == [0, 1, 1]
    assert all(key == each.name and each.labels is None for key, each in suite.ood.items())
    assert suite.train is not None and suite.train.labels is not None and suite.train.labels.tolist() == [1, -1]
    typed = open_suite("folders", id_data=str(inside), ood_data=given[:1], labels="horse\ncat\n")
    assert typed.labels == ("horse", "cat") and typed.id.labels is not None and typed.id.labels.tolist() == [-1, 1, 1]


def test_own_sets_are_held_against_a_named_suite(tmp_path: Path) -> None:
    outside = pictures(tmp_path / "near-ood", "x.png")
    suite = open_suite("diorama", ood_data=(str(outside), f"attacked={outside}"), count=10)
    assert suite.id.name == "id-test" and next(iter(suite.ood)) == "near-ood"
    assert list(suite.ood)[-2:] == ["near-ood (2)", "attacked"] and len(suite.ood["attacked"]) == 1


def test_own_pictures_of_one_class_and_of_none(tmp_path: Path) -> None:
    outside = str(pictures(tmp_path / "out", "x.png"))
    one = open_suite("folders", id_data=str(pictures(tmp_path / "one", "cat/a.png")), ood_data=(outside,))
    assert one.labels == ("cat",) and one.id.labels is not None and one.id.labels.tolist() == [0]
    none = open_suite("folders", id_data=outside, ood_data=(outside,))
    assert none.labels == () and none.id.labels is None


def test_own_pictures_that_lack_a_side(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="where the ID pictures"):
        open_suite("folders", ood_data=("x",))
    with pytest.raises(StudioError, match="where the OOD pictures"):
        open_suite("folders", id_data=str(pictures(tmp_path, "a.png")))
    with pytest.raises(StudioError, match="NAME=PATH or PATH, not '=x'"):
        open_suite("folders", id_data=str(tmp_path), ood_data=("=x",))


@pytest.mark.parametrize("name", ["imagenet-ood", "openood-imagenet", "cifar-10", "cifar-100"])
def test_missing_data_say_what_whence_and_where(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StudioError) as caught:
        open_suite(name, data_root=str(tmp_path))
    said = str(caught.value)
    assert said.startswith(f"{name} lacks ") and "https://" in said and str(tmp_path) in said and "\n" not in said
    monkeypatch.setenv("OOD_STUDIO_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(StudioError, match="elsewhere"):
        open_suite(name)


def test_imagenet_where_some_sets_are_missing(tmp_path: Path) -> None:
    for i in (2, 0, 1):
        pictures(tmp_path, f"imagenet/val/n{i:08}/a.png")
    pictures(tmp_path, "SUN/images/a.png", "dtd/images/dotted/a.png")
    suite = open_suite("imagenet-ood", data_root=str(tmp_path))
    assert list(suite.ood) == ["SUN", "Textures"] and suite.train is None
    assert suite.labels == load_preset("imagenet-1k") and suite.id.labels is None  # three folders are not the classes
    notes = "\n".join(suite.notes)
    assert "ImageNet-1k has 3 pictures, not the 50,000 of the benchmark." in notes
    assert "imagenet-ood lacks iNaturalist, Places: download iNaturalist from http" in notes


def test_a_published_set_of_no_use_costs_no_other(tmp_path: Path) -> None:
    pictures(tmp_path, "imagenet/val/n01440764/a.png", "SUN/images/a.png")
    (tmp_path / "Places").mkdir()
    suite = open_suite("imagenet-ood", data_root=str(tmp_path))
    assert list(suite.ood) == ["SUN"]
    assert any(note.startswith("The OOD set Places was left out: the folder ") for note in suite.notes)
    (tmp_path / "SUN" / "images" / "a.png").unlink()
    with pytest.raises(StudioError, match=r"^The OOD set SUN was left out: the folder .* holds no picture"):
        open_suite("imagenet-ood", data_root=str(tmp_path))


def test_some_of_imagenets_folders_have_their_own_numbers(tmp_path: Path) -> None:
    pictures(tmp_path, "imagenet/val/n01443537/a.png", "imagenet/val/n01440764/b.png", "SUN/images/a.png")
    suite = open_suite("imagenet-ood", data_root=str(tmp_path))
    assert suite.id.labels is not None and suite.id.labels.tolist() == [0, 1] and len(suite.labels) == 1000


def test_imagenet_in_full_has_its_classes_in_the_order_of_their_ids(tmp_path: Path) -> None:
    first = pictures(tmp_path, "imagenet/val/n00000000/a.png") / "imagenet/val/n00000000/a.png"
    for i in range(999, 0, -1):
        (tmp_path / f"imagenet/val/n{i:08}").mkdir()
        (tmp_path / f"imagenet/val/n{i:08}/a.png").hardlink_to(first)
    pictures(tmp_path, "Places/a.png")
    suite = open_suite("imagenet-ood", data_root=str(tmp_path))
    assert suite.id.labels is not None and suite.id.labels.tolist() == list(range(1000))


def test_cifar_binary_and_openood_layouts(tmp_path: Path) -> None:
    for file, labels in (("test_batch", [3, 9]), ("data_batch_1", [1, 2, 3]), ("data_batch_2", [4])):
        records = np.zeros((len(labels), 3073), np.uint8)
        records[:, 0] = labels
        (tmp_path / "cifar-10-batches-bin").mkdir(exist_ok=True)
        records.tofile(tmp_path / "cifar-10-batches-bin" / f"{file}.bin")
    pictures(tmp_path / "images_classic", "cifar100/test/lamp/1.png", "tin/test/2.png", "tin/test/3.png")
    lists = tmp_path / "benchmark_imglist" / "cifar10"
    lists.mkdir(parents=True)
    (lists / "test_tin.txt").write_text("tin/test/3.png -1\n")
    suite = open_suite("cifar-10", data_root=str(tmp_path), train_count=3)
    assert suite.labels == load_preset("cifar-10") and suite.id.labels is not None
    assert suite.id.labels.tolist() == [3, 9]
    assert list(suite.ood) == ["CIFAR-100", "Tiny ImageNet"] and len(suite.ood["Tiny ImageNet"]) == 1
    assert all(outside.labels is None for outside in suite.ood.values())
    assert suite.train is not None and len(suite.train) == 3
    other = open_suite("cifar-100", data_root=str(tmp_path))
    assert other.id.labels is not None and other.id.labels.tolist() == [load_preset("cifar-100").index("lamp")]
    assert list(other.ood) == ["CIFAR-10", "Tiny ImageNet"] and len(other.ood["Tiny ImageNet"]) == 2


def test_unknown_suites() -> None:
    with pytest.raises(StudioError, match="unknown suite 'mnist'; expected one of diorama, diorama-hard"):
        open_suite("mnist")
