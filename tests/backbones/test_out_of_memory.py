"""Where memory runs out, batches halve themselves; where one picture or text is too much, one sentence says so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones import Backbone, ImageFeatures
from ood_studio.core.memory import OutOfMemory, is_out_of_memory
from ood_studio.data.pixels import to_pixels

ERRORS = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to"),
    MemoryError(),
)


class Narrow(Backbone):
    """Has room for so many pictures or texts at once."""

    name, dim, image_size, logit_scale, has_patches = "narrow", 3, 4, 1.0, True
    fingerprint, device, dtype, input_shape = "narrow", torch.device("cpu"), torch.float32, (4, 4)  # type: ignore[assignment]
    small = True

    def __init__(self, room: int, error: Exception = ERRORS[0]) -> None:
        self.room, self.error, self.seen = room, error, []  # type: ignore[var-annotated]

    def _fits(self, count: int) -> None:
        self.seen.append(count)
        if count > self.room:
            raise self.error

    def _transform(self, image: Image.Image) -> Tensor:
        return to_pixels([image.resize((4, 4))])[0]

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        self._fits(len(pixels))
        visual = pixels.mean(dim=(2, 3))
        return ImageFeatures(functional.normalize(visual, dim=1), visual, pixels.permute(0, 2, 3, 1))

    def _encode_text(self, texts: list[str]) -> Tensor:
        self._fits(len(texts))
        return torch.tensor([[1.0, len(text), 2.0] for text in texts])


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_batches_halve_themselves(error: Exception) -> None:
    narrow, wide, pixels = Narrow(3, error), Narrow(99), torch.rand(10, 3, 4, 4)
    found, expected = narrow.encode_image(pixels), wide.encode_image(pixels)
    for name in ("joint", "visual", "patches"):
        assert torch.equal(getattr(found, name), getattr(expected, name))
    assert narrow.seen == [10, 5, 2, 3, 5, 2, 3]
    texts = [f"word{'s' * i}" for i in range(9)]
    assert torch.equal(narrow.encode_text(texts), wide.encode_text(texts))


def test_one_too_much_is_one_sentence() -> None:
    none = Narrow(0)
    with pytest.raises(OutOfMemory, match=r"^narrow ran out of memory on cpu with a single picture; .* precision$"):
        none.encode_image(torch.rand(4, 3, 4, 4))
    with pytest.raises(OutOfMemory, match="with a single text"):
        none.encode_text(["a", "b"])
    with pytest.raises(OutOfMemory, match="with 4 pictures at once"):  # a graph holds them all, halved or not
        Narrow(3).encode_image(torch.rand(4, 3, 4, 4).requires_grad_())
    with pytest.raises(RuntimeError, match="another"):
        Narrow(0, RuntimeError("another")).encode_image(torch.rand(4, 3, 4, 4))


def test_a_real_model_sorts_and_halves_its_texts(checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from ood_studio.backbones import load_backbone

    backbone = load_backbone(f"open_clip:local-dir:{checkpoints['vit']}", "cpu")
    texts = [("a red fish " * (i % 3 + 1)).strip() for i in range(12)]
    expected, tower = backbone.encode_text(texts), backbone._text  # type: ignore[attr-defined]
    encode = tower.encode

    def narrow(tokens: Tensor, lengths: Tensor) -> Tensor:
        if len(tokens) > 2:
            raise ERRORS[0]
        found: Tensor = encode(tokens, lengths)
        return found

    monkeypatch.setattr(tower, "encode", narrow)
    torch.testing.assert_close(backbone.encode_text(texts), expected, atol=1e-5, rtol=0)


def test_errors_of_memory_are_told_from_others() -> None:
    assert all(map(is_out_of_memory, ERRORS))
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied")) and not is_out_of_memory(OSError("memory"))
