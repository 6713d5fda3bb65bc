"""Broken files of every kind that can be uploaded: they end in one sentence each, and cost no good one beside them."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from safetensors.torch import save_file

from ood_studio.core.errors import StudioError
from ood_studio.data.images import open_images
from ood_studio.data.sources import open_dataset
from ood_studio.ui.compare.uploads import own_sets


def image(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 12), "red").save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files that are whole, by name."""
    folder = tmp_path_factory.mktemp("whole")
    kinds = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "tif": "TIFF", "pgm": "PPM"}
    files = {f"a.{suffix}": image(kind) for suffix, kind in kinds.items()}
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", packing) as archive:
            archive.writestr("cat/a.png", files["a.png"])
            archive.writestr("dog\\b", files["a.jpg"])
        files[f"{packing}.zip"] = packed.getvalue()
    np.save(folder / "a.npy", np.ones((4, 3), np.float32))
    np.savez(folder / "a.npz", np.ones((4, 3)))
    save_file({"joint": torch.ones(4, 3), "labels": torch.arange(4)}, folder / "a.safetensors")
    parquet.write_table(pyarrow.table({"e": [[1.0], [3.0]], "label": ["a", "b"], "id": [1, 2]}), folder / "a.parquet")
    torch.save(torch.ones(2, 2), folder / "torch.npy")
    files |= {path.name: path.read_bytes() for path in folder.iterdir()}
    return files | {"list.txt": b"\xef\xbb\xbfa.png 0\r\nb\\c.png 1\r\n"}


def broken(chance: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10))):
        how, place = chance.randrange(4), chance.randrange(len(found) + 1)
        if how == 0:
            found = found[:place]
        elif how == 1:
            found[place : place + 1] = chance.randbytes(1)
        elif how == 2:
            found[place : place + chance.randrange(1, 40)] = chance.randbytes(chance.randrange(20))
        else:
            found += chance.randbytes(chance.randrange(50))
    return bytes(found)


@pytest.mark.parametrize("seed", range(4))
def test_broken_files_end_in_a_sentence_and_cost_no_good_one(
    whole: dict[str, bytes], seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    for i in range(40):
        name = chance.choice(sorted(whole))
        called = chance.choice(sorted(whole)) if chance.random() < 0.2 else name
        (bad := tmp_path / str(i) / called).parent.mkdir()
        bad.write_bytes(broken(chance, whole[name]))
        (good := bad.parent / "good.png").write_bytes(whole["a.png"])

        images, problems = open_images([bad, good])
        assert "good.png" in images and len(images) + len(problems) == 2

        sets = own_sets([str(good)], [str(bad), str(good)], "", ())
        places = [place.partition("=")[2] for place in sets.ood_data]
        counted = sum(len(open_dataset(place, labels=())) for place in places if "pictures" in place)
        assert counted >= 1 and (len(places) + len(sets.problems) >= 2 or counted == 2)

        for labels in (None, (), ("cat", "dog")):
            try:
                found = open_dataset(str(bad), labels=labels)
                for index in range(min(2, len(found))):
                    found.load(index)
            except StudioError as error:
                assert "\n" not in str(error) and 10 < len(str(error)) < 600
