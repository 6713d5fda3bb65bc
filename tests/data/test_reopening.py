"""Datasets of every kind, opened again from a plain description: here, in another process, and after a change."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.attacks.defences import Defence, Defended
from ood_studio.core.errors import StudioError
from ood_studio.data.cifar import CifarDataset
from ood_studio.data.dataset import Dataset, Subset, reopen
from ood_studio.data.sources import open_dataset
from ood_studio.worlds.diorama_dataset import diorama_dataset

LABELS = ("dog", "big cat")


def folder(root: Path) -> Path:
    for i, name in enumerate(("dog/a.png", "dog/b.png", "big_cat/c.png", "house/d.png")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (i * 40, 100, 7)).save(root / name)
    return root


def as_zip(root: Path) -> Path:
    with zipfile.ZipFile(root.with_suffix(".zip"), "w") as archive:
        for file in sorted(folder(root).rglob("*.png")):
            archive.write(file, file.relative_to(root))
    return root.with_suffix(".zip")


def as_list(root: Path) -> Path:
    folder(root)
    list_file = root.parent / "lists" / "mine.txt"
    list_file.parent.mkdir()
    list_file.write_text("dog/b.png 0\nbig_cat/c.png 1\nhouse/d.png -1\n")
    return list_file


def saved(root: Path) -> Path:
    import datasets

    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["dog", "big_cat"])})
    files = [str(file) for file in sorted(folder(root).rglob("*.png"))[:2]]
    rows = {"image": [{"bytes": Path(file).read_bytes(), "path": None} for file in files], "label": [1, 0]}
    datasets.DatasetDict({"train": datasets.Dataset.from_dict(rows, features)}).save_to_disk(root.parent / "saved")
    return root.parent / "saved"


def arrays(root: Path) -> Path:
    np.save(root.with_suffix(".npy"), np.eye(3, 5))
    return root.with_suffix(".npy")


def cifar(root: Path) -> Dataset:
    files = [root.with_name(f"batch_{i}.bin") for i in range(2)]
    for i, file in enumerate(files):
        (np.arange(2 * 3073) % (250 + i)).astype(np.uint8).tofile(file)
    return CifarDataset(files, "CIFAR-10", label_bytes=1, labelled=False)


KINDS: dict[str, Callable[[Path], Dataset]] = {
    "folder": lambda root: open_dataset(str(folder(root)), name="my folder", labels=LABELS),
    "own classes": lambda root: open_dataset(str(folder(root))),
    "no labels": lambda root: open_dataset(str(folder(root)), labels=()),
    "zip": lambda root: open_dataset(str(as_zip(root)), labels=LABELS),
    "image list": lambda root: open_dataset(str(as_list(root)), labels=LABELS, root=str(root)),
    "image list, no labels": lambda root: open_dataset(str(as_list(root)), labels=(), root=str(root)),
    "hub": lambda root: open_dataset(f"{saved(root)}@train", name="from the hub", labels=LABELS),
    "arrays": lambda root: open_dataset(str(arrays(root)), labels=()),
    "cifar": cifar,
    "subset": lambda root: Subset(Subset(open_dataset(str(folder(root))), 3, seed=1), 2, seed=5),
    "diorama": lambda root: diorama_dataset("id-test", 3, 4, name="mine"),
    "defended": lambda root: Defended(open_dataset(str(folder(root))), Defence("jpeg", 50.0), view=0),
}


def read(dataset: Dataset) -> list[object]:
    """Everything that a dataset says and shows."""
    labels = None if dataset.labels is None else dataset.labels.tolist()
    about: list[object] = [dataset.name, dataset.key, len(dataset), list(dataset.classes), labels]
    for i in range(len(dataset)):
        try:
            image = dataset.load(i).tobytes().hex()
        except StudioError as error:
            image = str(error)
        about += [dataset.caption(i), image]
    return about


@pytest.mark.parametrize("kind", KINDS)
def test_reopened_from_plain_values_and_from_pickle(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = KINDS[kind](Path("mine"))  # a relative path, which means nothing elsewhere
    expected = read(dataset)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = reopen(json.loads(json.dumps(dataset.description())))
    assert type(again) is type(dataset) and read(again) == expected
    assert again.description() == dataset.description()
    dataset.prepare()
    assert read(pickle.loads(pickle.dumps(dataset))) == expected
    dataset.name = "called otherwise"  # as a suite does with names that are taken
    assert reopen(dataset.description()).name == "called otherwise"


CHILD = """
import json, sys
from ood_studio.data.dataset import reopen
asked = json.load(sys.stdin)
found = [reopen(each) for each in asked]
json.dump([[each.key, len(each), list(each.load(0).size)] for each in found], sys.stdout)
"""


def test_another_process_opens_what_it_has_never_imported(tmp_path: Path) -> None:
    made = [
        KINDS[kind](tmp_path / f"{i}" / "mine") for i, kind in enumerate(("folder", "subset", "diorama", "defended"))
    ]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([each.description() for each in made]),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert json.loads(done.stdout) == [[each.key, len(each), list(each.load(0).size)] for each in made]


def test_what_changed_since_is_one_sentence(tmp_path: Path) -> None:
    dataset = KINDS["folder"](tmp_path / "mine")
    description = dataset.description()
    (tmp_path / "mine" / "dog" / "new.png").write_bytes((tmp_path / "mine" / "dog" / "a.png").read_bytes())
    with pytest.raises(StudioError, match="my folder has changed since it was described"):
        reopen(description)
    with pytest.raises(StudioError, match="there is no folder"):
        reopen(description | {"arguments": {"root": str(tmp_path / "gone")}})


class Held(Dataset):
    """A kind that cannot be sent."""

    name, key, labels = "held", "held", None

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return 1

    def load(self, index: int) -> Image.Image:
        return Image.new("RGB", (1, 1))

    def caption(self, index: int) -> str:
        return "held"


def test_what_cannot_be_reopened_says_so() -> None:
    for send in (Held().description, lambda: pickle.dumps(Held())):
        with pytest.raises(StudioError, match="held cannot be opened again in another process"):
            send()
    good = {"dataset": "ood_studio.data.folders:FolderDataset", "name": "x", "key": "x", "arguments": {}}
    for wrong in (
        {},
        good | {"dataset": "nowhere:Nothing"},
        good | {"dataset": "ood_studio.data.folders:Nothing"},
        good | {"dataset": "os.path:join"},
        good | {"arguments": 3},
        good | {"arguments": {"path": "x"}},
    ):
        with pytest.raises(StudioError, match="this describes no dataset that can be opened"):
            reopen(wrong)
