"""A command decodes, hashes and preprocesses each of its pictures once; how deep ones are shown is said."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.cli.main import main
from ood_studio.data import images, keyed_images
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.studio import records
from tests.worlds.fewer import fewer_references


@pytest.fixture(scope="module", autouse=True)
def few_references() -> Iterator[None]:
    with fewer_references(40, 30):
        yield


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each picture of 96 pixels was decoded, hashed and preprocessed."""
    count: Counter[str] = Counter()
    decoded, key, preprocess = images._decoded, keyed_images.image_key, Backbone.preprocess

    def decode(image: Image.Image, called: str, transparency: bool) -> Image.Image:
        count[f"decoded {called}"] += 1
        return decoded(image, called, transparency)

    def hashed(image: Image.Image) -> str:
        found = key(image)
        count[f"hashed {found}"] += 1
        return found

    def prepared(self: Backbone, pictures: Sequence[Image.Image]) -> Tensor:
        for picture in pictures:
            if picture.size == (96, 96):
                count[f"prepared for {self.name}: {hashlib.sha256(picture.tobytes()).hexdigest()}"] += 1
        return preprocess(self, pictures)

    monkeypatch.setattr(images, "_decoded", decode)
    monkeypatch.setattr(keyed_images, "image_key", hashed)
    monkeypatch.setattr(records, "image_key", hashed)
    monkeypatch.setattr(Backbone, "preprocess", prepared)
    return count


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    paths = [str(tmp_path / f"{split}.png") for split in ("near-ood", "id-test")]
    for path in paths:
        render(scenes(Path(path).stem, 3, 1)[0], 96).save(path)
    return paths


@pytest.mark.parametrize(
    ("command", "decoded"), [(["explore"], 2), (["attack-image", "--steps", "2", "--no-full-size"], 2)]
)
def test_each_picture_is_worked_through_once(
    command: list[str], decoded: int, pictures: list[str], counted: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *pictures, "--json", "--quiet", "--device", "cpu"]) == 0
    json.loads(capsys.readouterr().out)
    assert max(counted.values()) == 1, counted.most_common(3)
    assert sum(name.startswith("decoded") for name in counted) == decoded
    assert sum(name.startswith("prepared") for name in counted) == 2


def test_a_picture_with_a_chosen_range_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep.tif"
    Image.fromarray(np.linspace(0, 7.5, 64 * 64, dtype=np.float32).reshape(64, 64)).save(path)
    assert main(["explore", str(path), "--quiet"]) == 0
    assert "shown       samples from 0.0075 to 7.492 are shown as black to white" in capsys.readouterr().out
    assert main(["explore", str(path), "--quiet", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    assert found["note"].startswith("samples from 0.0075")
    assert main(["attack-image", str(path), "--target-label", "cat", "--steps", "1", "--quiet"]) == 0
    assert "samples from 0.0075 to 7.492" in capsys.readouterr().out
