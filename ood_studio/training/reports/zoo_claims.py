"""What papers claim of models, asked of a zoo: each shown, not shown or undecided, with what says so.

All claims are judged by the rule of every report, `ood_studio.evaluation.significance.tally`: a claim is one test or
several, and their p-values are adjusted over the claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np

from ood_studio.evaluation.robust_lines import Floats, robust_lines
from ood_studio.evaluation.significance import Outcome, Tested, tally
from ood_studio.evaluation.slope_tests import FEWEST, slope_test
from ood_studio.evaluation.zoo import Figure, Measured
from ood_studio.evaluation.zoo.axes import figures_of
from ood_studio.worlds import ZooModel

_RESAMPLES = 2000
_LEVEL = (0.025, 0.975)
_FEWEST_PAIRS = 2
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
    verdict: Outcome
    evidence: str


@dataclass(frozen=True)
class Gap:
    """A difference that was tested; a `Tested`.

    Attributes:
        difference: above 0 where it is as the claim says.
        p: two-sided.
        low, high: the ends of its 95 % interval.
    """

    difference: float
    p: float
    low: float
    high: float

    @classmethod
    def of_draws(cls, value: float, drawn: Floats) -> Gap:
        """From a bootstrap: p is twice the share of resamples on the other side of 0 (Davison and Hinkley 1997)."""
        beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
        low, high = np.quantile(drawn, _LEVEL)
        return cls(value, min(1.0, 2 * (1 + beyond) / (1 + len(drawn))), float(low), float(high))

    @classmethod
    def of_errors(cls, value: float, *ends: tuple[float, float]) -> Gap:
        """From 95 % intervals whose standard errors add up as those of independent figures do.

        Of figures on the same images that is more than the true error, so that p is too large rather than too small.
        """
        wide = NormalDist().inv_cdf(_LEVEL[1])
        error = float(np.sqrt(sum(((high - low) / (2 * wide)) ** 2 for low, high in ends)))
        z = abs(value) / error if error > 0 else (np.inf if value else 0.0)
        return cls(value, 2 * (1 - NormalDist().cdf(z)), value - wide * error, value + wide * error)


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
    yield _over_all(zoo)
    yield from _within(zoo, "accuracy", "mean auroc", "OOD detection by each model's own score follows accuracy")
    yield from _within(zoo, "accuracy 20-nn", OOD, "OOD detection by 1-NN follows accuracy of 20 neighbours")
    yield _source_or_quantity(zoo, "mean auroc", "For OOD detection the training source matters more than its quantity")
    yield _source_or_quantity(
        zoo, "mean shift", "For accuracy on other styles the source matters more than its quantity"
    )
    yield _weakened(zoo)
    yield _all_classes(zoo)
    yield _factors(zoo)
    yield from _calibration(zoo)
    yield from _within(zoo, "accuracy", "recall@5 image-to-text", "Retrieval follows accuracy")


def _judged(text: str, tests: Sequence[Tested], evidence: str) -> Claim:
    """A claim by the common rule; how sure one test is, or how many of several say what, stands before the rest."""
    verdict, above, below = tally(tests)
    several = f"of {len(tests)} tests {above} say so, {below} the contrary"
    outcome = f"p = {tests[0].p:.2g}" if len(tests) == 1 else several
    return Claim(text, verdict, f"{outcome}; {evidence}" if evidence else outcome)


def _line(zoo: Zoo, models: Sequence[Measured], across: str, up: str) -> tuple[Tested | None, str]:
    """The common slope within the sources of some models, and what it says."""
    found = [(each, figures_of(each)) for each in models]
    there = [(each, figures) for each, figures in found if across in figures and up in figures]
    sources = [zoo.known[each.backbone].source for each, _ in there]
    x, y = ([figures[axis].value for _, figures in there] for axis in (across, up))
    test = slope_test(x, y, sources, resamples=_RESAMPLES, permutations=_RESAMPLES)
    if test is None:
        return None, f"{len(there)} models; it takes {FEWEST} that differ"
    return test, (
        f"slope {test.difference:.2f} ({test.low:.2f} to {test.high:.2f}), "
        f"R² {test.r2:.2f} ({test.r2_low:.2f} to {test.r2_high:.2f}), {test.n} models"
    )


def _over_all(zoo: Zoo) -> Claim:
    """PLP's Figure 2: all extractors, whatever they are, by the accuracy and the score that all have."""
    text = "Over all models OOD detection by 1-NN follows accuracy of 20 neighbours"
    figures = [found for each in zoo.measured if {"accuracy 20-nn", OOD} <= (found := figures_of(each)).keys()]
    x, y = ([found[axis].value for found in figures] for axis in ("accuracy 20-nn", OOD))
    test = slope_test(x, y, resamples=_RESAMPLES, permutations=_RESAMPLES)
    if test is None:
        return Claim(text, "undecided", f"{len(figures)} models; it takes {FEWEST} that differ")
    outcome = f"slope {test.difference:.2f} ({test.low:.2f} to {test.high:.2f}), R² {test.r2:.2f} "
    return _judged(text, [test], f"{outcome}({test.r2_low:.2f} to {test.r2_high:.2f}), {test.n} models")


def _within(zoo: Zoo, across: str, up: str, text: str) -> Iterator[Claim]:
    """Source by source, and all CLIPs on lines of one slope, one line a source."""
    lines = {source: _line(zoo, models, across, up) for source, models in zoo.by_source().items()}
    outcome = "; ".join(f"{source}: {said}" for source, (_, said) in lines.items())
    tests = [test for test, _ in lines.values() if test is not None]
    apart = f"{text}, source by source"
    yield _judged(apart, tests, outcome) if tests else Claim(apart, "undecided", outcome or "no CLIPs")
    test, said = _line(zoo, zoo.clips(), across, up)
    together = f"{text}, within all sources together"
    said = f"{said} of {len(lines)} sources"
    yield Claim(together, "undecided", said) if test is None else _judged(together, [test], said)


def _source_or_quantity(zoo: Zoo, figure: str, text: str) -> Claim:
    """Pairs of CLIPs of one architecture that differ in source alone, or in quantity alone."""
    apart: dict[str, list[float]] = {"source": [], "quantity": []}
    for one, other in combinations(zoo.clips(), 2):
        first, second = zoo.known[one.backbone], zoo.known[other.backbone]
        values = [figures_of(each).get(figure) for each in (one, other)]
        sizes = [each.figures.get("parameters") for each in (one, other)]
        if None in values or None in sizes or sizes[0].value != sizes[1].value:  # type: ignore[union-attr]
            continue
        other_source, other_quantity = first.source != second.source, first.pictures != second.pictures
        if other_source != other_quantity:
            kind = "source" if other_source else "quantity"
            apart[kind].append(abs(values[0].value - values[1].value))  # type: ignore[union-attr]
    outcome = "; ".join(
        f"{kind} alone {100 * np.mean(gaps):.1f} points over {len(gaps)} pairs" for kind, gaps in apart.items() if gaps
    )
    if min(map(len, apart.values())) < _FEWEST_PAIRS:
        return Claim(text, "undecided", f"too few pairs that differ in one alone: {outcome or 'none'}")
    test = _apart(apart["source"], apart["quantity"])
    return _judged(text, [test], f"{outcome}; difference {100 * test.low:.1f} to {100 * test.high:.1f}")


def _apart(first: Sequence[float], second: Sequence[float]) -> Gap:
    """By how much the mean of the first lies above that of the second, both resampled."""
    rng = np.random.default_rng(0)
    means = [rng.choice(part, (_RESAMPLES, len(part))).mean(axis=1) for part in (first, second)]
    return Gap.of_draws(float(np.mean(first) - np.mean(second)), means[0] - means[1])


def _weakened(zoo: Zoo) -> Claim:
    """R² of the line of these sources' CLIPs, with and without those that were fine-tuned directly, resampled alike."""
    text = "Fine-tuning on the ID classes alone weakens the correlation of accuracy and OOD detection"
    direct = zoo.tuned(False)
    clips = [each for source in direct for each in zoo.by_source().get(source, ())]
    (x, y), (tuned_x, tuned_y) = (_points(each, "accuracy", OOD) for each in (clips, [*direct.values()]))
    if len(x) < FEWEST or not len(tuned_x) or np.ptp(x) == 0:
        return Claim(text, "undecided", f"{len(x)} CLIPs, {len(tuned_x)} of them fine-tuned so")
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(x), (_RESAMPLES, len(x)))
    rows = rows[np.ptp(x[rows], axis=1) > 0]
    more = rng.integers(0, len(tuned_x), (len(rows), len(tuned_x)))
    every_x, every_y = (np.concatenate(each) for each in ((x, tuned_x), (y, tuned_y)))
    before, after = _r2(x[rows], y[rows]), _r2(np.hstack([x[rows], tuned_x[more]]), np.hstack([y[rows], tuned_y[more]]))
    whole = float(_r2(x[None], y[None])[0]), float(_r2(every_x[None], every_y[None])[0])
    test = Gap.of_draws(whole[0] - whole[1], before - after)
    said = f"R² of {len(x)} CLIPs {whole[0]:.2f}, with {len(tuned_x)} fine-tuned ones {whole[1]:.2f}, 1-NN; "
    return _judged(text, [test], f"{said}difference {test.low:.2f} to {test.high:.2f}")


def _r2(x: Floats, y: Floats) -> Floats:
    """Of the robust line through each row, (rows,); 1 where y does not vary."""
    slopes, intercepts = robust_lines(x, y)
    rest = ((y - slopes[:, None] * x - intercepts[:, None]) ** 2).sum(axis=1)
    whole = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return np.where(whole > 0, 1 - rest / np.where(whole > 0, whole, 1), 1.0)


def _all_classes(zoo: Zoo) -> Claim:
    """Set by set and rule by rule, the AUROC of one against that of the other."""
    text = "Fine-tuned by way of all classes, CLIPs detect OOD better than fine-tuned directly"
    direct, around = zoo.tuned(False), zoo.tuned(True)
    tests = []
    for source in direct.keys() & around.keys():
        for name, figure in around[source].figures.items():
            other = direct[source].figures.get(name)
            if name.startswith("auroc ") and other is not None and (ends := _ends(figure, other)) is not None:
                tests.append(Gap.of_errors(figure.value - other.value, *ends))
    if not tests:
        return Claim(text, "undecided", "no two such models of one source")
    gain = np.mean([each.difference for each in tests])
    return _judged(text, tests, f"mean gain {100 * gain:+.1f} points")


def _ends(*figures: Figure) -> list[tuple[float, float]] | None:
    """Their intervals; None where one has none."""
    found = [(each.low, each.high) for each in figures if each.low is not None and each.high is not None]
    return found if len(found) == len(figures) else None


def _factors(zoo: Zoo) -> Claim:
    """How much farther CLIPs lie above the common line than others, refitted in every resample of the models."""
    text = "CLIPs keep more accuracy on visual factors than others at equal accuracy"
    names = {each.backbone for each in zoo.clips()}
    groups = [
        _points([each for each in zoo.measured if (each.backbone in names) is side], "accuracy", "mean factor")
        for side in (True, False)
    ]
    counts = [len(x) for x, _ in groups]
    if min(counts) < FEWEST - 1:
        return Claim(text, "undecided", f"{counts[0]} CLIPs and {counts[1]} others; it takes {FEWEST - 1} of each")
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, count, (_RESAMPLES, count)) for count in counts]
    x, y = (
        np.concatenate([group[i][taken] for group, taken in zip(groups, rows, strict=True)], axis=1) for i in (0, 1)
    )
    there = np.ptp(x, axis=1) > 0
    all_x, all_y = (np.concatenate([group[i] for group in groups])[None] for i in (0, 1))
    whole = float(_above(all_x, all_y, counts[0])[0])
    test = Gap.of_draws(whole, _above(x[there], y[there], counts[0]))
    said = f"{100 * whole:+.1f} points ({100 * test.low:+.1f} to {100 * test.high:+.1f}) above the others, "
    return _judged(text, [test], f"{said}{counts[0]} CLIPs and {counts[1]} others")


def _above(x: Floats, y: Floats, cut: int) -> Floats:
    """By how much the first ``cut`` points of each row lie farther above its robust line than the others."""
    slopes, intercepts = robust_lines(x, y)
    rest = y - slopes[:, None] * x - intercepts[:, None]
    return np.asarray(rest[:, :cut].mean(axis=1) - rest[:, cut:].mean(axis=1))


def _calibration(zoo: Zoo) -> Iterator[Claim]:
    names = {each.backbone for each in zoo.clips()}
    errors: dict[tuple[bool, str], list[float]] = {}
    tests: list[Tested] = []
    for each in zoo.measured:
        drawn = next((name for name in each.diagrams if not name.startswith("scaled ")), "")
        before, after, change = (each.figures.get(f"ece {kind}{drawn}") for kind in ("", "scaled ", "change "))
        if before is None or after is None:
            continue
        for kind, figure in (("before", before), ("after", after)):
            errors.setdefault((each.backbone in names, kind), []).append(figure.value)
        if change is not None and (ends := _ends(change)) is not None:
            tests.append(Gap.of_errors(-change.value, *ends))
    text = "Temperature scaling repairs calibration"
    if not tests:
        yield Claim(text, "undecided", "no model has probabilities")
        return
    mean = np.mean([each.difference for each in tests])
    yield _judged(
        text, tests, f"a test a model, of its ECE on ID before and after; it falls by {100 * mean:.1f} points"
    )
    for kind in ("before", "after"):
        text = f"CLIPs are better calibrated than others {kind} scaling"
        clips, others = (errors.get((side, kind), []) for side in (True, False))
        if min(len(clips), len(others)) < _FEWEST_PAIRS:
            yield Claim(text, "undecided", f"{len(clips)} CLIPs and {len(others)} others")
            continue
        test = _apart(others, clips)
        said = f"mean ECE {100 * np.mean(clips):.1f} % against {100 * np.mean(others):.1f} %"
        yield _judged(text, [test], f"{said}, difference {100 * test.low:.1f} to {100 * test.high:.1f}")


def _points(models: Sequence[Measured], across: str, up: str) -> tuple[Floats, Floats]:
    found = [figures_of(each) for each in models]
    there = [each for each in found if across in each and up in each]
    return np.array([each[across].value for each in there]), np.array([each[up].value for each in there])
