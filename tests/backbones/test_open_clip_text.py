"""Texts at no more positions than they need: the same vectors as at full length, for the towers where that is exact."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.coca_model import CoCa
from open_clip.model import CLIP, CustomTextCLIP

from ood_studio.backbones import BackboneError, load_backbone, open_clip_model
from ood_studio.backbones.open_clip_text import CausalText, FullText, batches, text_tower_of
from ood_studio.core.cache import KeyedCache
from tests.backbones.conftest import save_checkpoint, tiny_tokenizer

TEXTS = ["the nice heron", "the nice black-and-tan coonhound", "x", "", "the nice " + "word " * 100, "é 漢字 😀"]
CAUSAL = {  # what open_clip's configurations have: the pooled class, own text class, its end a given token
    "ViT-B-16": "CLIP, the end is the largest token",
    "EVA02-B-16": "a text tower of its own",
    "PE-Core-B-16": "32 positions",
    "ViT-H-14-worldwide": "the end is a token that is given",
}
WHOLE = {
    "ViT-B-16-SigLIP": "reads its last position",
    "ViT-L-14-CLIPA": "attends to padding",
    "MobileCLIP-S1": "attends in both directions",
    "coca_ViT-B-32": "a token of its own behind the padding",
}


def small(name: str) -> tuple[Any, torch.Tensor]:
    """The text tower of a configuration, shrunk and with weights that tell every position apart, and tokens for it."""
    config = copy.deepcopy(open_clip.get_model_config(name))
    custom = config.pop("custom_text", False)
    text = config["text_cfg"]
    text.update(width=32, heads=2, layers=2)
    config |= {"embed_dim": 32, "vision_cfg": {"image_size": 16, "patch_size": 16, "width": 16, "layers": 1}}
    config["vision_cfg"]["head_width"] = 16
    if "multimodal_cfg" in config:
        config["vision_cfg"]["output_tokens"] = True
        config["multimodal_cfg"].update(width=16, layers=1, heads=2, vocab_size=8)
    if text.get("hf_tokenizer_name"):  # such tokenizers end texts with a token of their own and fill up with another
        text["vocab_size"] = 300
        tokens = torch.randint(5, 300, (6, text["context_length"]), generator=torch.Generator().manual_seed(0))
        for row, length in enumerate((3, 9, 2, 1, 30, 5)):
            tokens[row, length:] = 1
            tokens[row, length - 1] = text.get("eos_id", 2)
    else:
        tokens = open_clip.SimpleTokenizer(context_length=text["context_length"])(TEXTS)
    torch.manual_seed(0)
    model = (CoCa if "multimodal_cfg" in config else CustomTextCLIP if custom else CLIP)(**config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    return model, tokens


@torch.no_grad()
def encoded(model: Any, tokens: torch.Tensor) -> tuple[torch.Tensor, list[int]]:
    """Vectors as a backbone makes them, and the positions of each batch."""
    tower = text_tower_of(model)
    lengths = tower.lengths(tokens)
    found, positions = torch.empty(len(tokens), 32), []
    for rows in batches(lengths, 40):
        cut = tokens[rows, : int(lengths[rows].max())]
        positions.append(cut.shape[1])
        found[rows] = tower.encode(cut, lengths[rows])
    return F.normalize(found, dim=1), positions


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_towers_read_no_padding(name: str) -> None:
    model, tokens = small(name)
    found, positions = encoded(model, tokens)
    assert isinstance(text_tower_of(model), CausalText)
    assert min(positions) < 12 and len(positions) > 1
    expected = F.normalize(model.encode_text(tokens), dim=1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", WHOLE)
def test_other_towers_keep_their_length(name: str) -> None:
    model, tokens = small(name)
    found, positions = encoded(model, tokens)
    assert isinstance(text_tower_of(model), FullText) and set(positions) == {tokens.shape[1]}
    torch.testing.assert_close(found, F.normalize(model.encode_text(tokens), dim=1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("more", [{"use_pad_mask": True}, {"cls_emb": torch.nn.Parameter(torch.zeros(32))}])
def test_what_reads_the_padding_keeps_its_length(more: dict[str, Any]) -> None:
    model, _ = small("EVA02-B-16")
    assert isinstance(text_tower_of(model), CausalText)
    for name, value in more.items():
        setattr(model.text, name, value)
    assert isinstance(text_tower_of(model), FullText)


def test_a_text_without_its_end_is_read_where_the_library_reads_it() -> None:
    model, tokens = small("ViT-H-14-worldwide")
    tokens[0] = 7
    found, _ = encoded(model, tokens)
    torch.testing.assert_close(found, F.normalize(model.encode_text(tokens), dim=1), atol=1e-5, rtol=0)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 77), max_size=60), st.integers(1, 400))
def test_batches_hold_every_text_once_and_little_padding(lengths: list[int], positions: int) -> None:
    found = [rows.tolist() for rows in batches(torch.tensor(lengths, dtype=torch.int64), positions)]
    assert sorted(row for rows in found for row in rows) == list(range(len(lengths)))
    longest = [max(lengths[row] for row in rows) for rows in found]
    assert longest == sorted(longest)
    assert all(len(rows) == 1 or len(rows) * most <= positions for rows, most in zip(found, longest, strict=True))


def test_a_backbone_sorts_what_it_is_given_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_checkpoint(tmp_path / "vit", "vit")
    backbone = load_backbone(f"open_clip:local-dir:{folder}", device="cpu", pool=KeyedCache())
    seen: list[tuple[int, int]] = []
    encode = CausalText.encode

    def watched(self: CausalText, tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        seen.append((tokens.shape[0], tokens.shape[1]))
        return encode(self, tokens, lengths)

    monkeypatch.setattr(CausalText, "encode", watched)
    monkeypatch.setattr(open_clip_model, "_POSITIONS", {"cpu": 36, "cuda": 1})
    told: list[int] = []
    texts = ["a blue bird", "a", "a photo of a red fish", "a", "a blue bird", "a photo of a red fish"] * 2
    found = backbone.encode_text(texts, told.append)
    lengths = [length for _, length in seen]
    assert lengths == sorted(lengths) and len(set(lengths)) > 1 and max(count * length for count, length in seen) <= 36
    assert told == [sum(count for count, _ in seen[:i]) for i in range(len(seen))]
    alone = torch.cat([backbone.encode_text([text]) for text in texts])
    torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)


def test_a_tokenizer_of_another_model_is_named(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path / "coca", "coca")
    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens([f"<more {i}>" for i in range(400)])
    tokenizer.save(str(folder / "tokenizer.json"))
    backbone = load_backbone(f"open_clip:local-dir:{folder}", device="cpu", pool=KeyedCache())
    with pytest.raises(
        BackboneError, match=r"knows 2.. tokens, and its tokenizer gave number .*does not belong to this"
    ):
        backbone.encode_text(["a <more 399>"])
