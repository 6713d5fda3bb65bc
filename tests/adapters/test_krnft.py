"""KR-NFT against a slow transcription of its equations that builds every image's text features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ood_studio.adapters import KRNFT, Adapted, crops
from ood_studio.adapters.crops import crop_boxes, few_shot_crops, jittered
from ood_studio.adapters.few_shot import few_shot_rows
from ood_studio.adapters.krnft import _TunedText
from ood_studio.adapters.loop import _order
from ood_studio.adapters.transformed import Factorised
from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.scorers import CSP, GLMCM, MCM, AdaNeg, Energy, KLMatching, NegLabel, Reference, ViM, affinities
from ood_studio.scorers.vectors import unit_rows
from ood_studio.testing.adapter_world import SmallBackbone, SmallImages, small_material, small_reference
from tests.adapters.oracles import Adam

SCALE, SEED = 20.0, 2
MATERIAL = small_material()
TEXT, NEGATIVE = (part.double() for part in (MATERIAL.class_text, MATERIAL.negative_text))  # type: ignore[union-attr]
PARTS = ("L_p", "L_n", "L_kr")
QUICK = {"shots": 2, "crops": 6, "chosen": 3, "reduction": 4, "batch": 20, "epochs": 1}
VARIANTS: list[dict[str, Any]] = [
    {},
    {"conditional": False},
    {"conditional": False, "regularise": "none", "distribution_aware": False},
    {"distribution_aware": False},
    {"transform": "constant"},
    {"transform": "mlp"},
    {"transform": "class-specific"},
    {"transform": "class-specific", "distribution_aware": False, "conditional": False},
    {"regularise": "logits"},
    {"regularise": "probabilities"},
]


Doubles = dict[str, Tensor]


def tuned(v: Tensor, text: Tensor, at: Doubles, side: str, adapter: KRNFT) -> Tensor:
    """(labels, dim): the text features of one image, by Eqs. 4 to 6."""
    of = f"{side if adapter.distribution_aware else 'all'}/"

    def net(name: str, x: Tensor) -> Tensor:
        if f"{of}{name}/0/weight" not in at:
            return torch.zeros_like(x)
        hidden = (x @ at[f"{of}{name}/0/weight"].T + at[f"{of}{name}/0/bias"]).clamp(min=0)
        return hidden @ at[f"{of}{name}/1/weight"].T + at[f"{of}{name}/1/bias"]

    c = text / text.norm(dim=1, keepdim=True)
    c = c + net("mlp", c)
    own = f"{side}/labels/" if adapter.transform == "class-specific" else of
    alpha, beta = at.get(f"{own}scale", torch.ones(12)), at.get(f"{own}shift", torch.zeros(1))
    moved = (alpha + net("scale_net", v)) * c + beta + net("shift_net", v)
    return moved / moved.norm(dim=1, keepdim=True)


def losses(images: Tensor, classes: Tensor, at: Doubles, adapter: KRNFT) -> dict[str, Tensor]:
    """Eqs. 7 to 10: the first half of the images are positive crops, the others negative ones."""
    before = torch.cat([TEXT / TEXT.norm(dim=1, keepdim=True), NEGATIVE / NEGATIVE.norm(dim=1, keepdim=True)])
    positive, negative, kept = [], [], []
    for i, v in enumerate(images):
        after = torch.cat([tuned(v, TEXT, at, "positive", adapter), tuned(v, NEGATIVE, at, "negative", adapter)])
        p = (SCALE * after @ v).softmax(dim=0)
        if i < len(classes):
            positive.append(-p[classes[i]].log())
        else:
            negative.append(p[:5].sum().log())
        if adapter.regularise == "features":
            kept.append(torch.stack([1 - c @ d for c, d in zip(before, after, strict=True)]).mean())
        elif adapter.regularise == "logits":
            kept.append(((before @ v - after @ v) ** 2).mean())
        else:
            q = (SCALE * before @ v).softmax(dim=0)
            kept.append((q * (q / p).log()).sum())
    found = {name: torch.stack(each).mean() for name, each in zip(PARTS, (positive, negative, kept), strict=True)}
    weight = 0 if adapter.regularise == "none" else adapter.regularisation
    return {"loss": found["L_p"] + adapter.ood_weight * found["L_n"] + weight * found["L_kr"], **found}


def moved(adapter: KRNFT, seed: int = 0) -> tuple[Adapted, Doubles]:
    """Fitted, with every number moved so far that each term of the equations counts."""
    adapted = adapter.fit(SmallBackbone(), MATERIAL, seed=SEED)
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        name: each + 0.2 * torch.randn(each.shape, generator=generator) for name, each in adapted.tensors.items()
    }
    return replace(adapted, tensors=tensors), {name: each.double() for name, each in tensors.items()}


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_three_steps_are_the_equations(variant: dict[str, Any]) -> None:
    adapter = KRNFT(**{**QUICK, "rate": 0.01, "regularisation": 3.0, **variant})
    backbone = SmallBackbone()
    adapted = adapter.fit(backbone, MATERIAL, seed=SEED)
    assert MATERIAL.targets is not None and MATERIAL.images is not None and MATERIAL.class_text is not None
    rows = few_shot_rows(MATERIAL.targets, 5, 2, SEED)
    crops = few_shot_crops(
        backbone,
        MATERIAL.images,
        rows.tolist(),
        MATERIAL.targets[rows],
        MATERIAL.class_text,
        crops=6,
        chosen=3,
        seed=SEED,
    )
    at = {name: each.detach().double().numpy() for name, each in adapter._initial(MATERIAL, backbone, SEED).items()}
    adam, order = Adam(0.01, beside=True), _order(30, SEED, 1)
    told = dict.fromkeys(("loss", *PARTS), 0.0)
    for batch in (order[:10], order[10:20], order[20:]):
        batch = batch.sort().values
        point = {name: torch.tensor(value, requires_grad=True) for name, value in at.items()}
        both = torch.cat([crops.positive[batch], crops.negative[batch]]).double()
        found = losses(both, crops.classes[batch], point, adapter)
        found["loss"].backward()  # type: ignore[no-untyped-call]
        told = {name: value + found[name].item() / 3 for name, value in told.items()}
        at = adam.step(at, {name: each.grad.numpy() for name, each in point.items()}, 0.01)  # type: ignore[union-attr]
    for name, value in adapted.record.history[1].items():
        assert value == pytest.approx(told[name], abs=1e-5), name
    assert set(adapted.tensors) == set(at)
    for name, moved_to in at.items():
        np.testing.assert_allclose(adapted.tensors[name].numpy(), moved_to, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("variant", VARIANTS[:8], ids=str)
def test_scores_are_those_of_every_images_own_text(variant: dict[str, Any]) -> None:
    adapted, at = moved(KRNFT(**{**QUICK, **variant}))
    adapter = adapted.adapter
    assert isinstance(adapter, KRNFT)
    features = torch.nn.functional.normalize(torch.randn(9, 12, generator=torch.Generator().manual_seed(1)), dim=1)
    reference = adapted.reference(small_reference(adapted.backbone, "joint"))
    expected = []
    for v in features.double():
        inner = SCALE * tuned(v, TEXT, at, "positive", adapter) @ v
        outer = SCALE * tuned(v, NEGATIVE, at, "negative", adapter) @ v
        shares = torch.cat([inner, outer]).softmax(dim=0)
        single = torch.stack([shares[:5].sum(), inner.softmax(dim=0).amax(), inner.exp().sum().log()])
        expected.append(torch.cat([single, shares]))
    wanted = torch.stack(expected)
    for column, scorer in enumerate((NegLabel(groups=1), MCM(tau=None), Energy())):
        found = scorer.fit(reference)(features)
        torch.testing.assert_close(found.double(), wanted[:, column], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(affinities(features, reference).double(), wanted[:, 3:], atol=1e-5, rtol=1e-5)


def test_every_form_and_scorer_reads_conditional_text_or_says_why_not() -> None:
    adapted, _ = moved(KRNFT(**QUICK))
    plain = small_reference(adapted.backbone, "joint")
    pool = torch.randn(30, 12, generator=torch.Generator().manual_seed(4))
    reference = adapted.reference(replace(plain, conjugated_text=pool))
    features = torch.nn.functional.normalize(torch.randn(6, 12, generator=torch.Generator().manual_seed(1)), dim=1)
    text = reference.conditional
    assert isinstance(text, _TunedText)
    for form in ("linear-sum", "linear-max", "linear-binary", "count", "max-softmax", "ratio", "max-ratio"):
        found = NegLabel(form=form, groups=3, threshold=0.0).fit(reference)(features)  # type: ignore[arg-type]
        alone = []
        for i in range(6):  # an image's own text as a plain reference
            own = Reference(*(_own(text, part, reference, features[i]) for part in ("class_text", "negative_text")))
            own = replace(own, logit_scale=SCALE)
            alone.append(NegLabel(form=form, groups=3, threshold=0.0).fit(own)(features[i : i + 1]))  # type: ignore[arg-type]
        torch.testing.assert_close(found, torch.cat(alone), atol=1e-4, rtol=1e-4)
    tokens = torch.stack([features, features.roll(1, 0)], dim=1)
    assert torch.isfinite(GLMCM().fit(reference)(tokens)).all()
    for scorer in (CSP(groups=4), KLMatching()):
        assert torch.isfinite(scorer.fit(reference)(features)).all()
    for scorer in (AdaNeg(), ViM()):
        with pytest.raises(StudioError, match="needs text features that are the same for every picture"):
            scorer.fit(reference)


def _own(text: _TunedText, part: Any, reference: Reference, v: torch.Tensor) -> torch.Tensor:
    """(labels, dim) one image's text, read off the cosines of the axes."""
    vectors = text.vectors(part, unit_rows(getattr(reference, part)))
    return vectors.cosines(torch.eye(12), v.expand(12, 12)).T


def test_a_batch_needs_three_products_and_no_images_own_text(monkeypatch: pytest.MonkeyPatch) -> None:
    adapted, _ = moved(KRNFT(**QUICK))
    text = adapted.reference(small_reference(adapted.backbone, "joint")).conditional
    assert text is not None
    vectors = text.vectors("negative_text", unit_rows(MATERIAL.negative_text))  # type: ignore[arg-type]
    assert isinstance(vectors, Factorised)
    products, largest = [], [0]

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                largest[0] = max(largest[0], out.numel())
                if "mm" in func.__name__ and out.shape[-1] == 24:
                    products.append(tuple(out.shape))
            return out

    features = torch.nn.functional.normalize(torch.randn(50, 12), dim=1)
    with Watch():
        vectors.cosines(features)
    assert products == [(50, 24)] * 3 and largest[0] == 50 * 24


def test_it_may_be_used_with_other_labels_unless_each_has_its_own_numbers() -> None:
    adapted, _ = moved(KRNFT(**QUICK))
    new = adapted.on(("x", "y", "z"), ("p", "q"))
    reference = Reference(torch.randn(3, 12), torch.randn(2, 12), logit_scale=SCALE)
    assert torch.isfinite(NegLabel().fit(new.reference(reference))(torch.randn(4, 12))).all()
    bound, _ = moved(KRNFT(**QUICK, transform="class-specific"))
    with pytest.raises(StudioError, match="was learnt with other labels: 5 of them, not 3"):
        bound.on(("x", "y", "z"), ("p", "q"))


def test_the_crops_most_and_least_like_a_label_are_taken() -> None:
    backbone = SmallBackbone()
    assert MATERIAL.images is not None and MATERIAL.class_text is not None
    images, text = MATERIAL.images, MATERIAL.class_text
    arguments: Any = (backbone, images, [7, 1], torch.tensor([2, 1]), text)
    whole = few_shot_crops(*arguments, crops=8, chosen=4, seed=3)
    few = few_shot_crops(*arguments, crops=8, chosen=2, seed=3)
    assert whole.classes.tolist() == [2] * 4 + [1] * 4
    for i, label in enumerate((2, 1)):
        near = whole.positive[4 * i : 4 * i + 4] @ text[label]
        far = whole.negative[4 * i : 4 * i + 4] @ text[label]
        assert near.tolist() == sorted(near.tolist(), reverse=True) and float(near.min()) >= float(far.max())
        assert torch.equal(few.positive[2 * i : 2 * i + 2], whole.positive[4 * i : 4 * i + 2])
        assert torch.equal(few.negative[2 * i : 2 * i + 2], whole.negative[4 * i + 2 : 4 * i + 4])
    alone = few_shot_crops(backbone, images, [1], torch.tensor([1]), text, crops=8, chosen=4, seed=3)
    assert torch.equal(alone.positive, whole.positive[4:])


@pytest.mark.parametrize("every", [-1.0, 1e9], ids=["by time", "when stopped"])
def test_crops_are_kept_as_they_come_and_gone_on_with(
    every: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    monkeypatch.setattr(crops, "_KEEP_SECONDS", every)
    monkeypatch.setattr(crops, "_KEEP_FROM", 1e9 if every < 0 else -1.0)

    class Images(SmallImages):
        looked: ClassVar[list[int]] = []

        def load(self, index: int) -> Image.Image:
            self.looked.append(index)
            if index == 4:
                raise StudioError("broken")
            return super().load(index)

    def made(progress: Progress = silent) -> crops.Crops:
        monkeypatch.setattr(crops, "_CROPS", KeyedCache(1))  # another process
        assert MATERIAL.class_text is not None
        rows, classes = [7, 4, 1, 2], torch.tensor([2, 4, 1, 2])
        return few_shot_crops(
            SmallBackbone(), Images(), rows, classes, MATERIAL.class_text, crops=8, chosen=4, seed=3, progress=progress
        )

    def stop(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise Stopped(stage)

    with pytest.raises(Stopped, match="cropping pictures"):
        made(stop)
    assert Images.looked == [7, 4]
    whole = made()
    assert Images.looked == [7, 4, 1, 2] and whole.unread == 1
    again = made()
    assert len(Images.looked) == 4
    for path in tmp_path.glob("crops/*/*"):
        path.write_bytes(b"cut off")
    anew = made()
    assert len(Images.looked) == 8 and "are damaged" in caplog.text
    for other in (again, anew):
        for part in ("positive", "classes", "negative"):
            assert torch.equal(getattr(whole, part), getattr(other, part))


def test_crops_lie_inside_and_colours_in_range() -> None:
    generator = torch.Generator().manual_seed(0)
    for left, top, right, bottom in crop_boxes(31, 9, 300, generator):
        assert 0 <= left < right <= 31 and 0 <= top < bottom <= 9
        assert (right - left) * (bottom - top) >= 0.05 * 31 * 9
    pixels = torch.rand(400, 3, 4, 4)
    changed = jittered(pixels, generator)
    assert changed.min() >= 0 and changed.max() <= 1
    grey = (changed - changed.mean(dim=1, keepdim=True)).abs().amax(dim=(1, 2, 3)) < 1e-6
    same = (changed == pixels).flatten(1).all(dim=1)
    assert 0.12 < float(grey.float().mean()) < 0.3 and 0.1 < float(same.float().mean()) < 0.25


def test_more_crops_than_there_are_are_refused() -> None:
    with pytest.raises(StudioError, match="chosen must be at most half of crops, 10, not 11"):
        KRNFT(crops=20, chosen=11)
