"""Images with a key of their content: decoded once, hashed once, and looked at again where a file changes."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import pytest
import torch
from PIL import Image

from ood_studio.data import keyed_images
from ood_studio.data.images import ImageError
from ood_studio.data.keyed_images import ImageFiles, KeyedImage, image_key
from ood_studio.studio.workbench import Workbench


def saved(path: Path, colour: str, size: tuple[int, int] = (8, 6)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def test_equal_images_have_one_key_and_others_another() -> None:
    image = Image.new("RGB", (4, 2), "red")
    assert image_key(image) == image_key(image.copy()) == KeyedImage.of(image).key
    others = [Image.new("RGB", (2, 4), "red"), Image.new("RGB", (4, 2), "blue"), image.convert("L")]
    assert len({image_key(image), *map(image_key, others)}) == 4


def test_a_key_that_is_known_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    keyed = KeyedImage.of(Image.new("RGB", (4, 2), "red"))
    monkeypatch.setattr(keyed_images, "image_key", None)
    assert KeyedImage.of(keyed) is keyed


def test_a_file_is_decoded_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, files = saved(tmp_path / "a.png", "red"), ImageFiles()
    decoded: list[Path] = []
    decode = keyed_images.decode_image

    def counted(source: Path, *, name: str | None = None) -> Image.Image:
        decoded.append(source)
        return decode(source, name=name)

    monkeypatch.setattr(keyed_images, "decode_image", counted)
    first = files.open(path)
    assert files.open(str(path)) is first and first.image.getpixel((0, 0)) == (255, 0, 0)
    assert len(decoded) == 1
    saved(path, "blue")
    os.utime(path, ns=(1, 1))
    changed = files.open(path)
    assert len(decoded) == 2 and changed.key != first.key
    files.clear()
    assert files.open(path).key == changed.key and len(decoded) == 3


def test_what_was_opened_last_stays_within_the_bytes(tmp_path: Path) -> None:
    files = ImageFiles(max_bytes=2 * 8 * 6 * 4)
    paths = [saved(tmp_path / f"{colour}.png", colour) for colour in ("red", "green", "blue")]
    red, green, blue = map(files.open, paths)
    assert files.open(paths[2]) is blue and files.open(paths[1]) is green
    assert files.open(paths[0]) is not red


def test_a_file_that_cannot_be_read_is_looked_at_again(tmp_path: Path) -> None:
    path, files = tmp_path / "late.png", ImageFiles()
    with pytest.raises(ImageError, match=r"late\.png is missing"):
        files.open(path)
    path.write_bytes(b"no picture")
    with pytest.raises(ImageError, match="My photo"):
        files.open(path, name="My photo")
    assert files.open(saved(path, "red")).image.size == (8, 6)


def test_an_image_for_later_is_decoded_again_only_where_there_was_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ImageFiles(max_bytes=2 * 8 * 6 * 4)
    paths = [saved(tmp_path / f"{colour}.png", colour) for colour in ("red", "green", "blue")]
    later = [files.later(path, name="mine") for path in paths]
    assert [each.key for each in later] == [image_key(Image.open(path).convert("RGB")) for path in paths]
    assert all(KeyedImage.of(each) is each and each.note == "" for each in later)
    decoded: list[str] = []
    decode = keyed_images.decode_image
    monkeypatch.setattr(
        keyed_images, "decode_image", lambda path, name: decoded.append(Path(path).name) or decode(path, name=name)
    )
    assert [each.key for each in map(files.later, paths)] == [each.key for each in later]
    assert decoded == []  # another setting asks for keys alone, and these are known
    assert [each.image.getpixel((0, 0)) for each in reversed(later)] == [(0, 0, 255), (0, 128, 0), (255, 0, 0)]
    assert decoded == ["red.png"]
    paths[1].unlink()
    with pytest.raises(ImageError, match="mine is missing"):
        later[1].image  # noqa: B018


def test_many_large_images_are_explored_without_being_held_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most the one that is preprocessed, and what the store of files may hold, is there at a time."""
    files = ImageFiles(max_bytes=1)
    later = [files.later(saved(tmp_path / f"{i}.png", "red", (40 + i, 40))) for i in range(12)]
    alive: list[weakref.ref[Image.Image]] = []
    most = 0
    decode = keyed_images.decode_image

    def counted(path: Path, *, name: str | None = None) -> Image.Image:
        nonlocal most
        image = decode(path, name=name)
        alive.append(weakref.ref(image))
        most = max(most, sum(ref() is not None for ref in alive))
        return image

    monkeypatch.setattr(keyed_images, "decode_image", counted)
    bench = Workbench("cpu")
    backbone = bench.backbone("diorama-conv")
    found = bench.image_features(backbone, later)
    assert len(found.vectors) == 12 == len(alive) and most <= 2
    alone = bench.encode(backbone, [each.image for each in later])
    assert torch.allclose(found.vectors, alone.vectors)
