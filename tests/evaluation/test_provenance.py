"""What a row says of its data and model, and that equal runs give equal files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.progress import silent
from ood_studio.data import content
from ood_studio.data.content import origin_of
from ood_studio.data.dataset import Subset
from ood_studio.data.folders import FolderDataset
from ood_studio.data.image_lists import ImageListDataset
from ood_studio.evaluation.export import to_csv, to_json
from ood_studio.evaluation.report import result_dict
from ood_studio.evaluation.results import ResultStore
from ood_studio.evaluation.rows import Row
from tests.evaluation.rows import row
from tests.evaluation.test_bench import whole


def picture(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4, 3), level, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    for i in range(3):
        picture(tmp_path / "one" / "cat" / f"{i}.png", 10 * i)
    return tmp_path / "one"


def test_a_copy_has_the_same_content_in_another_place(folder: Path, tmp_path: Path) -> None:
    first = origin_of(FolderDataset(folder))
    shutil.copytree(folder, tmp_path / "two")
    copied = origin_of(FolderDataset(tmp_path / "two", "other name"))
    assert first.content == copied.content and len(first.content) == 16
    assert (first.place, copied.place) == (str(folder), str(tmp_path / "two"))
    picture(tmp_path / "two" / "cat" / "1.png", 11)
    assert origin_of(FolderDataset(tmp_path / "two")).content != first.content
    (folder / "cat" / "2.png").rename(folder / "cat" / "3.png")
    assert origin_of(FolderDataset(folder)).content != first.content


def test_a_part_of_a_set_is_content_of_its_own(folder: Path) -> None:
    whole_set = FolderDataset(folder)
    part = Subset(whole_set, 2, 0)
    assert origin_of(part).place == str(folder)
    assert origin_of(part).content == origin_of(Subset(FolderDataset(folder), 2, 0)).content
    assert origin_of(part).content != origin_of(whole_set).content


def test_only_the_files_of_a_part_are_read(folder: Path, tmp_path: Path) -> None:
    lines = "".join(f"cat/{i}.png {i}\n" for i in range(3))
    (tmp_path / "list.txt").write_text(lines)
    for whole_set in (FolderDataset(folder), ImageListDataset(tmp_path / "list.txt", root=str(folder))):
        part = Subset(whole_set, 2, 0)
        names = [path.name for _, path in part.files() if path.suffix == ".png"]
        assert names == [Path(part.caption(i)).name for i in range(2)] and len(part) == 2
        assert len(part.files()) == 2 + len(whole_set.files()) - 3
        assert origin_of(part).place == whole_set.place


def test_files_are_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = origin_of(FolderDataset(folder)).content
    monkeypatch.setattr(content, "_content", lambda dataset, progress=silent: pytest.fail("read again"))
    assert origin_of(FolderDataset(folder)).content == first
    content._KEPT.clear()  # as in another process
    assert origin_of(FolderDataset(folder)).content == first


def test_equal_runs_give_the_same_bytes() -> None:
    first, second = whole(resamples=5), whole(resamples=5)
    assert to_csv(first.rows) == to_csv(second.rows) and to_json(first.rows) == to_json(second.rows)
    assert json.dumps(result_dict(first)) == json.dumps(result_dict(second))
    assert {key: set(found) for key, found in first.seconds.items()} == {
        row.scorer: {"near", "far"} for row in first.rows
    }


def test_a_row_says_only_what_its_score_read() -> None:
    result = whole(
        resamples=0,
        prompting={"prompts": "photo"},
        mining={"corpus": "words"},
        model={"weights": "ab", "device": "cpu"},
    )
    found = {row.scorer: row for row in result.rows if row.ood == "near"}
    assert found["neglabel"].params["corpus"] == "words" and found["mcm"].params["prompts"] == "photo"
    assert "corpus" not in found["mcm"].params
    about = found["mcm"].provenance
    assert about["weights"] == "ab" and set(about["id"]) == {"place", "content"} and "train" not in about


@pytest.mark.parametrize(("version", "lacks"), [(1, {"provenance", "protocol"}), (2, {"protocol"})])
def test_results_of_before_are_read_and_gone_on_with(tmp_path: Path, version: int, lacks: set[str]) -> None:
    store = ResultStore(tmp_path / "results.sqlite3")
    names = [field.name for field in fields(Row) if field.name not in lacks]
    older = {name: getattr(row(), name) for name in names} | {"params": '{"tau": 0.01}', "versions": "{}"}
    if "provenance" in older:
        older["provenance"] = "{}"
    with sqlite3.connect(store.path) as db:
        columns = ", ".join(f'"{name}"' for name in [*names, "seconds"])
        db.execute(f"CREATE TABLE results (number INTEGER PRIMARY KEY, added TEXT NOT NULL, {columns})")
        db.execute(f"PRAGMA user_version = {version}")
        places = ", ".join("?" * (len(names) + 2))
        db.execute(f"INSERT INTO results (added, {columns}) VALUES ({places})", ["then", *older.values(), 0.5])
    db.close()
    (before,) = store.read()
    assert before.provenance == {} == before.protocol and before.params == {"tau": 0.01}
    assert store.append([row()])
    assert [each.provenance for each in store.read()] == [{}, row().provenance]
    assert len(store.runs()) == 2
