"""The contract of every scorer."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any, cast, get_args

import torch
from torch import Tensor
from torch.nn import Linear, functional

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.scorers import Reference, Scorer, Space, select_features
from ood_studio.testing.contract import (
    ContractError,
    devices,
    memory_mapped,
    refused,
    require,
    require_close,
    run_checks,
)

DIM = 16
_CLASSES, _IMAGES, _NEGATIVES = 5, 60, 250


def scorer_contract(scorer: type[Scorer] | Scorer) -> None:
    """Checks what every scorer keeps to, on a small world of five classes.

    Args:
        scorer: a class, tried at its defaults, or an instance with other parameters.

    Raises:
        ContractError: listing every check that fails.
    """
    checked = scorer() if isinstance(scorer, type) else scorer
    run_checks(SCORER_CHECKS, checked, f"the scorer {checked.name}")


def unit(count: int, seed: int) -> Tensor:
    """(count, DIM) random directions."""
    return functional.normalize(torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed)), dim=1)


def full_reference(seed: int = 0) -> Reference:
    """Every part a scorer can ask for: five classes, each image near its class."""
    classes = unit(_CLASSES, seed)
    labels = torch.arange(_IMAGES) % _CLASSES
    images = functional.normalize(classes[labels] + 0.15 * unit(_IMAGES, seed + 1), dim=1)
    return Reference(
        classes,
        unit(_NEGATIVES, seed + 2),
        images,
        labels,
        _head(20 * classes),
        logit_scale=20.0,
        conjugated_text=unit(80, seed + 10),
        classifier=_head(15 * classes + unit(_CLASSES, seed + 11)),
        texts=_Texts(classes, unit(_NEGATIVES, seed + 2)),
    )


class _Words:
    """Two templates: the vector as it is, and turned."""

    templates, width, at_once = 2, DIM, 256

    def encode(self, vectors: Tensor, template: int) -> Tensor:
        return functional.normalize(vectors.roll(template, dims=1), dim=1)


class _Texts:
    """A text tower in whose space "a and b" is halfway between a and b."""

    templates: tuple[str, ...] = ("{}",)

    def __init__(self, classes: Tensor, negatives: Tensor) -> None:
        self._classes, self._negatives = classes.clone(), negatives
        self.adjectives = torch.arange(len(negatives)) % 5 == 0

    def superfluous(self, nearest: Tensor, dropped: Collection[str] = ()) -> dict[str, Tensor]:
        return {"are in the way": torch.arange(len(self._negatives)) % 50 == 0}

    def pairs(self, index: Tensor) -> Tensor:
        return functional.normalize(self._classes[index[:, 0]] + self._negatives[index[:, 1]], dim=1)

    def pseudo_words(self) -> _Words:
        return _Words()


def _head(weight: Tensor) -> Linear:
    head = Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.zero_()
    return head


def features_for(scorer: Scorer, rows: Tensor) -> Tensor:
    """(n, DIM) rows in the layout of the scorer's space."""
    if scorer.space in ("joint", "visual"):
        return rows
    return select_features(scorer.space, rows, rows, rows[:, None, None, :].expand(-1, 2, 2, -1))


def is_a_frozen_dataclass_with_a_name(scorer: Scorer) -> None:
    """It has a name, a title and a space; equal parameters are equal scorers; nothing can be set; `fit` is final."""
    kind = type(scorer)
    require(bool(scorer.name and scorer.title), f"it has no name or no title: {scorer.name!r}, {scorer.title!r}")
    require(scorer.space in get_args(Space), f"its space {scorer.space!r} is none of {', '.join(get_args(Space))}")
    same = replace(cast(Any, scorer))
    require(same == scorer and hash(same) == hash(scorer), "two scorers of equal parameters are not equal")
    try:
        scorer.anything = 1  # type: ignore[attr-defined]
    except FrozenInstanceError:
        pass
    else:
        raise ContractError("its fields can be set: it is no frozen dataclass")
    overridden = {"fit", "missing"} & vars(kind).keys()
    require(not overridden, f"it overrides {', '.join(sorted(overridden))}, which is final")


def every_number_has_bounds_and_keeps_to_them(scorer: Scorer) -> None:
    """A number is declared with `Bounds`, and a value beyond them is refused by name."""
    bounds = bounds_of(type(scorer))
    for field in fields(cast(Any, scorer)):
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool):
            require(field.name in bounds, f"its number {field.name} has no Bounds")
    for name, bound in bounds.items():
        with refused(f"{name} = {bound.high + 1:g}", name):
            replace(cast(Any, scorer), **{name: bound.high + 1})


def scores_are_one_finite_number_an_image(scorer: Scorer) -> None:
    """(batch,) in the type that came, of half precision float32; none of no images."""
    score, rows = scorer.fit(full_reference()), unit(7, 3)
    single, double, half = (score(features_for(scorer, each)) for each in (rows, rows.double(), rows.half()))
    for found, dtype in ((single, torch.float32), (double, torch.float64), (half, torch.float32)):
        require(tuple(found.shape) == (7,), f"seven images get scores of shape {tuple(found.shape)}, not (7,)")
        require(found.dtype == dtype, f"scores come as {found.dtype}, not {dtype}")
        require(bool(torch.isfinite(found).all()), f"scores of {dtype} features are not all finite")
    require_close(single, double, "a score in float32", tolerance=1e-4)
    require(tuple(score(features_for(scorer, rows[:0])).shape) == (0,), "no images get other than no scores")


def an_image_scores_the_same_in_any_batch(scorer: Scorer) -> None:
    """Alone, with others, in any order; but for a `Scorer.stream`, whose scores depend on what came before."""
    if scorer.stream:
        return
    score, rows = scorer.fit(full_reference()), features_for(scorer, unit(9, 4).double())
    whole = score(rows)
    require_close(torch.cat([score(row[None]) for row in rows]), whole, "an image's score alone", tolerance=1e-10)
    require_close(score(rows.flip(0)).flip(0), whole, "an image's score in another order", tolerance=1e-10)


def refitting_repeats_itself_and_changes_nothing(scorer: Scorer) -> None:
    """The same reference gives the same scores; neither reference nor features nor an earlier fit is changed."""
    reference, rows = full_reference(), features_for(scorer, unit(6, 5))
    before, kept = [part.clone() for part in _tensors(reference)], rows.clone()
    first = scorer.fit(reference)
    scores = first(rows)
    scorer.fit(full_reference(90))(rows)
    require(torch.equal(first(rows), scores), "fitting it to something else changed an earlier fit")
    require(torch.equal(scorer.fit(reference)(rows), scores), "a second fit to the same reference gives other scores")
    require(torch.equal(rows, kept), "scoring changed the features")
    same = all(torch.equal(part, was) for part, was in zip(_tensors(reference), before, strict=True))
    require(same, "fitting changed the reference")


def a_fitted_score_outlives_changes_to_its_reference(scorer: Scorer) -> None:
    """What is kept of a reference is a copy."""
    reference, rows = full_reference(), features_for(scorer, unit(6, 5))
    score = scorer.fit(reference)
    before = score(rows)
    with torch.no_grad():
        for part in _tensors(reference):
            part.mul_(-1)
    require(torch.equal(score(rows), before), "changing the reference changed what was fitted to it")


def gradients_reach_the_features(scorer: Scorer) -> None:
    """Finite, 0 everywhere where `Scorer.differentiable` is False and only there; scores do not depend on them."""
    score, rows = scorer.fit(full_reference()), features_for(scorer, unit(6, 6)).requires_grad_()
    scores = score(rows)
    if scorer.differentiable or scores.requires_grad:
        (gradient,) = torch.autograd.grad(scores.sum(), rows)
        require(bool(torch.isfinite(gradient).all()), "its gradient is not finite")
        flows = bool((gradient != 0).any())
        require(flows == scorer.differentiable, f"differentiable is {scorer.differentiable}, but gradients {flows=}")
    with torch.no_grad():
        require_close(score(rows), scores, "a score without gradients", tolerance=1e-6)


def in_distribution_scores_higher(scorer: Scorer) -> None:
    """Images near the ID classes score higher than those near negative labels: AUROC above 0.95."""
    reference = full_reference()
    assert reference.class_text is not None and reference.negative_text is not None
    inside = functional.normalize(reference.class_text.repeat(8, 1) + 0.15 * unit(40, 7), dim=1)
    outside = functional.normalize(reference.negative_text[:40] + 0.15 * unit(40, 8), dim=1)
    score = scorer.fit(reference)
    inner, outer = score(features_for(scorer, inside)), score(features_for(scorer, outside))
    auroc = float((inner[:, None] > outer[None, :]).float().mean())
    require(auroc > 0.95, f"ID images do not score higher than plainly OOD ones: AUROC {auroc:.3f}")


def an_unusable_row_is_named(scorer: Scorer) -> None:
    """An image whose features are zero, NaN or infinite is refused by its number."""
    score = scorer.fit(full_reference())
    for value, word in ((0.0, "is zero"), (float("nan"), "NaN or inf"), (float("inf"), "NaN or inf")):
        rows = unit(5, 9)
        rows[3, slice(None) if value == 0 else 2] = value
        with refused(f"a row of {value}", rf"row \(?3.* {word}"):
            score(features_for(scorer, rows))


def features_of_another_kind_are_refused(scorer: Scorer) -> None:
    """Another width or shape, whole numbers, and what is no tensor."""
    score = scorer.fit(full_reference())
    wrong: tuple[tuple[Any, str], ...] = (
        (features_for(scorer, torch.ones(3, DIM + 1)), rf"must have shape .*{score.dim}\), not "),
        (torch.ones(DIM), rf"must have shape .*{score.dim}\), not \(16,\)"),
        (features_for(scorer, torch.ones(3, DIM, dtype=torch.long)), "must be floating point, not torch.int64"),
        ([[1.0] * DIM], "must be a tensor .* not list"),
    )
    for features, message in wrong:
        with refused("features of another kind", message):
            score(features)


def what_it_says_makes_its_scores(scorer: Scorer) -> None:
    """`Scorer.resolved` has numbers where a temperature is the model's own, and scores the same."""
    reference, rows = full_reference(), features_for(scorer, unit(6, 5))
    resolved = scorer.resolved(reference)
    require(type(resolved) is type(scorer), f"it resolves to a {type(resolved).__name__}")
    require(resolved.resolved(reference) == resolved, "what it resolves to resolves to something else")
    require(getattr(resolved, "tau", 0) is not None, "its temperature is None where a reference says which")
    require_close(
        resolved.fit(reference)(rows), scorer.fit(reference)(rows), "a score of what it resolves to", tolerance=1e-6
    )


def what_is_missing_is_said(scorer: Scorer) -> None:
    """`missing` names the parts of a reference that it needs, and `fit` raises that sentence."""
    require(scorer.missing(full_reference()) is None, "it lacks something of a reference that has every part")
    reason = scorer.missing(Reference())
    if reason is None:
        raise ContractError("it needs nothing of its reference, so it cannot know what is in-distribution")
    require(scorer.title in reason and "needs" in reason, f"its reason {reason!r} names neither it nor what it needs")
    with refused("an empty reference", "needs"):
        scorer.fit(Reference())


def it_pickles(scorer: Scorer) -> None:
    """As an equal scorer; a fitted one too, to the same scores, or it says why not."""
    again = pickle.loads(pickle.dumps(scorer))
    require(again == scorer, f"it pickles into {again!r}, not {scorer!r}")
    score, rows = scorer.fit(full_reference()), features_for(scorer, unit(6, 5))
    try:
        sent = pickle.dumps(score)
    except StudioError:
        return
    require_close(pickle.loads(sent)(rows), score(rows), "a fitted score from a pickle", tolerance=0)


def devices_agree(scorer: Scorer) -> None:
    """Fitted on the CPU or on another device of this machine, it scores features of any device, there and alike."""
    reference, rows = full_reference(), features_for(scorer, unit(6, 5))
    fitted = scorer.fit(reference)
    expected = fitted(rows)
    for device in devices():
        there = scorer.fit(_moved(reference, device))
        for what, score, where in (("moved features", fitted, device), ("a fit there", there, torch.device("cpu"))):
            found = score(rows.to(where))
            require(found.device.type == where.type, f"features on {where} get scores on {found.device}")
            require_close(found, expected, f"a score of {what} ({device})", tolerance=1e-3)


def memory_mapped_features_score_the_same(scorer: Scorer) -> None:
    """Features and references that lie in a file."""
    reference, rows = full_reference(), features_for(scorer, unit(6, 5)).contiguous()
    expected = scorer.fit(reference)(rows)
    assert reference.class_text is not None and reference.images is not None
    with (
        memory_mapped(rows) as features,
        memory_mapped(reference.class_text) as class_text,
        memory_mapped(reference.images) as images,
    ):
        found = scorer.fit(replace(reference, class_text=class_text, images=images))(features)
        require_close(found, expected, "a score of features in a file", tolerance=0)


SCORER_CHECKS: tuple[Callable[[Scorer], None], ...] = (
    is_a_frozen_dataclass_with_a_name,
    every_number_has_bounds_and_keeps_to_them,
    scores_are_one_finite_number_an_image,
    an_image_scores_the_same_in_any_batch,
    refitting_repeats_itself_and_changes_nothing,
    a_fitted_score_outlives_changes_to_its_reference,
    gradients_reach_the_features,
    in_distribution_scores_higher,
    an_unusable_row_is_named,
    features_of_another_kind_are_refused,
    what_is_missing_is_said,
    what_it_says_makes_its_scores,
    it_pickles,
    devices_agree,
    memory_mapped_features_score_the_same,
)
"""Every check of `scorer_contract`."""


def _tensors(reference: Reference) -> list[Tensor]:
    heads = [head.weight for head in (reference.head, reference.classifier) if head is not None]
    parts = (reference.class_text, reference.negative_text, reference.images, reference.conjugated_text, *heads)
    return [part for part in parts if part is not None]


def _moved(reference: Reference, device: torch.device) -> Reference:
    parts = ("class_text", "negative_text", "images", "labels", "conjugated_text")
    moved = {part: getattr(reference, part).to(device) for part in parts}
    for part in ("head", "classifier"):
        moved[part] = Linear(DIM, _CLASSES)
        moved[part].load_state_dict(getattr(reference, part).state_dict())
        moved[part].to(device)
    return replace(reference, **moved)
