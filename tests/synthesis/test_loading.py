"""Loading an inpainting model: every way it can fail is one sentence; what it costs is known before."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ood_studio.core.cache import KeyedCache
from ood_studio.hub import bundled
from ood_studio.synthesis import classifier_models
from ood_studio.synthesis.classifier_models import load_classifier
from ood_studio.synthesis.inpainting import Inpainter, InpaintingError
from ood_studio.synthesis.inpainting_models import INPAINTING, load_inpainter
from tests.synthesis.tiny import edit_json

SD2 = "sd2-community/stable-diffusion-2-inpainting"


@pytest.fixture()
def folder(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, to be broken."""
    return Path(shutil.copytree(checkpoint, tmp_path / "model"))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty Hugging Face cache, and no hub."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    return cache


def reason(name: str) -> str:
    """The sentence of a load that must fail."""
    with pytest.raises(InpaintingError) as caught:
        load_inpainter(name, device="cpu", pool=KeyedCache())
    text = str(caught.value)
    assert text.startswith(f"Cannot load {name!r}: ") and "available offline" in text
    assert "\n" not in text and len(text) < 700
    return text


def put_into_cache(checkpoint: Path, cache: Path, repository: str) -> Path:
    """The layout of the Hugging Face cache, filled by hand."""
    held = cache / f"models--{repository.replace('/', '--')}"
    snapshot = held / "snapshots" / "0123456789012345678901234567890123456789"
    shutil.copytree(checkpoint, snapshot)
    (held / "refs").mkdir()
    (held / "refs" / "main").write_text(snapshot.name)
    return snapshot


def test_names() -> None:
    assert "did you mean 'diorama'? expected diorama, ORG/REPO or local-dir:PATH" in reason("dioramas")
    assert "expected diorama, ORG/REPO" in reason("a/b/c")
    assert "a folder is named local-dir:PATH" in reason("local-dir:")
    assert f"it has moved: the hub has the same model as {SD2}" in reason("stabilityai/stable-diffusion-2-inpainting")
    assert "not a valid repository name" in reason("bad name/ü")


def test_no_network_is_asked_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *given: pytest.fail("the network was asked"))
    assert "no network (offline mode is on (HF_HUB_OFFLINE))" in reason(SD2)


def edit(file: str, **changes: object) -> Callable[[Path], None]:
    return lambda folder: edit_json(folder / file, **changes)


def remove(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def point(file: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / file).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")

    return damage


def cut(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).write_bytes((folder / file).read_bytes()[:-1000])


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (shutil.rmtree, "there is no folder"),
        (remove("model_index.json"), "has no model_index.json"),
        (lambda folder: (folder / "model_index.json").write_text("{"), "model_index.json is not valid JSON"),
        (
            edit("model_index.json", _class_name="FluxPipeline"),
            "names the pipeline FluxPipeline, not StableDiffusionInp",
        ),
        (edit("model_index.json", vae=[None, None]), "model_index.json names no vae"),
        (edit("model_index.json", vae=["evil", "VAE"]), "its vae is of 'evil', which this app does not load"),
        (edit("unet/config.json", in_channels=4), "its U-Net takes 4 input channels, not the 9 of an inpainting model"),
        (remove("unet/config.json"), "has no unet/config.json"),
        (remove("vae/config.json"), "has no vae/config.json"),
        (remove("tokenizer/tokenizer.json"), "has no tokenizer/tokenizer.json"),
        (remove("scheduler/scheduler_config.json"), "has no scheduler/scheduler_config.json"),
        (remove("unet/diffusion_pytorch_model.safetensors"), "has no unet/diffusion_pytorch_model.safetensors"),
        (cut("vae/diffusion_pytorch_model.safetensors"), "file vae/diffusion_pytorch_model.safetensors is damaged"),
        (point("vae/diffusion_pytorch_model.safetensors"), "is a pointer of Git LFS in place of the file itself"),
        (cut("text_encoder/model.safetensors"), "its weights file text_encoder/model.safetensors is damaged"),
        (edit("unet/config.json", block_out_channels=[16, 16]), "configuration"),
    ],
)
def test_damaged_folders(folder: Path, damage: Callable[[Path], None], expected: str) -> None:
    damage(folder)
    assert expected in reason(f"local-dir:{folder}")


def test_a_lack_of_memory_while_loading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers import StableDiffusionInpaintPipeline

    def full(*args: object, **options: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(StableDiffusionInpaintPipeline, "to", full)
    assert "it does not fit into the memory of cpu" in reason(f"local-dir:{folder}")


def test_a_missing_bundled_model_says_how_it_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundled, "ASSETS", tmp_path)
    text = reason("diorama")
    assert "no folder assets/diorama-sd (made by python -m ood_studio.tr" in text
    assert "no other model is available offline" in text


def test_from_the_cache(checkpoint: Path, offline: Path) -> None:
    snapshot = put_into_cache(checkpoint, offline, SD2)
    put_into_cache(checkpoint, offline, "lab/else")
    assert {"lab/else", SD2} <= set(INPAINTING.available_offline())
    model = load_inpainter(SD2, device="cpu", pool=KeyedCache())
    assert isinstance(model, Inpainter) and model.size == (32, 32)
    about = INPAINTING.describe(SD2)
    assert about.here and about.download == 0
    (snapshot / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    assert not INPAINTING.describe(SD2).here and SD2 not in INPAINTING.available_offline()
    text = reason(SD2)
    assert "is not whole in the local Hugging Face cache" in text and "lab/else" in text


def test_half_precision_variants_are_found(half_checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(half_checkpoint, tmp_path / "variant"))
    for file in folder.rglob("*.safetensors"):
        file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
    assert load_inpainter(f"local-dir:{folder}", device="cpu", pool=KeyedCache()).dtype == torch.float32
    (folder / "vae" / "diffusion_pytorch_model.fp16.safetensors").unlink()
    assert "has no vae/diffusion_pytorch_model.fp16.safetensors" in reason(f"local-dir:{folder}")


def test_loaded_once_until_its_files_change(folder: Path) -> None:
    pool: KeyedCache[Inpainter] = KeyedCache()
    first = load_inpainter(f"local-dir:{folder}", device="cpu", pool=pool)
    assert load_inpainter(f"local-dir:{folder}", device="cpu", pool=pool) is first
    edit_json(folder / "scheduler" / "scheduler_config.json", prediction_type="epsilon")
    assert load_inpainter(f"local-dir:{folder}", device="cpu", pool=pool) is not first


def test_costs_are_known_before_anything_starts(folder: Path, offline: Path) -> None:
    for name in INPAINTING.offered:
        about = INPAINTING.describe(name)
        assert about.title and about.bundled == (name == "diorama")
        if not about.bundled:
            assert not about.here and about.image_size == 512
            assert about.download is not None and 2 < about.download < 3
            assert about.memory["float16"] < about.memory["float32"]
    unknown = INPAINTING.describe("lab/unknown")
    assert unknown.download is None and unknown.memory == {} and unknown.image_size is None
    about = INPAINTING.describe(f"local-dir:{folder}")
    assert about.here and about.download == 0 and about.image_size == 32 and set(about.memory) == {"float16", "float32"}
    index = json.loads((folder / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionInpaintPipeline"
    assert not offline.exists()


def test_a_classifiers_costs_are_counted_without_its_weights(offline: Path, tmp_path: Path) -> None:
    about = classifier_models.describe("timm:resnet50")
    assert about.title == "resnet50.a1_in1k" and not about.here
    assert about.download == pytest.approx(4 * 25_557_032 / 1e9)  # the parameters of He et al.'s ResNet-50
    assert about.memory["float32"] > 4 * 25_557_032 / 2**30
    own = classifier_models.describe("diorama-classifier")
    assert own.bundled and own.here and own.download == 0
    folder = classifier_models.describe(f"timm:local-dir:{tmp_path}")
    assert not folder.here and folder.download == 0
    assert classifier_models.describe("timm:hf-hub:lab/unknown").download is None
    for name, message in (("timm:resnet5", "did you mean timm:resnet50"), ("diorama", "must be diorama-classifier or")):
        with pytest.raises(ValueError, match=message):
            classifier_models.describe(name)
    assert not offline.exists()


def test_a_classifier_is_any_timm_model() -> None:
    with pytest.raises(ValueError, match="Cannot load 'timm:nothing'"):
        load_classifier("timm:nothing")


def test_a_missing_bundled_classifier_says_how_it_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundled, "ASSETS", tmp_path)
    with pytest.raises(ValueError, match=r"no folder assets/diorama-classifier \(made by python -m ood_studio.tr"):
        load_classifier()
