"""Folders of models that lack something, are damaged or hold what they must not: one sentence each."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from ood_studio.hub import bundled
from tests.backbones.test_loading import WEIGHTS, folder, reason

__all__ = ["folder"]


def test_missing_folder_config_and_weights(folder: Path) -> None:
    name = f"open_clip:local-dir:{folder}"
    (folder / WEIGHTS).unlink()
    assert f"has no weights file {WEIGHTS}" in reason(name)
    (folder / "open_clip_config.json").unlink()
    assert "has no open_clip_config.json" in reason(name)
    assert "there is no folder" in reason(name + "-elsewhere")


def test_a_bundled_model_that_is_not_there_says_how_to_train_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bundled, "ASSETS", tmp_path)
    text = reason("diorama")
    assert (
        "assets/diorama" in text
        and "training.clip --model vit" in text
        and text.endswith("; no other model is available offline.")
    )


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "text"])
def test_damaged_weights(folder: Path, damage: str) -> None:
    file = folder / WEIGHTS
    whole = file.read_bytes()
    file.write_bytes(
        {"cut": whole[: len(whole) // 2], "noise": b"\xff" * 1000, "empty": b"", "text": b"version of"}[damage]
    )
    assert f"its weights file {WEIGHTS} is damaged" in reason(f"open_clip:local-dir:{folder}")


def test_weights_that_were_not_fetched(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert f"its weights file {WEIGHTS} is a pointer of Git LFS" in reason(f"open_clip:local-dir:{folder}")


def test_tensors_that_do_not_fit_are_named(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    held = load_file(folder / WEIGHTS)
    held["stray"] = held.pop("logit_scale")
    held["ln_final.bias"] = held["ln_final.bias"][:5].clone()
    save_file(held, folder / WEIGHTS)
    said = reason(f"open_clip:local-dir:{folder}")
    assert "(it lacks logit_scale; the model has no stray; its ln_final.bias is of 5" in said


def test_weights_of_another_model(folder: Path, checkpoints: dict[str, Path]) -> None:
    shutil.copy(checkpoints["resnet"] / WEIGHTS, folder / WEIGHTS)
    assert "does not fit its configuration" in reason(f"open_clip:local-dir:{folder}")


def test_a_pickle_that_runs_code_is_refused(folder: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (folder / "executed",)

    (folder / WEIGHTS).unlink()
    torch.save({"weights": Trap()}, folder / "open_clip_pytorch_model.bin")
    assert "damaged or not safe to load (it holds more than plain tensors)" in reason(f"open_clip:local-dir:{folder}")
    assert not (folder / "executed").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no model_cfg with embed_dim"),
        ('{"model_cfg": {"embed_dim": 8, "vision_cfg": {"colour": 1}, "text_cfg": {}}}', "make no model"),
        (
            '{"model_cfg": {"embed_dim": 8, "vision_cfg": {}, "text_cfg": {"tokenizer_kwargs": '
            '{"trust_remote_code": true}}}}',
            "asks for trust_remote_code",
        ),
    ],
)
def test_bad_configurations(folder: Path, text: str, expected: str) -> None:
    (folder / "open_clip_config.json").write_text(text)
    assert expected in reason(f"open_clip:local-dir:{folder}")
