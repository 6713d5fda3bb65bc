"""LLaVA checkpoints of any size answer through the same code; what cannot be loaded is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, silent, stoppable
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.synthesis.context_models import CONTEXTS, load_context_model
from ood_studio.synthesis.contexts import ContextError
from ood_studio.synthesis.llava import MAX_NEW_TOKENS, LlavaContextModel
from ood_studio.training.reports.contexts import measure_contexts


def save_llava(folder: Path, *, seed: int = 0, shards: bool = False) -> Path:
    """Writes a random LLaVA of 32-pixel pictures."""
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    from ood_studio.training.contexts.processor import build_processor

    torch.manual_seed(seed)
    processor = build_processor()
    processor.image_processor.size = {"height": 32, "width": 32}
    common: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=CLIPVisionConfig(image_size=32, patch_size=8, num_attention_heads=2, **common),
            text_config=LlamaConfig(
                vocab_size=len(processor.tokenizer),
                num_attention_heads=2,
                num_key_value_heads=2,
                initializer_range=1.0,
                pad_token_id=0,
                bos_token_id=1,
                eos_token_id=2,
                **common,
            ),
            image_token_index=4,
            image_seq_length=16,
            vision_feature_layer=-1,
        )
    )
    model.save_pretrained(folder, **({"max_shard_size": "8KB"} if shards else {}))
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llava(tmp_path_factory.mktemp("tiny") / "llava")


@pytest.fixture(scope="module")
def model(tiny: Path) -> LlavaContextModel:
    return load_context_model(f"local-dir:{tiny}", "cpu", pool=KeyedCache())


@pytest.fixture
def pictures() -> list[Image.Image]:
    return [render(scene) for scene in scenes("id-test", 5, 5)]


def load(folder: Path) -> LlavaContextModel:
    return load_context_model(f"local-dir:{folder}", "cpu", pool=KeyedCache())


@pytest.fixture
def damaged(tiny: Path, tmp_path: Path) -> Callable[[str, str | None], Path]:
    """A copy of the tiny checkpoint in which one file is replaced, or is not there."""

    def copy(file: str, text: str | None) -> Path:
        folder = shutil.copytree(tiny, tmp_path / "copy")
        (folder / file).unlink()
        if text is not None:
            (folder / file).write_text(text)
        return folder

    return copy


def test_a_local_checkpoint_answers_the_same_every_time(model: LlavaContextModel, pictures: list[Image.Image]) -> None:
    found = model.describe(pictures)
    assert len(found) == len(pictures) and model.describe(pictures) == found
    assert any(each.raw for each in found)
    for each in found:
        assert len(each.raw.split()) <= 2 * MAX_NEW_TOKENS and "<image>" not in each.raw and "assistant" not in each.raw
    assert model.dtype == torch.float32


def test_neither_batches_nor_companions_change_an_answer(model: LlavaContextModel, pictures: list[Image.Image]) -> None:
    one = LlavaContextModel("one", model._model, model._processor, batch=1)
    assert one.describe(pictures) == model.describe(pictures)


def test_pictures_of_any_shape_and_mode(model: LlavaContextModel) -> None:
    shapes = [Image.new("L", (1, 1)), Image.new("RGBA", (3000, 5)), Image.new("P", (7, 900)), Image.new("1", (64, 64))]
    assert len(model.describe(shapes)) == len(shapes)


def test_answers_are_bounded_and_stop_when_asked(model: LlavaContextModel, pictures: list[Image.Image]) -> None:
    short = LlavaContextModel("short", model._model, model._processor, max_new_tokens=2)
    assert all(len(each.raw.split()) <= 2 for each in short.describe(pictures))
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > 2  # the first word of the first batch

    with pytest.raises(Stopped, match="describing"):
        model.describe(pictures, progress=stoppable(silent, stop))
    assert len(asked) == 3


def test_shards_load_like_one_file(tiny: Path, tmp_path: Path, pictures: list[Image.Image]) -> None:
    folder = save_llava(tmp_path / "shards", shards=True)
    assert len(list(folder.glob("*.safetensors"))) > 1
    assert load(folder).describe(pictures) == load(tiny).describe(pictures)
    next(folder.glob("*.safetensors")).unlink()
    with pytest.raises(ContextError, match=r"has no model-0.*safetensors"):
        load(folder)


def test_half_precision_files_compute_in_float32_on_the_cpu(tmp_path: Path, pictures: list[Image.Image]) -> None:
    from transformers import LlavaForConditionalGeneration

    folder = save_llava(tmp_path / "half")
    LlavaForConditionalGeneration.from_pretrained(folder).half().save_pretrained(folder)
    found = load(folder)
    assert found.dtype == torch.float32 and len(found.describe(pictures)) == len(pictures)


def test_a_loaded_model_is_shared(tiny: Path) -> None:
    pool: KeyedCache[LlavaContextModel] = KeyedCache()
    name = f"local-dir:{tiny}"
    assert load_context_model(name, "cpu", pool=pool) is load_context_model(name, "cpu", pool=pool)


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("model.safetensors", "not tensors", "weights file model.safetensors is damaged"),
        ("model.safetensors", None, "has no model.safetensors"),
        ("config.json", "{", "config.json is not valid JSON"),
        ("config.json", "[]", "config.json is not a JSON object"),
        ("config.json", None, "has no config.json"),
        ("config.json", '{"model_type": "llava", "text_config": {"model_type": "nonesuch"}}', "make no model"),
        ("tokenizer.json", None, "has no tokenizer.json"),
        ("tokenizer.json", "{}", "make no model"),
        ("processor_config.json", None, "has no processor_config.json"),
    ],
)
def test_damaged_files_are_named(
    damaged: Callable[[str, str | None], Path], file: str, text: str | None, why: str
) -> None:
    folder = damaged(file, text)
    with pytest.raises(ContextError, match=why) as caught:
        load(folder)
    message = str(caught.value)
    assert message.startswith(f"Cannot load 'local-dir:{folder}'") and "\n" not in message and "offline" in message


def test_weights_of_another_configuration_are_refused(tiny: Path, damaged: Callable[[str, str | None], Path]) -> None:
    config = json.loads((tiny / "config.json").read_text())
    config["text_config"]["num_hidden_layers"] = 3
    folder = damaged("config.json", json.dumps(config))
    with pytest.raises(ContextError, match="does not fit its configuration"):
        load(folder)


def test_other_kinds_of_models_are_refused(damaged: Callable[[str, str | None], Path]) -> None:
    folder = damaged("config.json", '{"model_type": "bert", "architectures": ["BertModel"]}')
    with pytest.raises(ContextError, match="it is a BertModel, not a LlavaForConditionalGeneration"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("dioramma", "did you mean 'diorama'"),
        ("local-dir:", "a folder is named local-dir:PATH"),
        ("local-dir:/nowhere/at/all", "there is no folder /nowhere/at/all"),
        ("a/b/c", "unknown name"),
        ("", "unknown name"),
    ],
)
def test_unknown_names_are_refused(name: str, why: str) -> None:
    with pytest.raises(ContextError, match=why):
        load_context_model(name, "cpu", pool=KeyedCache())


def test_without_a_network_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ContextError, match=r"'llava-hf/llava-1.5-7b-hf': no network .*offline mode is on"):
        load_context_model("llava-hf/llava-1.5-7b-hf", "cpu", pool=KeyedCache())
    with pytest.raises(ContextError, match="not a valid repository name"):
        load_context_model("a b/c", "cpu", pool=KeyedCache())


def test_a_model_in_the_cache_loads_without_a_network(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[Image.Image]
) -> None:
    from huggingface_hub import constants

    commit = "0" * 40
    home = tmp_path / "models--someone--llava"
    shutil.copytree(tiny, home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = load_context_model("someone/llava", "cpu", pool=KeyedCache())
    assert found.describe(pictures) == load(tiny).describe(pictures)
    assert "someone/llava" in CONTEXTS.available_offline()
    assert CONTEXTS.describe("someone/llava").download == 0
    (home / "snapshots" / commit / "model.safetensors").unlink()
    with pytest.raises(ContextError, match=r"no network .*not whole in the local Hugging Face cache"):
        load_context_model("someone/llava", "cpu", pool=KeyedCache())


def test_quantisation_says_what_it_needs(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"local-dir:{tiny}"
    with pytest.raises(StudioError, match="4-bit weights need a CUDA device"):
        load_context_model(name, "cpu", quantize="4bit")
    with pytest.raises(StudioError, match="quantize must be 4bit or nothing, not '3bit'"):
        load_context_model(name, "cpu", quantize="3bit")  # type: ignore[arg-type]
    monkeypatch.setattr("ood_studio.synthesis.context_models.choose_device", lambda asked: torch.device("cuda"))
    monkeypatch.setattr("ood_studio.synthesis.context_models.find_spec", lambda package: None)
    with pytest.raises(StudioError, match="need bitsandbytes: pip install bitsandbytes accelerate"):
        load_context_model(name, "cuda", quantize="4bit")


def test_running_out_of_memory_ends_in_one_sentence(
    tiny: Path, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")

    found = load(tiny)
    monkeypatch.setattr(found._model, "generate", full)
    with pytest.raises(ContextError, match=r"no room on cpu .* such as 'diorama'"):
        found.describe(pictures)


def test_old_processors_do_not_say_that_a_class_token_stands_for_an_image_too(
    tiny: Path, tmp_path: Path, pictures: list[Image.Image]
) -> None:
    """As LLaVA 1.5's: the count of tokens is one short of the features that the tower gives, unless it is filled in."""
    folder = shutil.copytree(tiny, tmp_path / "old")
    said = json.loads((folder / "processor_config.json").read_text())
    for key in ("num_additional_image_tokens", "patch_size", "vision_feature_select_strategy"):
        said.pop(key, None)
    (folder / "processor_config.json").write_text(json.dumps(said))
    old, new = load(folder), load(tiny)
    assert old._processor.num_additional_image_tokens == new._processor.num_additional_image_tokens == 1
    assert [each.raw for each in old.describe(pictures[:2])] == [each.raw for each in new.describe(pictures[:2])]


def test_costs_are_known_before_anything_loads() -> None:
    for name in CONTEXTS.offered:
        info = CONTEXTS.describe(name)
        assert info.name == name and info.title and info.bundled == (name == "diorama")
        assert info.here or info.bundled or (info.download or 0) > 1
    assert CONTEXTS.describe("somebody/elses").download is None
    with pytest.raises(ContextError, match="unknown name"):
        CONTEXTS.describe("elses")


def test_the_bundled_model_sees_the_elements() -> None:
    result = measure_contexts(load_context_model("diorama", "cpu"), "id-test", 60, 77)
    assert result.model.f1 >= 0.83 and result.model.f1 > result.baseline.f1 + 0.2
    assert result.model.well_formed >= 0.99 and result.model.place >= 0.9
