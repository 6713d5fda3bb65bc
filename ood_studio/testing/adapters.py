"""The contract of every adapter."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor

from ood_studio.adapters import Adapted, Adapter, Material, export, find_adapter
from ood_studio.core.parameters import bounds_of
from ood_studio.core.progress import Stopped
from ood_studio.scorers import Energy, NegLabel, Scorer, read_features
from ood_studio.testing.adapter_world import LABELS, NEGATIVES, SmallBackbone, small_material, small_reference
from ood_studio.testing.contract import ContractError, memory_mapped, refused, require, require_close, run_checks

SEED = 3
"""Of the fits tried."""


def adapter_contract(adapter: type[Adapter] | Adapter) -> None:
    """Checks what every adapter keeps to, on a small world of five labels.

    Args:
        adapter: a class, tried at its defaults, or an instance with other parameters; a few epochs are quicker.

    Raises:
        ContractError: listing every check that fails.
    """
    checked = adapter() if isinstance(adapter, type) else adapter
    run_checks(ADAPTER_CHECKS, checked, f"the adapter {checked.name}")


def fitted(adapter: Adapter, seed: int = SEED) -> Adapted:
    """Fitted to the small world."""
    return adapter.fit(SmallBackbone(), small_material(), seed=seed)


def pixels(count: int, seed: int = 11) -> Tensor:
    """(count, 3, height, width) in [0, 1]."""
    backbone = SmallBackbone()
    return torch.rand(count, 3, *backbone.input_shape, generator=torch.Generator().manual_seed(seed))


def scores(adapted: Adapted, images: Tensor, scorer: Scorer | None = None) -> Tensor:
    """(batch,) NegLabel's scores, or a scorer's at its defaults, of pixels on the adapted model."""
    meant = adapted.scorer(scorer or NegLabel(groups=2))
    features = adapted.image(adapted.backbone.encode_image(images))
    reference = adapted.reference(small_reference(adapted.backbone, meant.space), meant.space)
    return meant.fit(reference)(read_features(meant.space, features))


def is_a_frozen_dataclass_with_a_name(adapter: Adapter) -> None:
    """It has a name and a title; equal parameters are equal adapters; nothing can be set; `fit` is final."""
    kind = type(adapter)
    require(bool(adapter.name and adapter.title), f"it has no name or no title: {adapter.name!r}, {adapter.title!r}")
    same = replace(cast(Any, adapter))
    require(same == adapter and hash(same) == hash(adapter), "two adapters of equal parameters are not equal")
    require(pickle.loads(pickle.dumps(adapter)) == adapter, "it does not pickle into its equal")
    try:
        adapter.anything = 1  # type: ignore[attr-defined]
    except FrozenInstanceError:
        pass
    else:
        raise ContractError("its fields can be set: it is no frozen dataclass")
    overridden = {"fit", "train", "missing"} & vars(kind).keys()
    require(not overridden, f"it overrides {', '.join(sorted(overridden))}, which is final")


def every_number_has_bounds_and_keeps_to_them(adapter: Adapter) -> None:
    """A number is declared with `Bounds`, and a value beyond them is refused by name."""
    bounds = bounds_of(type(adapter))
    for field in fields(cast(Any, adapter)):
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
            require(field.name in bounds, f"its number {field.name} has no Bounds")
    for name, bound in bounds.items():
        with refused(f"{name} = {bound.high + 1:g}", name):
            replace(cast(Any, adapter), **{name: bound.high + 1})


def what_is_missing_is_said(adapter: Adapter) -> None:
    """`missing` names the parts of a material that it needs, and `fit` raises that sentence."""
    require(adapter.missing(small_material()) is None, "it lacks something of a material that has every part")
    bare = Material(LABELS, "bare")
    reason = adapter.missing(bare)
    if reason is None:
        raise ContractError("it needs nothing to learn from")
    require(adapter.title in reason and "needs" in reason, f"its reason {reason!r} names neither it nor what it needs")
    with refused("a bare material", "needs"):
        adapter.fit(SmallBackbone(), bare)


def before_training_it_changes_nothing(adapter: Adapter) -> None:
    """Where `Adapter.identity` says so, the start scores as the plain model does."""
    with closing(adapter.train(SmallBackbone(), small_material(), seed=SEED)) as epochs:
        start = next(epochs)
    require(start.number == 0, f"the first epoch given is number {start.number}, not the start")
    if not adapter.identity:
        return
    backbone, images = start.adapted.backbone, pixels(8)
    plain = NegLabel(groups=2).fit(small_reference(backbone, "joint"))(
        cast(Tensor, backbone.encode_image(images).joint)
    )
    require_close(scores(start.adapted, images), plain, "a score before training", tolerance=1e-5)


def losses_are_told_and_finite(adapter: Adapter) -> None:
    """Every epoch says them, and the last epoch is the one planned."""
    epochs = [*adapter.train(SmallBackbone(), small_material(), seed=SEED)]
    require(epochs[-1].number == epochs[-1].of, f"it ends at epoch {epochs[-1].number} of {epochs[-1].of}")
    for epoch in epochs:
        require(bool(epoch.losses), f"epoch {epoch.number} says no loss")
        require(all(abs(value) < float("inf") for value in epoch.losses.values()), f"losses {epoch.losses}")
    require(epochs[-1].adapted.record.finished, "the last epoch's record says it is unfinished")
    require(len(epochs[-1].adapted.record.history) == len(epochs), "the record lacks the losses of an epoch")


def refitting_gives_the_same_bits(adapter: Adapter) -> None:
    """And changes neither the material nor what was learnt before."""
    material, backbone = small_material(), SmallBackbone()
    before = {name: part.clone() for name, part in _tensors(material).items()}
    first = adapter.fit(backbone, material, seed=SEED)
    kept = {name: tensor.clone() for name, tensor in first.tensors.items()}
    adapter.fit(backbone, material, seed=SEED + 1)
    again = adapter.fit(backbone, material, seed=SEED)
    _require_equal(again.tensors, kept, "a second fit")
    _require_equal(first.tensors, kept, "an earlier fit, after a later one,")
    _require_equal(_tensors(material), before, "the material, after a fit,")


def memory_mapped_material_gives_the_same_bits(adapter: Adapter) -> None:
    """Features that lie in a file."""
    material = small_material()
    expected = adapter.fit(SmallBackbone(), material, seed=SEED)
    assert material.joint is not None and material.visual is not None
    with memory_mapped(material.joint) as joint, memory_mapped(material.visual) as visual:
        found = adapter.fit(SmallBackbone(), replace(material, joint=joint, visual=visual), seed=SEED)
    _require_equal(found.tensors, expected.tensors, "a fit to features in a file")


def going_on_gives_the_same_bits(adapter: Adapter) -> None:
    """A fit that was interrupted after its first epoch and goes on ends where an uninterrupted one does."""
    backbone, material = SmallBackbone(), small_material()
    whole = [*adapter.train(backbone, material, seed=SEED)]
    with closing(adapter.train(backbone, material, seed=SEED)) as epochs:
        state = next(epoch.state for epoch in epochs if epoch.number == min(1, epoch.of))
    rest = [*adapter.train(backbone, material, seed=SEED, resume=state)]
    ends = rest[-1].adapted if rest else whole[-1].adapted
    _require_equal(ends.tensors, whole[-1].adapted.tensors, "a fit that went on")
    require(len(ends.record.history) == len(whole[-1].adapted.record.history), "a fit that went on lost losses")


def stopping_keeps_what_there_is(adapter: Adapter) -> None:
    """Progress that stops a fit after an epoch ends it with what was learnt by then; before, it stops it."""
    reported: list[tuple[int, int]] = []

    def stop_late(stage: str, done: int, total: int) -> None:
        if stage.startswith("training"):
            reported.append((done, total))
            if len(reported) > 1 and done > total // 2:
                raise Stopped("enough")

    found = adapter.fit(SmallBackbone(), small_material(), seed=SEED, progress=stop_late)
    require(bool(reported), "progress is told nothing of the training")
    if found.record.planned > 2:
        require(0 < found.record.epochs < found.record.planned, f"stopped, it has {found.record.epochs} epochs")

    def stop_at_once(stage: str, done: int, total: int) -> None:
        raise Stopped("at once")

    with refused("a fit that is stopped at once", "at once"):
        adapter.fit(SmallBackbone(), small_material(), seed=SEED, progress=stop_at_once)


def saved_and_loaded_it_scores_the_same(adapter: Adapter) -> None:
    """As safetensors with a header; a damaged file is refused in one sentence."""
    adapted, images = fitted(adapter), pixels(6)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "own.safetensors"
        export(adapted, path)
        found = find_adapter(str(path))
        again = found.adapted(adapted.backbone, adapted.labels, adapted.negative_labels)
        require(again.adapter == adapter, f"it loads as {again.adapter}")
        require(again.record == adapted.record, "its record changes on the way to the disk and back")
        _require_equal(again.tensors, load_file(path), "what is loaded")
        require(torch.equal(scores(again, images), scores(adapted, images)), "saved and loaded it scores otherwise")
        content = bytearray(path.read_bytes())
        content[-3] ^= 0xFF
        path.write_bytes(bytes(content))
        with refused("a damaged file", "damaged"):
            found.adapted(adapted.backbone, adapted.labels, adapted.negative_labels)
        path.write_bytes(bytes(content[: len(content) // 3]))
        with refused("a cut file", "damaged"):
            find_adapter(str(path)).adapted(adapted.backbone, adapted.labels, adapted.negative_labels)


def an_image_scores_the_same_in_any_batch(adapter: Adapter) -> None:
    """Alone, with others, in any order."""
    adapted, images = fitted(adapter), pixels(7)
    for scorer in (NegLabel(groups=2), Energy()):
        whole = scores(adapted, images, scorer)
        alone = torch.cat([scores(adapted, image[None], scorer) for image in images])
        require_close(alone, whole, f"{scorer.title} of an image alone", tolerance=1e-4)
        turned = scores(adapted, images.flip(0), scorer).flip(0)
        require_close(turned, whole, f"{scorer.title} in another order", tolerance=1e-4)


def gradients_reach_the_image(adapter: Adapter) -> None:
    """So that adapted detectors can be attacked; finite, and not 0 everywhere."""
    adapted = fitted(adapter)
    for scorer in (NegLabel(groups=2), Energy()):
        images = pixels(4).requires_grad_()
        (gradient,) = torch.autograd.grad(scores(adapted, images, scorer).sum(), images)
        require(bool(torch.isfinite(gradient).all()), f"the gradient of {scorer.title} is not finite")
        require(bool((gradient != 0).any()), f"the gradient of {scorer.title} does not reach the image")


def it_fits_its_own_backbone_and_labels_alone(adapter: Adapter) -> None:
    """Another backbone is refused; other labels are, where it is bound to them, and else taken."""
    adapted = fitted(adapter)
    with refused("another backbone", "train it again"):
        replace(adapted, backbone=SmallBackbone(seed=1))
    others = tuple(f"other {label}" for label in LABELS)
    for what, labels, negatives in (
        ("labels", others, NEGATIVES),
        ("negative labels", LABELS, tuple(reversed(NEGATIVES))),
    ):
        if what in adapter.binds:
            with refused(f"other {what}", "other"):
                adapted.on(labels, negatives)
        else:
            adapted.on(labels, negatives)
    reference = small_reference(adapted.backbone, "joint")
    assert reference.class_text is not None
    with refused("text features of fewer labels", "ID labels"):
        adapted.reference(replace(reference, class_text=reference.class_text[:-1]))


def features_without_direction_are_refused(adapter: Adapter) -> None:
    """Zero, NaN and constant features of the material, where it reads them."""
    material = small_material()
    for part in ("joint", "visual", "synthetic"):
        rows = getattr(material, part)
        for value, word in ((0.0, "zero"), (float("nan"), "NaN")):
            wrong = rows.clone()
            wrong[2] = value
            with refused(f"{part} with a row of {value}", rf"row 2 of {part} .*{word}"):
                adapter.fit(SmallBackbone(), replace(material, **{part: wrong}))
    assert material.visual is not None
    with refused("constant features", "the same"):
        adapter.fit(SmallBackbone(), replace(material, visual=torch.ones_like(material.visual)))
    assert material.joint is not None
    with refused("features of another model", "features"):
        narrow = {name: getattr(material, name)[:, :5] for name in _NARROWED}
        adapter.fit(SmallBackbone(), replace(material, **narrow))


ADAPTER_CHECKS: tuple[Callable[[Adapter], None], ...] = (
    is_a_frozen_dataclass_with_a_name,
    every_number_has_bounds_and_keeps_to_them,
    what_is_missing_is_said,
    before_training_it_changes_nothing,
    losses_are_told_and_finite,
    refitting_gives_the_same_bits,
    memory_mapped_material_gives_the_same_bits,
    going_on_gives_the_same_bits,
    stopping_keeps_what_there_is,
    saved_and_loaded_it_scores_the_same,
    an_image_scores_the_same_in_any_batch,
    gradients_reach_the_image,
    it_fits_its_own_backbone_and_labels_alone,
    features_without_direction_are_refused,
)
"""Every check of `adapter_contract`."""

_NARROWED = ("joint", "class_text", "pseudo_text", "negative_text", "synthetic")


def _tensors(material: Material) -> dict[str, Tensor]:
    found = {field.name: getattr(material, field.name) for field in fields(material)}
    return {name: part for name, part in found.items() if isinstance(part, Tensor)}


def _require_equal(found: Any, expected: Any, what: str) -> None:
    require(set(found) == set(expected), f"{what} has tensors {sorted(found)}, not {sorted(expected)}")
    for name in expected:
        require(torch.equal(found[name], expected[name]), f"{what} has other bits in {name}")
