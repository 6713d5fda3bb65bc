"""Images with a key of their content: decoded once, hashed once, and looked at again where a file changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from ood_studio.data import keyed_images
from ood_studio.data.images import ImageError
from ood_studio.data.keyed_images import ImageFiles, KeyedImage, image_key


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
    files = ImageFiles(max_bytes=2 * 8 * 6 * 3)
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
