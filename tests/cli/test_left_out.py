"""What commands leave out or assume is said in their tables, in their JSON and beside what is for machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.test_commands import FEW, FEW_LABELS, ROOT, Run, run
from tests.worlds.fewer import fewer_references

__all__ = ["run"]  # a fixture


@pytest.fixture(scope="module", autouse=True)
def few_references() -> Iterator[None]:
    with fewer_references(40, 30):
        yield


@pytest.fixture
def own(tmp_path: Path) -> list[str]:
    """Flags of own pictures: a folder that is no label, a broken picture, and files that are none."""
    for name in ("known/cat/a.png", "known/cat/b", "known/blob/c.png", "strange/x.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), "green").save(tmp_path / name, "PNG")
    (tmp_path / "strange" / "cut.png").write_bytes((tmp_path / "strange" / "x.png").read_bytes()[:60])
    (tmp_path / "strange" / "Thumbs.db").write_bytes(b"x")
    data = ["--id-data", str(tmp_path / "known"), "--ood-data", str(tmp_path / "strange")]
    return [*data, "--labels", "Cat\nfish, raw", "--scorers", "mcm", "knn", "--resamples", "0"]


SAID = (
    "known: 1 of the 2 classes are labels; pictures of the others (blob) count in no accuracy.",
    "strange: 1 file is no picture and was left out: Thumbs.db.",
    "Each line was taken as one label, with the commas in it: fish, raw.",
)


def test_bench_says_what_it_left_out_in_its_tables(run: Run, own: list[str]) -> None:
    for form in ("table", "markdown"):
        code, out, err = run("bench", *FEW, *own, *FEW_LABELS, "--format", form)
        assert code == 0 and not err and "2 ID labels: Cat, fish, raw." in out
        assert "Pictures: 3 of known, 1 of strange." in out and "100.0 %" in out
        assert all(sentence in out for sentence in SAID)
        assert "knn could not run: " in out and "One picture of strange could not be read and was left out:" in out
        assert "  cut.png " in out
    code, out, err = run("bench", *FEW, *own, *FEW_LABELS, "--format", "csv")
    assert out.count("\n") == 2 and all(sentence in err for sentence in SAID) and "cut.png" in err


def test_bench_says_what_it_left_out_in_json(run: Run, own: list[str]) -> None:
    answer = json.loads(run("bench", *FEW, *own, *FEW_LABELS, "--json")[1])
    assert answer["labels"] == ["Cat", "fish, raw"] and set(SAID) <= set(answer["notes"])
    assert list(answer["problems"]) == ["strange"] and list(answer["problems"]["strange"]) == ["cut.png"]
    assert set(answer["unavailable"]) == {"knn"}


def test_mine_says_which_labels_it_uses(run: Run) -> None:
    choice = [*FEW, "--labels", "diorama20", "--count", "5"]
    code, out, err = run("mine", *choice)
    assert (
        code == 0
        and out.startswith("rank,word")
        and err.splitlines()
        == [
            "1 ID labels: diorama20",
            "Taken as a single label; the preset is called diorama-20.",
        ]
    )
    answer = json.loads(run("mine", *choice, "--json")[1])
    assert answer["labels"] == ["diorama20"] and answer["notes"] == [err.splitlines()[1]]
    listed = json.loads(run("mine", *FEW, "--labels", "tench, Tinca\ncrane\nCrane", "--count", "5", "--json")[1])
    assert listed["labels"] == ["tench, Tinca", "crane"] and len(listed["notes"]) == 2


def test_explore_skips_leftovers_and_says_what_is_no_picture(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), "red").save(tmp_path / "IMG_1", "PNG")
    Image.new("RGB", (9, 9), "red").save(tmp_path / "b.jfif", "JPEG")
    for name in ("._b.jfif", ".DS_Store", "__MACOSX/b.jfif", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    code, out, err = run("explore", tmp_path, *FEW, "--count", "60", "--json")
    answer = json.loads(out)
    assert code == 0 and [Path(each["name"]).name for each in answer["results"]] == ["IMG_1", "b.jfif"]
    note = f"{tmp_path}: 1 file is no picture and was left out: Thumbs.db."
    assert answer["problems"] == {} and answer["notes"][0] == note and note in err


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_names_that_are_not_utf8_survive_a_whole_run(run: Run, tmp_path: Path) -> None:
    """Folders, classes and files: tables, JSON and the database of results, and standard output that takes no more."""
    top = os.fsencode(tmp_path)
    for name in (b"m\xe9re/caf\xe9/\xff.png", b"m\xe9re/dog/a.png", b"\xf6dd/x.png"):
        os.makedirs(os.path.dirname(os.path.join(top, name)), exist_ok=True)
        with open(os.path.join(top, name), "wb") as file:
            Image.new("RGB", (30, 20), "green").save(file, "PNG")
    with open(os.path.join(top, b"\xf6dd", b"\xfe.png"), "wb") as file:
        file.write(b"broken")
    inside, outside = (os.fsdecode(os.path.join(top, name)) for name in (b"m\xe9re", b"\xf6dd"))
    choice = ["--id-data", inside, "--ood-data", outside, "--scorers", "mcm", "--resamples", "0", *FEW, *FEW_LABELS]
    answer = json.loads(run("bench", *choice, "--json")[1])
    (row,) = answer["results"]
    assert (row["id"], row["ood"], row["n_id"], row["n_ood"]) == ("m\\xe9re", "\\xf6dd", 2, 1)
    assert answer["labels"] == ["caf\\xe9", "dog"] and list(answer["problems"]["\\xf6dd"]) == ["\\xfe.png"]

    from ood_studio.evaluation.results import ResultStore

    kept = ResultStore().runs()[0]
    assert (kept.id, kept.ood, kept.asked["id_data"]) == ("m\\xe9re", ("\\xf6dd",), inside)

    explored = ["explore", outside, *FEW, "--count", "60", "--labels", "cat, dog"]
    assert r"\\xf6dd/x.png" in run(*explored, "--json")[1]
    done = subprocess.run(
        [sys.executable, "-m", "ood_studio", *explored],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )
    assert done.returncode == 0 and b"\\xf6dd/x.png" in done.stdout.replace(b"\\\\", b"\\"), done.stderr.decode()
