"""Loading: every way it can fail is one sentence; models are loaded once and shared."""

from __future__ import annotations

import itertools
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from ood_studio.backbones import (
    Backbone,
    BackboneError,
    available_offline,
    load_backbone,
    open_clip_files,
    timm_files,
)
from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.hub.device import choose_device, choose_dtype
from ood_studio.hub.errors import CannotLoad

WEIGHTS = "open_clip_model.safetensors"


@pytest.fixture()
def folder(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the tiny ViT, to be broken."""
    return Path(shutil.copytree(checkpoints["vit"], tmp_path / "model"))


def reason(name: str) -> str:
    """The sentence of a load that must fail."""
    with pytest.raises(BackboneError) as caught:
        load_backbone(name, device="cpu", pool=KeyedCache())
    text = str(caught.value)
    assert text.startswith(f"Cannot load {name!r}: ") and "available offline" in text
    assert "\n" not in text and len(text) < 700
    return text


def test_unknown_names_suggest_close_ones() -> None:
    assert "did you mean 'diorama-conv'" in reason("diorama-con")
    assert "expected diorama, diorama-conv, open_clip:ARCHITECTURE/TAG" in reason("resnet50")
    assert "did you mean open_clip:ViT-B-16/openai" in reason("open_clip:ViT-B-16/openia")
    assert "open_clip:ViT-B-16/openai" in reason("open_clip:vit-b-16/OpenAI")
    assert "open_clip:RN50/" in reason("open_clip:RN50")
    assert "open_clip:hf-hub:ORG/REPO" in reason("open_clip:hf-hub:only-a-repo")
    assert "open_clip:local-dir:PATH" in reason("open_clip:local-dir:")
    assert "did you mean timm:resnet50.a1_in1k" in reason("timm:resnet50.a1_in1")
    assert "named timm:hf-hub:ORG/REPO" in reason("timm:hf-hub:only-a-repo")
    assert "named timm:local-dir:PATH" in reason("timm:local-dir:")


@pytest.mark.parametrize(
    "name",
    ["open_clip:ViT-B-32/laion2b_s34b_b79k", "open_clip:hf-hub:no/such", "timm:resnet50", "timm:hf-hub:no/such"],
)
def test_offline_fails_fast(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", lambda *given: pytest.fail("the network was asked"))
    text = reason(name)
    assert "no network (offline mode is on (HF_HUB_OFFLINE))" in text


def test_unreachable_hub_fails_fast(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    tries, connect = itertools.count(), socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda *given: (next(tries), connect(*given))[1])
    assert "no network (http://127.0.0.1:9 cannot be reached)" in reason("open_clip:hf-hub:no/such")
    assert next(tries) <= 2  # nobody waits for tries that cannot do better


def test_hub_repository_from_the_cache(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    # The layout of the Hugging Face cache, filled by hand; the tokenizer is a repository of its own.
    for repository in ("lab/tiny", "lab/words"):
        held = tmp_path / f"models--{repository.replace('/', '--')}"
        snapshot = held / "snapshots" / "0123456789012345678901234567890123456789"
        shutil.copytree(checkpoints["vit"], snapshot)
        (held / "refs").mkdir()
        (held / "refs" / "main").write_text(snapshot.name)
        config = json.loads((snapshot / "open_clip_config.json").read_text())
        config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "lab/words"
        (snapshot / "open_clip_config.json").write_text(json.dumps(config))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert "open_clip:hf-hub:lab/tiny" in available_offline()
    backbone = load_backbone("open_clip:hf-hub:lab/tiny", device="cpu", pool=KeyedCache())
    same = load_backbone(f"open_clip:local-dir:{checkpoints['vit']}", device="cpu")
    pixels = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(backbone.encode_image(pixels).joint, same.encode_image(pixels).joint)
    torch.testing.assert_close(backbone.encode_text(["a fish"]), same.encode_text(["a fish"]))
    shutil.rmtree(tmp_path / "models--lab--words")
    backbone = load_backbone("open_clip:hf-hub:lab/tiny", device="cpu", pool=KeyedCache())
    with pytest.raises(BackboneError, match=r"lab/tiny': no network .* for its tokenizer lab/words"):
        backbone.encode_text(["a fish"])


def test_timm_repositories_from_the_cache(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    for repository in ("lab/tiny", "lab/other"):
        held = tmp_path / f"models--{repository.replace('/', '--')}"
        snapshot = held / "snapshots" / "0123456789012345678901234567890123456789"
        shutil.copytree(checkpoints["timm-resnet"], snapshot)
        (held / "refs").mkdir()
        (held / "refs" / "main").write_text(snapshot.name)
    (snapshot / "config.json").write_text('{"architectures": ["BertModel"]}')  # another library's
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert available_offline()[-1] == "timm:hf-hub:lab/tiny"
    backbone = load_backbone("timm:hf-hub:lab/tiny", device="cpu", pool=KeyedCache())
    same = load_backbone(f"timm:local-dir:{checkpoints['timm-resnet']}", device="cpu", pool=KeyedCache())
    pixels = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(backbone.encode_image(pixels).visual, same.encode_image(pixels).visual)
    assert backbone.fingerprint == same.fingerprint
    assert "names no architecture of timm" in reason("timm:hf-hub:lab/other")


def test_published_timm_checkpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A listed model with random weights in place of the download."""
    import timm
    from safetensors.torch import save_file

    model = timm.create_model("test_resnet").eval()
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    asked = []

    def fetch(repository: str, candidates: tuple[str, ...]) -> Path:
        asked.append((repository, candidates))
        return tmp_path / "model.safetensors"

    monkeypatch.setattr(timm_files, "hub_file", fetch)
    backbone = load_backbone("timm:test_resnet.r160_in1k", device="cpu", pool=KeyedCache())
    assert asked == [("timm/test_resnet.r160_in1k", ("model.safetensors", "pytorch_model.bin"))]
    assert backbone.input_shape == (160, 160) and backbone.head is not None and backbone.labels is None
    pixels = torch.rand(2, 3, 160, 160)
    mean, std = (torch.tensor(model.pretrained_cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
    features = backbone.encode_image(pixels)
    torch.testing.assert_close(backbone.head(features.visual), model((pixels - mean) / std), atol=1e-4, rtol=1e-4)


def test_bad_timm_folders(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints["timm-vit"], tmp_path / "model"))
    name, weights, config = f"timm:local-dir:{folder}", folder / "model.safetensors", folder / "config.json"
    good, text = weights.read_bytes(), config.read_text()
    first = load_backbone(name, device="cpu", pool=KeyedCache()).fingerprint
    config.write_text(text.replace("0.9", "0.95"))
    assert load_backbone(name, device="cpu", pool=KeyedCache()).fingerprint != first
    for change, expected in {
        '"global_pool": ""': "pool nothing",
        '"in_chans": 1': "1 channels",
        '"num_classes": 7': "its weights have 5 classes and its model_args 7",
        '"colour": 1': "make no model",
        '"depth": 1': "does not fit its configuration (the model has no blocks.1.",
    }.items():
        args = json.loads(text)["model_args"] | json.loads("{" + change + "}")
        config.write_text(json.dumps(json.loads(text) | {"model_args": args}))
        assert expected in reason(name), change
    config.write_text(text)
    weights.write_bytes(good[: len(good) // 2])
    assert "its weights file model.safetensors is damaged" in reason(name)
    weights.unlink()
    assert "has no weights file model.safetensors" in reason(name)

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (folder / "executed",)

    torch.save({"weights": Trap()}, folder / "pytorch_model.bin")
    assert "pytorch_model.bin is damaged or not safe to load" in reason(name)
    assert not (folder / "executed").exists()
    config.unlink()
    assert "has no config.json" in reason(name)


def test_published_checkpoint_is_built_with_its_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``ViT-B-32/openai`` with random weights in place of the download: quick GELU and the tag's colours are used."""
    import open_clip
    from safetensors.torch import save_file

    tiny = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 1, "layers": 1},
    }
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-B-32", tiny)
    tag = open_clip.pretrained._PRETRAINED["ViT-B-32"]["openai"]
    for key, value in {"mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6), "resize_mode": "squash"}.items():
        monkeypatch.setitem(tag, key, value)
    model = open_clip.create_model("ViT-B-32", force_quick_gelu=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, tmp_path / "weights.safetensors")
    asked = []

    def fetch(repository: str, candidates: list[str]) -> Path:
        asked.append((repository, candidates))
        return tmp_path / "weights.safetensors"

    monkeypatch.setattr(open_clip_files, "hub_file", fetch)
    backbone = load_backbone("open_clip:ViT-B-32/openai", device="cpu", pool=KeyedCache())
    assert asked == [
        ("timm/vit_base_patch32_clip_224.openai", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
    ]
    pixels = torch.rand(2, 3, 32, 32)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)))
    expected = model.eval().encode_image((pixels - mean) / std, normalize=True)
    torch.testing.assert_close(backbone.encode_image(pixels).joint, expected, atol=1e-5, rtol=0)
    assert backbone.encode_text(["a photo of a dog"]).shape == (1, 16)
    wide = Image.new("RGB", (64, 32))
    wide.paste("white", (0, 0, 8, 32))
    assert backbone.preprocess([wide])[0, 0, 16, 1] == 1  # squashed, not cropped


def test_a_text_tower_that_is_not_here_is_named_before_anything_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(repository: str, candidates: list[str]) -> Path:
        asked.append(repository)
        raise CannotLoad("no network (it is cut)")

    monkeypatch.setattr(open_clip_files, "hub_file", fetch)
    said = reason("open_clip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k")
    assert "its text tower is xlm-roberta-base, whose configuration is not here: no network (it is cut)" in said
    assert asked == ["xlm-roberta-base"]


def test_every_listed_tokenizer_has_a_source() -> None:
    """Only architectures with CLIP's own tokenizer may lack ``hf_tokenizer_name``."""
    import open_clip

    for architecture in sorted({architecture for architecture, _ in open_clip.list_pretrained()}):
        text = open_clip.get_model_config(architecture)["text_cfg"]
        if not text.get("hf_tokenizer_name"):
            assert text.get("vocab_size", 49408) == 49408 and "siglip" not in architecture.lower(), architecture


def test_a_missing_tokenizer_is_said_when_texts_come(folder: Path) -> None:
    for file in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / file).unlink()
    backbone = load_backbone(f"open_clip:local-dir:{folder}", device="cpu", pool=KeyedCache())
    backbone.encode_image(torch.rand(1, 3, 32, 32))
    with pytest.raises(BackboneError, match="its folder holds no readable tokenizer"):
        backbone.encode_text(["a fish"])


def test_fingerprints_follow_the_content(folder: Path, checkpoints: dict[str, Path]) -> None:
    def fingerprint(path: Path) -> str:
        return load_backbone(f"open_clip:local-dir:{path}", device="cpu", pool=KeyedCache()).fingerprint

    original = fingerprint(checkpoints["vit"])
    assert fingerprint(folder) == original  # a copy elsewhere is the same model
    assert fingerprint(checkpoints["vit-avg"]) != original
    for file in ("tokenizer.json", "open_clip_config.json"):
        before, text = fingerprint(folder), (folder / file).read_text()
        (folder / file).write_text(text.replace("0.48", "0.49") if "config" in file else text + "\n")
        assert fingerprint(folder) != before, file


def test_replaced_files_are_loaded_anew(folder: Path, checkpoints: dict[str, Path]) -> None:
    pool: KeyedCache[Backbone] = KeyedCache()
    name = f"open_clip:local-dir:{folder}"
    first = load_backbone(name, device="cpu", pool=pool)
    assert load_backbone(name, device="cpu", pool=pool) is first
    for file in checkpoints["vit-avg"].iterdir():
        shutil.copy(file, folder / file.name)
    assert load_backbone(name, device="cpu", pool=pool).fingerprint != first.fingerprint


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device() == torch.device("cuda") and choose_device("cpu") == torch.device("cpu")
    assert choose_dtype(torch.device("cuda")) == torch.float16
    assert choose_dtype(torch.device("cpu")) == torch.float32
    assert choose_dtype(torch.device("cuda"), "float32") == torch.float32
    with pytest.raises(StudioError, match="no device 'cuda:3'"):
        choose_device("cuda:3")
    with pytest.raises(StudioError, match="no device 'mps'"):
        choose_device("mps")
    for wrong in ("gpu", "xla"):
        with pytest.raises(StudioError, match="device must be auto"):
            choose_device(wrong)
    with pytest.raises(StudioError, match="precision must be one of"):
        choose_dtype(torch.device("cpu"), "int8")  # type: ignore[arg-type]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device() == torch.device("mps")


def test_importing_the_package_stays_light() -> None:
    code = (
        "import sys, ood_studio.backbones\n"
        "heavy = {'open_clip', 'transformers', 'timm', 'torchvision', 'gradio', 'diffusers', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
