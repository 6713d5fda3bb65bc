"""Files are there whole or not at all, and what a kill left behind is cleared away."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file

from ood_studio.core import files, tensor_files
from ood_studio.core.disk import make_room, touch
from ood_studio.core.files import (
    is_whole_png,
    scratch_file,
    scratch_folder,
    settle,
    sweep,
    sweep_below,
    write_array,
    write_bytes,
    write_image,
    write_json,
    write_text,
)
from ood_studio.core.paths import ROOT
from ood_studio.core.tensor_files import write_tensors

WRITERS: dict[str, Callable[[Path], None]] = {
    "bytes": lambda path: write_bytes(path, b"\0\r\n"),
    "text": lambda path: write_text(path, "a\nλ\r\n"),
    "json": lambda path: write_json(path, {"λ": [1, None]}),
    "image": lambda path: write_image(path, Image.new("RGB", (2, 1), "red")),
    "array": lambda path: write_array(path, np.arange(3)),
    "tensors": lambda path: write_tensors(path, {"a": torch.ones(2)}, {"about": "this"}),
}


def test_each_kind_comes_back_as_it_was(tmp_path: Path) -> None:
    at = {name: tmp_path / "new" / name for name in WRITERS}
    for name, write in WRITERS.items():
        write(at[name])
    assert at["bytes"].read_bytes() == b"\0\r\n" and at["text"].read_bytes() == "a\nλ\r\n".encode()
    assert json.loads(at["json"].read_text(encoding="utf-8")) == {"λ": [1, None]}
    assert Image.open(at["image"]).convert("RGB").getpixel((1, 0)) == (255, 0, 0)
    assert np.load(at["array"]).tolist() == [0, 1, 2] and load_file(at["tensors"])["a"].tolist() == [1, 1]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(WRITERS)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "kept"
    path.write_bytes(b"before")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[kind](path)
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_what_safetensors_says_of_the_disk_is_said_as_the_system_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError('Error while serializing: I/O error: No space left (os error 28) at path "/x/.tmpJzI7"')

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(OSError) as caught:
        write_tensors(tmp_path / "a", {"a": torch.ones(2)})
    assert (caught.value.errno, caught.value.strerror) == (errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_a_cut_picture_is_known_by_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_image(path, Image.new("RGB", (40, 30), "red"), "what it is")
    assert is_whole_png(path)
    whole = path.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b"", b"no picture"):
        path.write_bytes(content)
        assert not is_whole_png(path)
    assert not is_whole_png(tmp_path) and not is_whole_png(tmp_path / "nowhere")


def test_half_a_file_never_takes_the_place_of_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), scratch_file(path) as scratch:
        scratch.write_bytes(b"half")
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, float("nan"))
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_folders_settle_once(tmp_path: Path) -> None:
    for content in ("first", "second"):
        with scratch_folder(tmp_path / "all") as scratch:
            (scratch / "file").write_text(content)
            (scratch / "below").mkdir()
            (scratch / "below" / "lost").write_text(content)
            settle(scratch, tmp_path / "all" / "key")
        if content == "first":
            shutil.rmtree(tmp_path / "all" / "key" / "below")  # as what clears temporary folders might
    assert (tmp_path / "all" / "key" / "file").read_text() == "first"
    assert (tmp_path / "all" / "key" / "below" / "lost").read_text() == "second"
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["key"]
    (tmp_path / "all" / "taken").write_text("a file")
    with pytest.raises(OSError), scratch_folder(tmp_path / "all") as scratch:
        settle(scratch, tmp_path / "all" / "taken")


def test_only_old_scratch_files_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kept", "other"):
        with pytest.raises(RuntimeError), scratch_file(tmp_path / name) as scratch:
            scratch.write_text("half")
            monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # as if the process were killed here
            raise RuntimeError
        monkeypatch.undo()
    folder = files._scratch_path(tmp_path / "folder")
    (folder / "in").mkdir(parents=True)
    foreign = [path.rename(path.with_name(path.name.replace(files._home(), "f" * 8))) for path in tmp_path.glob(".*")]
    assert len(foreign) == 3
    folder = foreign[[path.is_dir() for path in foreign].index(True)]
    new, old = sorted(tmp_path.glob(".kept*"))[0], sorted(tmp_path.glob(".other*"))[0]
    others = [tmp_path / name for name in ("mine.tmp", ".mine.tmp")]
    for path in others:
        path.write_text("no scratch file")
    for path in (old, folder, *others):
        os.utime(path, (1e9, 1e9))
    sweep(tmp_path)
    assert set(tmp_path.iterdir()) == {new, *others}
    sweep(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform == "win32", reason="there leftovers go after a day")
def test_what_a_killed_process_left_goes_at_once_and_what_another_writes_stays(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
from ood_studio.core.files import scratch_file, scratch_folder
with scratch_file(Path({str(tmp_path)!r}) / "deep" / "a.png") as one, scratch_folder(Path({str(tmp_path)!r})) as two:
    one.write_bytes(b"half")
    (two / "b").write_bytes(b"half")
    print("there", flush=True)
    sys.stdin.read()
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, **pipes) as writer:  # type: ignore[call-overload]
        assert writer.stdout.readline().strip() == b"there"
        with scratch_file(tmp_path / "mine") as own:
            own.write_bytes(b"half")
            sweep_below(tmp_path)
            assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3  # somebody is at work on each
            writer.kill()
            writer.wait()
            sweep_below(tmp_path)
            assert [path for path in tmp_path.rglob("*") if path.is_file()] == [own]
    before = own.with_name(own.name.replace(files._RUN, "0" * 8))  # of a process that had this one's number
    before.write_bytes(b"half")
    sweep_below(tmp_path)
    assert not before.exists()


def test_the_longest_untouched_makes_room(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "kept", "oldest")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_bytes(bytes(1000))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    touch(tmp_path / "oldest")
    touch(tmp_path / "nowhere")
    make_room(tmp_path, 4000, keep=tmp_path / "kept")
    assert len(list(tmp_path.iterdir())) == 4
    make_room(tmp_path, 2500, keep=tmp_path / "kept")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "oldest"]
