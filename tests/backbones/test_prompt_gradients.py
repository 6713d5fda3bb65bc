"""Gradients through a text tower: in half precision, and in bounded memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones import load_backbone
from ood_studio.core.progress import Stopped, heard

LABELS = [f"thing number {i}" for i in range(30)]
TINY = 1e-8  # what a loss of many labels that is nearly learnt leaves of its gradient


def gradients(name: str, precision: Any) -> tuple[Tensor, Tensor]:
    """Of a tiny loss, to the context of prompts and to vectors that stand for words."""
    backbone = load_backbone(name, "cpu", precision)
    draw = torch.Generator().manual_seed(0)
    images = functional.normalize(torch.randn(8, backbone.dim, generator=draw), dim=1)
    context = backbone.word_vectors("the nice").float().requires_grad_()
    logits = backbone.prompted(LABELS, len(context)).encode(context) @ images.T
    words = backbone.pseudo_words(["a photo of a {}."])
    vectors = (0.02 * torch.randn(8, words.width, generator=draw)).requires_grad_()
    # Each vector learns as if it were alone, however much smaller its gradient is than another's.
    cosines = (words.encode(vectors, 0) * images).sum(dim=1) * torch.logspace(0, -7, 8)
    return (
        torch.autograd.grad(TINY * logits.square().sum(), context)[0],
        torch.autograd.grad(TINY * cosines.sum(), vectors)[0],
    )


def test_small_gradients_survive_a_text_tower_in_half_precision() -> None:
    for half, whole in zip(gradients("diorama", "float16"), gradients("diorama", "float32"), strict=True):
        assert bool((half != 0).float().mean() > 0.99)
        lost = torch.linalg.vector_norm(half - whole, dim=1) / torch.linalg.vector_norm(whole, dim=1)
        assert float(lost.max()) < 0.02


def test_a_large_tower_keeps_the_graph_of_one_batch_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = load_backbone("diorama")
    monkeypatch.setattr(type(backbone), "_positions", 40)
    found = {}
    for small in (True, False):
        monkeypatch.setattr(backbone, "small", small)
        texts = backbone.prompted(LABELS, 2)
        context = backbone.word_vectors("the nice").requires_grad_()
        held: dict[int, torch.UntypedStorage] = {}

        def pack(tensor: Tensor, held: dict[int, torch.UntypedStorage] = held) -> Tensor:
            storage = tensor.untyped_storage()
            held[storage.data_ptr()] = storage
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = texts.encode(context)[:, 0].sum()
        kept = sum(each.nbytes() for each in held.values())
        found[small] = kept, torch.autograd.grad(loss, context)[0]
    assert found[False][0] < found[True][0] / 5
    torch.testing.assert_close(found[False][1], found[True][1])


def test_a_stop_is_heard_between_batches_of_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = load_backbone("diorama")
    monkeypatch.setattr(type(backbone), "_positions", 40)
    texts, context = backbone.prompted(LABELS, 2), backbone.word_vectors("the nice")
    told: list[str] = []

    def progress(stage: str, done: int, total: int) -> None:
        told.append(stage)
        if len(told) == 4:
            raise Stopped

    with heard(progress) as hears, pytest.raises(Stopped):
        hears("training", 0, 9)
        texts.encode(context)
    assert told == ["training"] * 4
