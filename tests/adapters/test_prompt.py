"""Prompt tuning against a slow transcription, one image and one label at a time; and what its texts are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ood_studio.adapters import Adapted, PromptTuning
from ood_studio.adapters.crops import few_shot_crops
from ood_studio.adapters.few_shot import few_shot_rows
from ood_studio.adapters.loop import _order
from ood_studio.backbones import BackboneError, load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.scorers import GLMCM, MCM, Energy, NegLabel
from ood_studio.testing.adapter_world import SmallBackbone, SmallPrompts, small_material, small_reference
from tests.adapters.oracles import Momentum

SCALE, SEED = 20.0, 2
MATERIAL = small_material()
QUICK: Any = {"shots": 2, "crops": 6, "chosen": 3, "reduction": 4, "batch": 20, "epochs": 1, "negatives": 9}
Doubles = dict[str, Tensor]


def own_text(v: Tensor, at: Doubles, side: str, labels: tuple[str, ...]) -> Tensor:
    """(labels, dim) of one image: every label behind V + h(v), through the small world's tower."""
    context = at[f"{side}/context"]
    if "net/0/weight" in at:
        hidden = (at["net/0/weight"] @ v + at["net/0/bias"]).clamp(min=0)
        context = torch.stack([token + at["net/1/weight"] @ hidden + at["net/1/bias"] for token in context])
    tower = SmallPrompts(list(labels), len(context))
    mean = sum(context) / len(context)
    rows = [torch.tanh(tower.mix.double() @ mean + own) for own in tower.text.double()]
    return torch.stack([row / row.norm() for row in rows])


def loss(images: Tensor, classes: Tensor, at: Doubles, negatives: int, weight: float) -> Tensor:
    """L_p + λ₁ L_n: the first half of the images are positive crops, the others negative ones."""
    positive, negative = [], []
    for i, v in enumerate(images):
        inner = SCALE * own_text(v, at, "positive", MATERIAL.labels) @ v
        outer = SCALE * own_text(v, at, "negative", MATERIAL.negative_labels[:negatives]) @ v
        p = torch.cat([inner, outer]).softmax(dim=0)
        if i < len(classes):
            positive.append(-p[classes[i]].log())
        else:
            negative.append(p[:5].sum().log())
    return torch.stack(positive).mean() + weight * torch.stack(negative).mean()


@pytest.mark.parametrize("conditional", [False, True], ids=["NegPT", "ConNegPT"])
def test_three_steps_are_the_equations(conditional: bool) -> None:
    adapter = PromptTuning(**QUICK, rate=0.2, weight_decay=0.01, conditional=conditional)
    backbone = SmallBackbone()
    adapted = adapter.fit(backbone, MATERIAL, seed=SEED)
    assert MATERIAL.targets is not None and MATERIAL.images is not None and MATERIAL.class_text is not None
    rows = few_shot_rows(MATERIAL.targets, 5, 2, SEED)
    arguments: Any = (backbone, MATERIAL.images, rows.tolist(), MATERIAL.targets[rows], MATERIAL.class_text)
    crops = few_shot_crops(*arguments, crops=6, chosen=3, seed=SEED)
    start = next(adapter.train(backbone, MATERIAL, seed=SEED)).adapted.tensors
    at = {name: each.double().numpy() for name, each in start.items()}
    words = backbone.word_vectors("the nice").double().numpy()
    for side in ("positive", "negative"):
        np.testing.assert_array_equal(at[f"{side}/context"], words)
    assert ("net/1/weight" in at) == conditional
    sgd, order, told = Momentum(0.01), _order(30, SEED, 1), 0.0
    for step, batch in enumerate((order[:10], order[10:20], order[20:])):
        batch = batch.sort().values
        point = {name: torch.tensor(value, requires_grad=True) for name, value in at.items()}
        both = torch.cat([crops.positive[batch], crops.negative[batch]]).double()
        found = loss(both, crops.classes[batch], point, 9, 0.3)
        found.backward()  # type: ignore[no-untyped-call]
        told += found.item() / 3
        gradient = {name: each.grad.numpy() for name, each in point.items()}  # type: ignore[union-attr]
        at = sgd.step(at, gradient, 0.2 * 0.5 * (1 + np.cos(np.pi * step / 3)))
    assert adapted.record.history[1]["loss"] == pytest.approx(told, abs=1e-5)
    assert set(adapted.tensors) == set(at)
    for name, value in at.items():
        np.testing.assert_allclose(adapted.tensors[name].numpy(), value, atol=1e-5, err_msg=name)


def moved(conditional: bool) -> tuple[Adapted, Doubles]:
    """Fitted, with every number moved so far that each term counts."""
    adapted = PromptTuning(**QUICK, conditional=conditional).fit(SmallBackbone(), MATERIAL, seed=SEED)
    generator = torch.Generator().manual_seed(0)
    tensors = {
        name: each + 0.3 * torch.randn(each.shape, generator=generator) for name, each in adapted.tensors.items()
    }
    return replace(adapted, tensors=tensors), {name: each.double() for name, each in tensors.items()}


@pytest.mark.parametrize("conditional", [False, True], ids=["NegPT", "ConNegPT"])
def test_scores_are_those_of_every_images_own_text(conditional: bool) -> None:
    adapted, at = moved(conditional)
    reference = adapted.reference(small_reference(adapted.backbone, "joint"))
    features = torch.nn.functional.normalize(torch.randn(6, 12, generator=torch.Generator().manual_seed(1)), dim=1)
    expected = []
    for v in features.double():
        inner = SCALE * own_text(v, at, "positive", MATERIAL.labels) @ v
        outer = SCALE * own_text(v, at, "negative", MATERIAL.negative_labels) @ v
        p = torch.cat([inner, outer]).softmax(dim=0)
        expected.append(torch.stack([p[:5].sum(), inner.softmax(dim=0).amax(), inner.exp().sum().log()]))
    for column, scorer in enumerate((NegLabel(groups=1), MCM(tau=None), Energy())):
        found = scorer.fit(reference)(features)
        torch.testing.assert_close(found.double(), torch.stack(expected)[:, column], atol=1e-5, rtol=1e-5)
    tokens = torch.stack([features, features.roll(1, 0)], dim=1)  # patches are compared with their own image's text
    found = GLMCM().fit(reference)(tokens)
    alone = torch.cat([GLMCM().fit(reference)(row[None]) for row in tokens])
    torch.testing.assert_close(found, alone)


@pytest.mark.parametrize("name", ["diorama", "diorama-conv"])
def test_labels_behind_the_vectors_of_words_are_labels_behind_words(name: str) -> None:
    backbone = load_backbone(name)
    texts = ["teapot", "red lighthouse", "a cat behind " * 30]
    for words in ("the nice", "this is one of"):
        vectors = backbone.word_vectors(words)
        found = backbone.prompted(texts, len(vectors)).encode(vectors)
        wanted = backbone.encode_text([f"{words} {text}" for text in texts])
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    vectors = backbone.word_vectors("the nice").requires_grad_()
    (gradient,) = torch.autograd.grad(backbone.prompted(texts[:2], 2).encode(vectors)[:, 0].sum(), vectors)
    assert torch.isfinite(gradient).all() and (gradient != 0).any(dim=1).all()


def test_it_may_be_used_with_other_labels_and_takes_their_texts() -> None:
    adapted, at = moved(conditional=False)
    new = adapted.on(("x", "y", "z"), ("p", "q"))
    plain = small_reference(adapted.backbone, "joint")
    assert plain.class_text is not None and plain.negative_text is not None
    found = new.reference(replace(plain, class_text=plain.class_text[:3], negative_text=plain.negative_text[:2]))
    assert found.class_text is not None
    wanted = own_text(torch.zeros(12).double(), at, "positive", ("x", "y", "z"))
    torch.testing.assert_close(found.class_text.double(), wanted, atol=1e-6, rtol=1e-6)


def test_what_cannot_be_learnt_is_said() -> None:
    with pytest.raises(StudioError, match="start must be one word or more"):
        PromptTuning(start=" ")
    with pytest.raises(StudioError, match="chosen must be at most half of crops, 10, not 11"):
        PromptTuning(crops=20, chosen=11)
    with pytest.raises(StudioError, match="empty_classes must be keep or refuse"):
        PromptTuning(empty_classes="leave-out")
    adapted = PromptTuning(**QUICK).fit(SmallBackbone(), MATERIAL)
    assert "Learnt with the 9 furthest of 24 negative labels." in adapted.record.notes

    class NoPrompts(SmallBackbone):
        _word_vectors, _prompted = SmallBackbone.__base__._word_vectors, SmallBackbone.__base__._prompted  # type: ignore[union-attr]

    with pytest.raises(BackboneError, match="prompts cannot be learnt on small: that needs a causal text tower"):
        PromptTuning(**QUICK).fit(NoPrompts(), MATERIAL)
    with pytest.raises(StudioError, match="diorama reads 20 tokens, so 18 before a text leave no room"):
        load_backbone("diorama").prompted(["cat"], 18)
    with pytest.raises(StudioError, match="give one at least"):
        load_backbone("diorama").word_vectors("")
