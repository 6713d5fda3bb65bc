"""What papers claim of models, asked of a zoo: each shown, not shown or undecided, with what says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from ood_studio.evaluation.robust_lines import Floats, robust_lines
from ood_studio.evaluation.trends import FEWEST, fit_trend
from ood_studio.evaluation.zoo import Measured
from ood_studio.evaluation.zoo.axes import figures_of
from ood_studio.worlds import ZooModel

Verdict = Literal["shows", "does not show", "undecided"]

_RESAMPLES = 1000
_LEVEL = (0.025, 0.975)
OOD = "mean auroc 1-nn"
"""AUROC of the nearest neighbour: the score that all models have."""


@dataclass(frozen=True)
class Claim:
    """A claim and what became of it.

    Attributes:
        text: the claim.
        verdict: whether the zoo shows it.
        evidence: what says so, with intervals.
    """

    text: str
    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class Zoo:
    """Models with their figures and what is known of them.

    Attributes:
        measured: their figures.
        known: group, source and number of pictures, by name; a model that is not in it counts nowhere.
    """

    measured: tuple[Measured, ...]
    known: Mapping[str, ZooModel]

    def clips(self) -> list[Measured]:
        """Models that compare pictures with texts."""
        return [each for each in self.measured if each.rules["accuracy"] == "zero-shot" and each.backbone in self.known]

    def by_source(self) -> dict[str, list[Measured]]:
        """The CLIPs of each training source."""
        found: dict[str, list[Measured]] = {}
        for each in self.clips():
            found.setdefault(self.known[each.backbone].source, []).append(each)
        return found

    def tuned(self, all_classes: bool) -> dict[str, Measured]:
        """CLIPs fine-tuned on the ID classes, by their source: directly, or by way of all classes."""
        return {
            self.known[each.backbone].source: each
            for each in self.measured
            if each.backbone in self.known
            and "fine-tuned" in self.known[each.backbone].group
            and ("all classes" in self.known[each.backbone].group) is all_classes
        }


def claims(zoo: Zoo) -> Iterator[Claim]:
    """Every claim, in the order in which they are told."""
    for source, models in zoo.by_source().items():
        yield _follows(models, "mean auroc", f"Among CLIPs of {source}, OOD detection follows accuracy")
    yield _source_or_quantity(zoo, "mean auroc", "For OOD detection the training source matters more than its quantity")
    yield _source_or_quantity(
        zoo, "mean shift", "For accuracy on other styles the source matters more than its quantity"
    )
    yield _weakened(zoo)
    yield _all_classes(zoo)
    yield _factors(zoo)
    yield from _calibration(zoo)
    for source, models in zoo.by_source().items():
        yield _follows(models, "recall@5 image-to-text", f"Among CLIPs of {source}, retrieval follows accuracy")


def _follows(models: Sequence[Measured], figure: str, text: str) -> Claim:
    """A line that rises, by the interval of its slope."""
    points = _points(models, "accuracy", figure)
    trend = fit_trend(*points, resamples=_RESAMPLES)
    if trend is None:
        return Claim(text, "undecided", f"{len(points[0])} models; a line takes {FEWEST} that differ")
    said = (
        f"slope {trend.slope:.2f} ({trend.slope_low:.2f} to {trend.slope_high:.2f}), R² {trend.r2:.2f} "
        f"({trend.r2_low:.2f} to {trend.r2_high:.2f}), {trend.n} models"
    )
    return Claim(text, _side(trend.slope_low, trend.slope_high), said)


def _source_or_quantity(zoo: Zoo, figure: str, text: str) -> Claim:
    """Pairs of CLIPs of one architecture that differ in source alone, or in quantity alone."""
    apart: dict[str, list[float]] = {"source": [], "quantity": []}
    for one, other in combinations(zoo.clips(), 2):
        first, second = zoo.known[one.backbone], zoo.known[other.backbone]
        values = [figures_of(each).get(figure) for each in (one, other)]
        sizes = [each.figures.get("parameters") for each in (one, other)]
        if None in values or None in sizes or sizes[0].value != sizes[1].value:  # type: ignore[union-attr]
            continue
        other_source, other_quantity = (
            first.source != second.source,
            first.pictures != second.pictures,
        )
        if other_source != other_quantity:
            kind = "source" if other_source else "quantity"
            apart[kind].append(abs(values[0].value - values[1].value))  # type: ignore[union-attr]
    told = "; ".join(
        f"{kind} alone {100 * np.mean(gaps):.1f} points over {len(gaps)} pairs" for kind, gaps in apart.items() if gaps
    )
    if min(map(len, apart.values())) < 2:
        return Claim(text, "undecided", f"too few pairs that differ in one alone: {told or 'none'}")
    rng = np.random.default_rng(0)
    means = [rng.choice(gaps, (_RESAMPLES, len(gaps))).mean(axis=1) for gaps in apart.values()]
    low, high = np.quantile(means[0] - means[1], _LEVEL)
    return Claim(text, _side(low, high), f"{told}; difference {100 * low:.1f} to {100 * high:.1f}")


def _weakened(zoo: Zoo) -> Claim:
    """R² of the line of these sources' CLIPs, with and without those of them that were fine-tuned directly."""
    text = "Fine-tuning on the ID classes alone weakens the correlation of accuracy and OOD detection"
    direct = zoo.tuned(False)
    tuned, clips = [*direct.values()], [each for source in direct for each in zoo.by_source().get(source, ())]
    before = fit_trend(*_points(clips, "accuracy", OOD), resamples=_RESAMPLES)
    after = fit_trend(*_points([*clips, *tuned], "accuracy", OOD), resamples=_RESAMPLES)
    if before is None or after is None or not tuned:
        return Claim(text, "undecided", f"{len(clips)} CLIPs, {len(tuned)} of them fine-tuned so")
    said = (
        f"R² of {before.n} CLIPs {before.r2:.2f} ({before.r2_low:.2f} to {before.r2_high:.2f}), with {len(tuned)} "
        f"fine-tuned ones {after.r2:.2f} ({after.r2_low:.2f} to {after.r2_high:.2f}), 1-NN"
    )
    return Claim(text, _side(before.r2_low - after.r2_high, before.r2_high - after.r2_low), said)


def _all_classes(zoo: Zoo) -> Claim:
    """Set by set, whether intervals of AUROC do not touch."""
    text = "Fine-tuned by way of all classes, CLIPs detect OOD better than fine-tuned directly"
    direct, around = zoo.tuned(False), zoo.tuned(True)
    better, worse, same, gaps = 0, 0, 0, []
    for source in direct.keys() & around.keys():
        for name, figure in around[source].figures.items():
            if not name.startswith("auroc "):
                continue
            other = direct[source].figures.get(name)
            if other is None or None in (figure.low, figure.high, other.low, other.high):
                continue
            gaps.append(figure.value - other.value)
            if figure.low > other.high:  # type: ignore[operator]
                better += 1
            elif figure.high < other.low:  # type: ignore[operator]
                worse += 1
            else:
                same += 1
    if not gaps:
        return Claim(text, "undecided", "no two such models of one source")
    said = f"of {len(gaps)} pairs of intervals {better} lie above, {worse} below, {same} touch; mean gain "
    return Claim(text, _one_sided(better, worse), f"{said}{100 * np.mean(gaps):+.1f} points")


def _factors(zoo: Zoo) -> Claim:
    """How much farther CLIPs lie above the common line than others, refitted in every resample of the models."""
    text = "CLIPs keep more accuracy on visual factors than others at equal accuracy"
    names = {each.backbone for each in zoo.clips()}
    groups = [
        _points([each for each in zoo.measured if (each.backbone in names) is side], "accuracy", "mean factor")
        for side in (True, False)
    ]
    counts = [len(x) for x, _ in groups]
    if min(counts) < FEWEST:
        return Claim(text, "undecided", f"{counts[0]} CLIPs and {counts[1]} others; it takes {FEWEST} of each")
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, count, (_RESAMPLES, count)) for count in counts]
    x, y = (
        np.concatenate([group[i][taken] for group, taken in zip(groups, rows, strict=True)], axis=1) for i in (0, 1)
    )
    there = np.ptp(x, axis=1) > 0
    gaps = _above(x[there], y[there], counts[0])
    all_x, all_y = (np.concatenate([group[i] for group in groups])[None] for i in (0, 1))
    whole = _above(all_x, all_y, counts[0])
    low, high = np.quantile(gaps, _LEVEL)
    said = f"{100 * whole[0]:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f}) above the others, "
    return Claim(text, _side(low, high), f"{said}{counts[0]} CLIPs and {counts[1]} others")


def _above(x: Floats, y: Floats, cut: int) -> Floats:
    """By how much the first ``cut`` points of each row lie farther above its robust line than the others."""
    slopes, intercepts = robust_lines(x, y)
    rest = y - slopes[:, None] * x - intercepts[:, None]
    return np.asarray(rest[:, :cut].mean(axis=1) - rest[:, cut:].mean(axis=1))


def _calibration(zoo: Zoo) -> Iterator[Claim]:
    better = worse = 0
    names = {each.backbone for each in zoo.clips()}
    errors: dict[tuple[bool, str], list[float]] = {}
    for each in zoo.measured:
        drawn = next((name for name in each.diagrams if not name.startswith("scaled ")), "")
        before, after = (each.figures.get(f"ece {kind}{drawn}") for kind in ("", "scaled "))
        if before is None or after is None:
            continue
        for kind, figure in (("before", before), ("after", after)):
            errors.setdefault((each.backbone in names, kind), []).append(figure.value)
        if None not in (before.low, before.high, after.low, after.high):
            better += after.high < before.low  # type: ignore[operator]
            worse += after.low > before.high  # type: ignore[operator]
    count = sum(len(values) for (_, kind), values in errors.items() if kind == "before")
    text = "Temperature scaling repairs calibration"
    if not count:
        yield Claim(text, "undecided", "no model has probabilities")
        return
    said = f"ECE on ID falls beyond its interval for {better} of {count} models and rises for {worse}"
    yield Claim(text, _one_sided(better, worse), said)
    for kind in ("before", "after"):
        text = f"CLIPs are better calibrated than others {kind} scaling"
        clips, others = (np.asarray(errors.get((side, kind), [])) for side in (True, False))
        if min(len(clips), len(others)) < 2:
            yield Claim(text, "undecided", f"{len(clips)} CLIPs and {len(others)} others")
            continue
        rng = np.random.default_rng(0)
        means = [rng.choice(part, (_RESAMPLES, len(part))).mean(axis=1) for part in (others, clips)]
        low, high = np.quantile(means[0] - means[1], _LEVEL)
        said = f"mean ECE {100 * clips.mean():.1f} % against {100 * others.mean():.1f} %"
        yield Claim(text, _side(low, high), f"{said}, difference {100 * low:.1f} to {100 * high:.1f}")


def _points(models: Sequence[Measured], across: str, up: str) -> tuple[Floats, Floats]:
    found = [figures_of(each) for each in models]
    there = [each for each in found if across in each and up in each]
    return np.array([each[across].value for each in there]), np.array([each[up].value for each in there])


def _side(low: float, high: float) -> Verdict:
    """By an interval of what the claim says is positive."""
    return "shows" if low > 0 else "does not show" if high < 0 else "undecided"


def _one_sided(better: int, worse: int) -> Verdict:
    """Where at least one says so and none the contrary."""
    if bool(better) == bool(worse):
        return "undecided"
    return "shows" if better else "does not show"
