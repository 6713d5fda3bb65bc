"""Families of backbones register: one of a plug-in is loaded, described and listed like the project's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from ood_studio.backbones import (
    FAMILIES,
    BackboneError,
    Family,
    Model,
    available_offline,
    describe_backbone,
    load_backbone,
    offered_backbones,
)
from ood_studio.backbones.families import find_model
from ood_studio.core.errors import StudioError
from ood_studio.hub.errors import CannotLoad
from ood_studio.synthesis.classifier_models import describe, offered_classifiers

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = """
import torch
from ood_studio.backbones import Backbone, BackboneError, Family, ImageFeatures
from ood_studio.hub.errors import CannotLoad

class Means(Backbone):
    dim = image_size = 3
    logit_scale, has_patches, input_shape = 1.0, False, (3, 3)

    def __init__(self, name, device, dtype):
        self.name, self.device, self.dtype, self.fingerprint = name, device, dtype, f"means/{name}/{dtype}"

    def _transform(self, image):
        return torch.tensor(list(image.resize((3, 3)).getdata())).T.reshape(3, 3, 3) / 255

    def _encode_image(self, pixels):
        return ImageFeatures(None, pixels.mean(dim=(2, 3)), None)

    def _encode_text(self, texts):
        raise BackboneError("it reads no texts")

def resolve(model):
    if model.where != "rgb":
        raise CannotLoad(f"there are no means of {model.where!r}")
    return model.name

means = Family("means", ("means:rgb",), resolve, Means, offline=lambda: ["means:rgb"], reads_text=False)
"""


def build(checkpoint: Model, device: torch.device, dtype: torch.dtype) -> object:
    raise CannotLoad(f"{checkpoint.where} is only an example")


@pytest.fixture()
def family(tmp_path: Path) -> Iterator[Family]:
    """A family beside the project's own, for one test."""
    made = Family(
        "toy",
        ("toy:NAME",),
        resolve=lambda model: model,
        build=build,  # type: ignore[arg-type]
        offline=lambda: ["toy:cat"],
        folder=lambda model: tmp_path / model.where,
        offered=("toy:dog",),
        has_classifiers=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FAMILIES, "_things", {**FAMILIES})
        yield FAMILIES.register(made)


def test_a_family_is_found_by_its_prefix(family: Family) -> None:
    assert find_model("toy:a/b:c") == (family, Model("toy:a/b:c", "a/b:c"))
    assert available_offline()[-1] == "toy:cat"
    assert offered_backbones()[-1] == offered_classifiers()[-1] == "toy:dog"
    about = describe_backbone("toy:cat")
    assert (about.title, about.here, about.download, about.memory) == ("cat", False, None, {})
    assert describe("toy:cat") == about
    with pytest.raises(BackboneError, match=r"Cannot load 'toy:cat': cat is only an example; .*offline: diorama"):
        load_backbone("toy:cat", "cpu")
    for name in ("toy", "toys:cat", "Toy:cat"):
        with pytest.raises(BackboneError, match=rf"Cannot load '{name}': unknown name \(.* or toy:NAME\)"):
            load_backbone(name, "cpu")


def test_bundled_names_lead_into_their_family() -> None:
    for name, prefix in {"diorama": "open_clip", "diorama-conv": "open_clip", "diorama-classifier": "timm"}.items():
        family, model = find_model(name)
        assert family is FAMILIES[prefix] and model.bundled is not None and model.bundled.name == name
        assert family.folder(model) == model.bundled.folder
    assert load_backbone("diorama-classifier", "cpu", "float32").head is not None


@pytest.mark.parametrize(
    ("prefix", "sentence"),
    [
        ("timm", "there is a family of backbones named 'timm' already"),
        ("A:b", "small letters, digits, - and _, not 'A:b'"),
    ],
)
def test_prefixes_are_checked(prefix: str, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        FAMILIES.register(Family(prefix, (), resolve=str, build=build))  # type: ignore[arg-type]


def test_a_plug_in_file_brings_a_family(tmp_path: Path) -> None:
    (tmp_path / "means.py").write_text(PLUGIN)
    code = """
    import pickle, torch
    from PIL import Image
    from ood_studio.backbones import available_offline, load_backbone
    from ood_studio.testing import backbone_contract

    means = load_backbone("means:rgb", "cpu")
    print(means.encode_image(means.preprocess([Image.new("RGB", (9, 4), (255, 0, 51))])).visual.tolist())
    print(pickle.loads(pickle.dumps(means)) is means, available_offline()[-1])
    backbone_contract("means:rgb")
    try:
        load_backbone("means:grey", "cpu")
    except ValueError as error:
        print(error)
    """
    environment = {**os.environ, "OOD_STUDIO_PLUGINS": str(tmp_path / "means.py"), "OMP_NUM_THREADS": "1"}
    lines = [line[4:] for line in code.splitlines()]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    vectors, there, refused = done.stdout.splitlines()
    assert [round(value, 3) for value in eval(vectors)[0]] == [1.0, 0.0, 0.2]
    assert there == "True means:rgb" and refused.startswith("Cannot load 'means:grey': there are no means of 'grey'; ")


@pytest.mark.parametrize("name", ["open_clip:ViT-B-32/tuned.pt", "timm:/models/tuned.pth", "tuned.ckpt"])
def test_a_file_of_weights_is_told_how_it_becomes_a_model(name: str) -> None:
    with pytest.raises(BackboneError, match=r"as open_clip_pytorch_model\.bin and name it open_clip:local-dir:FOLDER"):
        load_backbone(name)


def test_weights_of_another_ending_are_told_their_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tuned.pt").write_bytes(b"")
    with pytest.raises(BackboneError, match=r"no weights file model\.safetensors; call tuned\.pt pytorch_model\.bin"):
        load_backbone(f"timm:local-dir:{tmp_path}")
