"""Data sets of the hub, as ``save_to_disk`` writes them: columns chosen or asked for, labels of every kind."""

from __future__ import annotations

import io
import json
import socket
import time
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import reopen
from ood_studio.data.folders import FolderDataset
from ood_studio.data.hub import HubDataset, is_hub_id
from ood_studio.data.sources import open_dataset


def png(colour: str) -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


def saved(folder: Path, kinds: dict[str, Any], **rows: list[Any]) -> str:
    datasets.Dataset.from_dict(rows, datasets.Features(kinds)).save_to_disk(folder)
    return str(folder)


IMAGE = {"image": datasets.Image()}
TWO = [png("red"), png("blue")]
CLASSES = datasets.ClassLabel(names=["cat", "big_dog"])
TEXT, WHOLE = datasets.Value("string"), datasets.Value("int64")


def test_data_sets_saved_to_disk(tmp_path: Path) -> None:
    features = datasets.Features({**IMAGE, "label": CLASSES})
    rows = {"image": [*TWO, None], "label": [1, 0, None]}
    folder = tmp_path / "me@home" / "C#" / "mine"
    datasets.DatasetDict({"train": datasets.Dataset.from_dict(rows, features)}).save_to_disk(folder)
    found = open_dataset(f"{folder}@train")
    assert open_dataset(str(folder)).key == found.key == open_dataset(f"{folder}#image,label").key
    assert found.name == "mine" and found.labels is not None and found.labels.tolist() == [0, 1, -1]
    assert found.classes == ("big dog", "cat") and found.load(1).getpixel((0, 0)) == (0, 0, 255)
    assert not found.numbered
    with pytest.raises(StudioError, match="mine 3 is empty"):
        found.load(2)
    with pytest.raises(StudioError, match="no split 'test'"):
        open_dataset(f"{folder}@test")


def test_of_several_columns_of_images_one_is_asked_for(tmp_path: Path) -> None:
    where = saved(tmp_path / "a", {"left": datasets.Image(), "right": datasets.Image()}, left=TWO, right=TWO[::-1])
    with pytest.raises(StudioError, match=r"several columns of pictures \(left, right\); name one, as in .*/a#left$"):
        open_dataset(where)
    found = open_dataset(f"{where}#right")
    assert found.load(0).getpixel((0, 0)) == (0, 0, 255) and found.key != open_dataset(f"{where}#left").key
    assert reopen(found.description()).load(0).getpixel((0, 0)) == (0, 0, 255)
    with pytest.raises(StudioError, match="no pictures in a column 'middle'; its columns of pictures are left, right"):
        open_dataset(f"{where}#middle")
    broken = saved(tmp_path / "b", {**IMAGE, "mask": datasets.Image()}, image=TWO, mask=[TWO[0], {"bytes": b"torn"}])
    assert open_dataset(f"{broken}#image").load(1).getpixel((0, 0)) == (0, 0, 255)


def test_of_several_columns_of_labels_one_is_asked_for(tmp_path: Path) -> None:
    kinds = {**IMAGE, "fine": CLASSES, "coarse": datasets.ClassLabel(names=["thing"]), "text": TEXT}
    where = saved(tmp_path / "a", kinds, image=TWO, fine=[0, 1], coarse=[0, 0], text=["x", "y"])
    with pytest.raises(StudioError, match=r"several columns of labels \(fine, coarse\); .* as in .*/a#image,fine$"):
        open_dataset(where)
    assert open_dataset(f"{where}#image,coarse").classes == ("thing",)
    assert open_dataset(f"{where}#,text").classes == ("x", "y")
    assert open_dataset(where, labels=()).labels is None  # nobody asks for labels of OOD images
    with pytest.raises(StudioError, match="no labels in a column 'colour'; possible are fine, coarse, text"):
        open_dataset(f"{where}#image,colour")


def test_labels_that_are_texts_or_numbers(tmp_path: Path) -> None:
    named = open_dataset(saved(tmp_path / "a", {**IMAGE, "Label": TEXT}, image=TWO, Label=["dog", None]))
    assert named.classes == ("dog",) and named.labels is not None and named.labels.tolist() == [0, -1]
    where = saved(tmp_path / "b", {**IMAGE, "label": WHOLE}, image=TWO, label=[1, -7])
    numbered = open_dataset(where, labels=("cat", "dog"))
    assert numbered.numbered and numbered.labels is not None and numbered.labels.tolist() == [1, -1]
    with pytest.raises(StudioError, match="b has the label 1, but there are 1 labels"):
        open_dataset(where, labels=("cat",))
    plain = open_dataset(saved(tmp_path / "c", {**IMAGE, "caption": TEXT}, image=TWO, caption=["a", "b"]))
    assert plain.labels is None and plain.classes == ()


def test_an_empty_data_set_says_so(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"/a is empty: there is no row in it$"):
        open_dataset(saved(tmp_path / "a", IMAGE, image=[]))
    datasets.DatasetDict({}).save_to_disk(tmp_path / "b")
    with pytest.raises(StudioError, match=r"/b is empty: it has no split$"):
        open_dataset(str(tmp_path / "b"))


def test_a_folder_of_images_may_hold_a_file_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(TWO[0]["bytes"])
    (tmp_path / "dataset_info.json").write_text(json.dumps({"description": "mine"}))
    found = open_dataset(str(tmp_path))
    assert isinstance(found, FolderDataset) and found.notes[0].endswith("left out: dataset_info.json")


def test_a_data_set_without_the_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(StudioError, match="needs the package datasets: pip install datasets"):
        open_dataset("hf:someone/pictures")


def test_ids_of_the_hub() -> None:
    names = ["uoft-cs/cifar10", "hf:a/b", "a/b:config", "a/b@test", "a/b:config@test", "a/b@test#image,label"]
    assert all(map(is_hub_id, names))
    assert not any(map(is_hub_id, ["folder", "/abs/path", "./a/b", "a/b/c"]))


def test_the_hub_is_asked_for_what_is_named_so_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(HubDataset, "__init__", lambda *given: pytest.fail("the hub was asked"))
    with pytest.raises(StudioError) as caught:
        open_dataset("photos/knwon")
    assert str(caught.value).startswith(
        "there is no folder photos/knwon; a dataset of the Hugging Face Hub is named hf:photos/knwon; expected"
    )
    for where, said in (("photos/known.zip", "no file photos/known.zip"), ("./a/b/c", "no folder ./a/b/c; expected")):
        with pytest.raises(StudioError, match=f"^there is {said}"):
            open_dataset(where)


def test_an_error_of_the_project_is_not_wrapped_in_another(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"^the folder .* holds no picture"):
        open_dataset(str(tmp_path))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Caches of the hub in a folder of their own, and no hub."""
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    return tmp_path


def pets(count: int = 2) -> Any:
    rows = {"image": (TWO * count)[:count], "label": [1, 0, 1, 0][:count]}
    return datasets.Dataset.from_dict(rows, datasets.Features({**IMAGE, "label": CLASSES}))


def test_tables_in_a_folder_are_a_data_set(offline: Path) -> None:
    """As a clone of one of the hub's data sets is."""
    (offline / "pets" / "data").mkdir(parents=True)
    for part in range(2):
        pets().to_parquet(offline / "pets" / "data" / f"train-0000{part}-of-00002.parquet")
    pets(3).to_parquet(offline / "pets" / "data" / "test-00000-of-00001.parquet")
    assert len(open_dataset(str(offline / "pets"))) == 3
    found = open_dataset(f"{offline / 'pets'}@train", labels=("big dog", "cat"))
    assert found.labels is not None and found.labels.tolist() == [0, 1, 0, 1]
    assert found.load(1).getpixel((0, 0)) == (0, 0, 255) and len(reopen(found.description())) == 4
    with pytest.raises(StudioError, match=r"has no split 'dev'; it has train, test$"):
        open_dataset(f"{offline / 'pets'}@dev")


def test_without_a_network_the_cache_of_the_hub_is_read(offline: Path) -> None:
    held = offline / "hub" / "datasets--lab--pets"
    snapshot = held / "snapshots" / "0123456789012345678901234567890123456789"
    snapshot.mkdir(parents=True)
    (held / "refs").mkdir()
    (held / "refs" / "main").write_text(snapshot.name)
    pets().to_parquet(snapshot / "train.parquet")
    found = open_dataset("hf:lab/pets")
    assert len(found) == 2 and found.classes == ("big dog", "cat") and found.name == "pets"
    assert found.notes == (
        "lab/pets is read from the local Hugging Face cache, as offline mode is on (HF_HUB_OFFLINE)",
    )


def test_without_a_network_what_the_library_has_prepared_is_read(offline: Path) -> None:
    from datasets.splits import SplitDict, SplitInfo

    folder = offline / "datasets" / "lab___my_pets" / "default" / "0.0.0" / "abc"
    pets(4).save_to_disk(offline / "made", num_shards=2)
    folder.mkdir(parents=True)
    for part, file in enumerate(sorted((offline / "made").glob("*.arrow"))):
        file.rename(folder / f"my_pets-train-0000{part}-of-00002.arrow")
    about = datasets.DatasetInfo(features=pets().features, splits=SplitDict({"train": SplitInfo("train", 0, 4)}))
    about.write_to_directory(str(folder))
    found = open_dataset("hf:lab/MyPets@train")
    assert len(found) == 4 and found.labels is not None and found.classes == ("big dog", "cat")
    assert found.load(3).getpixel((0, 0)) == (0, 0, 255)
    with pytest.raises(StudioError, match=r"has no split 'test'; it has train$"):
        open_dataset("hf:lab/MyPets@test")


def test_a_hub_that_cannot_be_reached_is_said_within_seconds(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    from ood_studio.hub import download

    with pytest.raises(StudioError, match=r"offline mode is on .*, and it is not in the local Hugging Face cache$"):
        open_dataset("hf:lab/pets")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(download, "_PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls and never answers
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(
            StudioError, match=r"hf:lab/pets cannot be had: http://127.0.0.1:\d+ cannot be reached, and"
        ):
            open_dataset("hf:lab/pets")
        assert time.monotonic() - began < 20  # its own library asks again and again
