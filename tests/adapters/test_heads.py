"""PLP and the probes against transcriptions of their equations, and what they say about their material."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from ood_studio.adapters import Material, Probe, PseudoLabelProbing
from ood_studio.adapters import material as material_module
from ood_studio.adapters.few_shot import few_shot_rows
from ood_studio.adapters.loop import _order
from ood_studio.core.errors import StudioError
from ood_studio.scorers import KNN, MSP, Energy, Mahalanobis, NegLabel, RelativeMahalanobis
from ood_studio.testing.adapter_world import LABELS, SmallBackbone, small_material, small_reference
from tests.adapters.oracles import Adam, softmax


@pytest.mark.parametrize("kind", [PseudoLabelProbing, Probe])
def test_three_steps_of_a_head_are_the_papers(kind: type[PseudoLabelProbing] | type[Probe]) -> None:
    material = small_material()
    rng = np.random.default_rng(0)
    scaled = material.visual.double().numpy() * rng.uniform(0.5, 9, 20) + rng.normal(0, 3, 20)  # type: ignore[union-attr]
    material = replace(material, visual=torch.from_numpy(scaled).float())
    x, seed = scaled.astype(np.float32).astype(np.float64), 4
    if kind is Probe:
        classes = material.targets.numpy()  # type: ignore[union-attr]
    else:
        joint, text = material.joint.numpy(), material.pseudo_text.numpy()  # type: ignore[union-attr]
        classes = np.array([np.argmax([v @ t / np.sqrt(t @ t) for t in text]) for v in joint])
    adapter = kind(epochs=1, batch=14, rate=0.02)  # 40 images: three steps, the last of 12
    adapted = adapter.fit(SmallBackbone(), material, seed=seed)

    mean, deviation = x.mean(axis=0), x.std(axis=0)
    standard = (x - mean) / deviation
    generator, bound = torch.Generator().manual_seed(seed), 1 / math.sqrt(20)
    at = {
        "w": torch.empty(5, 20).uniform_(-bound, bound, generator=generator).double().numpy(),
        "b": torch.empty(5).uniform_(-bound, bound, generator=generator).double().numpy(),
    }
    adam, order = Adam(1e-3, beside=False), _order(40, seed, 1).numpy()
    losses = []
    for step, rows in enumerate((order[:14], order[14:28], order[28:])):
        z = standard[rows] @ at["w"].T + at["b"]
        p = softmax(z)
        losses += [-math.log(p[i, classes[row]]) for i, row in enumerate(rows)]
        p[np.arange(len(rows)), classes[rows]] -= 1
        gradient = {"w": p.T @ standard[rows] / len(rows), "b": p.mean(axis=0)}
        # No step of a tenth of three: the rate only falls. It is stated for 256 images a step.
        at = adam.step(at, gradient, 0.02 * 14 / 256 * 0.5 * (1 + math.cos(math.pi * step / 3)))
    expected = x @ (at["w"] / deviation).T + at["b"] - (at["w"] / deviation) @ mean
    head = adapted.reference(small_reference(adapted.backbone, "visual"), "visual").head
    assert head is not None
    np.testing.assert_allclose(head(material.visual).numpy(), expected, atol=1e-5)
    assert adapted.record.history[1]["cross-entropy"] == pytest.approx(np.mean(losses), abs=1e-5)


def test_scores_of_logits_read_the_trained_head() -> None:
    adapted = PseudoLabelProbing(epochs=2).fit(SmallBackbone(), small_material(), seed=0)
    assert adapted.scorer(Energy()) == Energy(space="visual") and adapted.scorer(MSP()) == MSP(space="visual")
    assert adapted.scorer(RelativeMahalanobis()) == RelativeMahalanobis(space="visual", logits=True)
    assert adapted.scorer(NegLabel()) == NegLabel() and adapted.scorer(KNN()) == KNN()
    reference = small_reference(adapted.backbone, "joint")
    assert adapted.reference(reference, "joint").head is None  # the head reads visual features


@pytest.mark.parametrize("scorer", [Mahalanobis, RelativeMahalanobis])
@pytest.mark.parametrize("covariance", ["pooled", "classwise"])
def test_distances_between_logits_are_those_of_a_pass_over_the_logits(scorer: type, covariance: str) -> None:
    material = small_material()
    adapted = Probe(epochs=30).fit(SmallBackbone(), material, seed=0)
    reference = adapted.reference(small_reference(adapted.backbone, "visual"), "visual")
    assert reference.head is not None and reference.images is not None
    fitted = scorer(logits=True, covariance=covariance).fit(reference)
    logits = replace(reference, images=reference.head(reference.images), head=None)
    expected = scorer(covariance=covariance).fit(logits)
    found = fitted(reference.images.double())
    torch.testing.assert_close(
        found, expected(reference.head.double()(reference.images.double())), atol=1e-2, rtol=1e-3
    )


def test_classes_of_plp_are_its_pseudo_labels() -> None:
    material = small_material()
    adapted = PseudoLabelProbing(epochs=1).fit(SmallBackbone(), material, seed=0)
    cosines = functional.normalize(material.joint, dim=1) @ functional.normalize(material.pseudo_text, dim=1).T
    assert torch.equal(adapted.classes(material.joint, material.targets), cosines.argmax(dim=1))
    probe = Probe(epochs=1).fit(SmallBackbone(), material, seed=0)
    assert probe.classes(material.joint, material.targets) is material.targets


@given(
    targets=st.lists(st.integers(-1, 4), max_size=60),
    shots=st.integers(1, 6),
    seed=st.integers(0, 5),
)
def test_a_few_images_of_each_class_are_drawn(targets: list[int], shots: int, seed: int) -> None:
    given_ = torch.tensor(targets, dtype=torch.long)
    rows = few_shot_rows(given_, 5, shots, seed)
    assert rows.tolist() == sorted(set(rows.tolist())) and bool((given_[rows] >= 0).all())
    for index in range(5):
        assert int((given_[rows] == index).sum()) == min(shots, targets.count(index))
    assert set(rows.tolist()) <= set(few_shot_rows(given_, 5, shots + 1, seed).tolist())
    assert few_shot_rows(given_, 5, None, seed).tolist() == [i for i, each in enumerate(targets) if each >= 0]


def without(label: int) -> Material:
    material = small_material()
    assert material.targets is not None
    return replace(material, targets=torch.where(material.targets == label, -1, material.targets))


def test_a_class_without_an_image_is_kept_left_out_or_refused() -> None:
    backbone, material = SmallBackbone(), without(2)
    kept = Probe(epochs=1).fit(backbone, material)
    assert len(kept.tensors["bias"]) == 5 and any(
        "no image of cat; they are kept" in note for note in kept.record.notes
    )
    left = Probe(epochs=1, empty_classes="leave-out").fit(backbone, material)
    assert left.tensors["classes"].tolist() == [0, 1, 3, 4] and len(left.tensors["bias"]) == 4
    assert any("Left out" in note and "cat" in note for note in left.record.notes)
    with pytest.raises(StudioError, match="there is no image of cat; give some"):
        Probe(epochs=1, empty_classes="refuse").fit(backbone, material)


def test_bad_material_is_refused_in_a_sentence() -> None:
    backbone, material = SmallBackbone(), small_material()
    assert material.targets is not None
    one = replace(material, targets=torch.zeros_like(material.targets))
    with pytest.raises(
        StudioError, match=r"images of two classes or more are needed .* have an image of 1 of 5 labels"
    ):
        Probe(epochs=1).fit(backbone, one)
    with pytest.raises(StudioError, match="needs two or more, not 1"):
        Material(("ant",), "k")
    with pytest.raises(StudioError, match="targets name class 7, but there are only 5 labels"):
        replace(material, targets=torch.full((40,), 7))
    with pytest.raises(StudioError, match="the same images, not 40 joint, 40 visual, 39 targets"):
        replace(material, targets=material.targets[:-1])
    with pytest.raises(StudioError, match="rate must lie between"):
        Probe(rate=-1.0)
    few = Probe(epochs=1, shots=9).fit(backbone, material)
    assert few.record.notes == (f"Fewer than 9 images: {', '.join(LABELS)}; all of theirs are used.",)


def test_a_dimension_that_never_varies_is_only_centred() -> None:
    material = small_material()
    assert material.visual is not None
    still = material.visual.clone()
    still[:, 3] = 7.0
    adapted = Probe(epochs=3).fit(SmallBackbone(), replace(material, visual=still))
    assert torch.isfinite(adapted.tensors["weight"]).all() and adapted.tensors["weight"].abs().max() < 100


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from Linux's /proc")
def test_features_in_a_file_are_never_in_memory_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """77 MB of features, as 1.28 million of 1,024 would be 5.2 GB: what a fit adds depends on its parts alone."""
    monkeypatch.setattr(material_module, "_CHUNK_VALUES", 2**18)
    count, width = 200_000, 96
    block = np.random.default_rng(0).standard_normal((10_000, width), dtype=np.float32)
    with (tmp_path / "rows").open("wb") as file:
        for shift in range(count // len(block)):
            file.write((block + np.float32(shift % 7)).tobytes())
    visual = torch.from_file(str(tmp_path / "rows"), shared=False, size=count * width).view(count, width)
    targets = torch.arange(count) % 7
    material = Material((*LABELS, "fox", "gnu"), "large", visual=visual, targets=targets)
    Probe(epochs=1).fit(SmallBackbone(), small_material())  # what a first fit imports is not this one's
    before, peak, done = anonymous_memory(), [0], Event()

    def watch() -> None:
        while not done.wait(0.002):
            peak[0] = max(peak[0], anonymous_memory())

    watcher = Thread(target=watch)
    watcher.start()
    try:
        adapted = Probe(epochs=1, batch=4096).fit(SmallBackbone(), material)
    finally:
        done.set()
        watcher.join()
    assert adapted.record.finished and peak[0]
    assert peak[0] - before < 48 * 2**20


def anonymous_memory() -> int:
    """Bytes of this process that no file stands behind."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("RssAnon"))
    return int(line.split()[1]) * 1024
