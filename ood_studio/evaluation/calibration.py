"""Calibration: whether a model that says 80 % is right in 80 % of its cases, and the temperature that makes it so.

Predictions are logits or probabilities of classes, (n, classes); truths are class indices, (n,). Everything is computed
in float64. ECE is the expected calibration error of Naeini et al. (2015) and Guo et al. (2017), Eq. 3: the mean gap
between confidence and accuracy over bins of the confidence, weighted by their sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError

Floats = NDArray[np.float64]

Binning = Literal["equal-width", "equal-mass"]
"""Bins of the same width in [0, 1], the usual ECE; or of the same number of images, the adaptive one of Nixon et al.
(2019)."""

BINS = 15
"""As in the papers."""

FEW = 10
"""A bin with fewer images than this says little; figures mark it."""

_LOWEST, _HIGHEST = 1e-3, 1e3  # temperatures searched
_AT_ONCE = 500_000  # images of resamples


@dataclass(frozen=True, eq=False)
class Reliability:
    """A reliability diagram: the bins of the largest probability.

    Attributes:
        edges: (bins + 1,), of the bins; a confidence on an edge belongs to the bin below it.
        counts: (bins,), images in each.
        confidence, accuracy: (bins,), the mean of the largest probability and the share that was right; NaN for an
            empty bin.
        binning: how the edges were chosen.
    """

    edges: Floats
    counts: NDArray[np.int64]
    confidence: Floats
    accuracy: Floats
    binning: Binning

    @property
    def ece(self) -> float:
        """Expected calibration error, in [0, 1] (Guo et al. 2017, Eq. 3)."""
        gaps = np.abs(np.nan_to_num(self.confidence - self.accuracy))
        return float((gaps * self.counts).sum() / self.counts.sum())

    @property
    def few(self) -> int:
        """How many bins hold some images, but fewer than `FEW`."""
        return int(((self.counts > 0) & (self.counts < FEW)).sum())


@dataclass(frozen=True)
class CalibrationFigures:
    """How well probabilities fit, at one temperature.

    Attributes:
        ece: expected calibration error over 15 bins of equal width, in [0, 1].
        adaptive_ece: the same over 15 bins of equal mass.
        nll: negative log-likelihood of the truth, in nats.
        brier: mean squared distance of the probabilities from the one-hot truth, in [0, 2] (Brier 1950).
        temperature: what the logits were divided by.
        n: images.
    """

    ece: float
    adaptive_ece: float
    nll: float
    brier: float
    temperature: float
    n: int


def reliability(probabilities: Any, truth: Any, *, bins: int = BINS, binning: Binning = "equal-width") -> Reliability:
    """The reliability diagram of the largest probability.

    Args:
        probabilities: (n, classes) in [0, 1], rows that add up to 1.
        truth: (n,) class indices.
        bins: how many, at least 1.
        binning: see `Binning`.

    Raises:
        StudioError: for other shapes, no images, NaN, rows that are no probabilities, or an unknown class.
    """
    if binning not in get_args(Binning):
        raise StudioError(f"unknown binning {binning!r}; expected one of {', '.join(get_args(Binning))}")
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise StudioError(f"a reliability diagram needs at least 1 bin, not {bins!r}")
    rows, right = _checked(probabilities, truth)
    if (rows < -1e-6).any() or np.abs(rows.sum(axis=1) - 1).max() > 1e-3:
        raise StudioError("probabilities must lie in [0, 1] and add up to 1 for every image")
    return _diagram(rows.max(axis=1), rows.argmax(axis=1) == right, bins, binning)


def _diagram(confidence: Floats, hits: NDArray[np.bool_], bins: int, binning: Binning) -> Reliability:
    if binning == "equal-width":
        edges = np.linspace(0.0, 1.0, bins + 1)
    else:
        edges = np.quantile(confidence, np.linspace(0.0, 1.0, bins + 1))
        edges[0], edges[-1] = 0.0, 1.0
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = np.bincount(places, confidence, bins) / counts
        shares = np.bincount(places, hits, bins) / counts
    return Reliability(edges, counts, means, shares, binning)


def fit_temperature(logits: Any, truth: Any) -> float:
    """The temperature with the lowest negative log-likelihood (Guo et al. 2017, §4.2), in [0.001, 1000].

    In log T the likelihood has one minimum for all practical logits: a bounded scalar search finds it.

    Args:
        logits: (n, classes).
        truth: (n,) class indices.

    Raises:
        StudioError: as `calibration_figures`.
    """
    from scipy.optimize import minimize_scalar

    rows, right = _checked(logits, truth)
    found = minimize_scalar(
        lambda power: _nll(rows, right, float(np.exp(power))),
        bounds=(np.log(_LOWEST), np.log(_HIGHEST)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    return float(np.exp(found.x))


def calibration_figures(logits: Any, truth: Any, temperature: float = 1.0) -> CalibrationFigures:
    """All figures of logits at one temperature.

    Args:
        logits: (n, classes).
        truth: (n,) class indices.
        temperature: what the logits are divided by.

    Raises:
        StudioError: for other shapes, no images, NaN, an unknown class, or a temperature that is not positive.
    """
    rows, right = _checked(logits, truth)
    return _figures(_each(rows, right, _positive(temperature)), temperature)


def calibration_intervals(
    logits: Any, truth: Any, temperature: float = 1.0, *, resamples: int = 200, seed: int = 0, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals of ``ece``, ``adaptive_ece``, ``nll`` and ``brier``, by name.

    ECE of few images is biased upwards, and so are its resamples: its interval tells how far it wanders, not where a
    perfectly calibrated model would lie.

    Args:
        logits: (n, classes).
        truth: (n,) class indices.
        temperature: what the logits are divided by.
        resamples: of the images, at least 1.
        seed: of the resamples.
        level: of the intervals, in (0, 1).

    Raises:
        StudioError: as `calibration_figures`.
    """
    rows, right = _checked(logits, truth)
    each = _each(rows, right, _positive(temperature))
    drawn: dict[str, list[Floats]] = {"ece": [], "adaptive_ece": [], "nll": [], "brier": []}
    for taken in _samples(len(right), resamples, seed):
        confidence, hits = each.confidence[taken], each.right[taken]
        drawn["ece"].append(_errors(confidence, hits, "equal-width"))
        drawn["adaptive_ece"].append(_errors(confidence, hits, "equal-mass"))
        drawn["nll"].append(each.nll[taken].mean(axis=1))
        drawn["brier"].append(each.brier[taken].mean(axis=1))
    return {name: _interval(parts, level) for name, parts in drawn.items()}


def scaling_change(
    logits: Any, truth: Any, temperature: float, *, resamples: int = 200, seed: int = 0, level: float = 0.95
) -> tuple[float, float, float]:
    """What a temperature changes of the ECE, below 0 where it mends it, and the ends of its percentile interval.

    Both errors are of the same images in every resample, so that what they have in common, the upward bias of few
    images too, does not count.

    Args:
        logits, truth, temperature, resamples, seed, level: as in `calibration_intervals`.

    Raises:
        StudioError: as `calibration_figures`.
    """
    rows, right = _checked(logits, truth)
    pair = [_each(rows, right, each) for each in (1.0, _positive(temperature))]
    drawn = []
    for taken in _samples(len(right), resamples, seed):
        before, after = (_errors(each.confidence[taken], each.right[taken], "equal-width") for each in pair)
        drawn.append(after - before)
    whole = [float(_errors(each.confidence[None], each.right[None], "equal-width")[0]) for each in pair]
    return (whole[1] - whole[0], *_interval(drawn, level))


def _samples(n: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Images drawn with replacement, (some, n) at a time."""
    rng = np.random.default_rng(seed)
    at_once = max(1, _AT_ONCE // n)
    for start in range(0, resamples, at_once):
        yield rng.integers(0, n, (min(at_once, resamples - start), n))


def _interval(parts: list[Floats], level: float) -> tuple[float, float]:
    low, high = np.quantile(np.concatenate(parts), ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


def _errors(confidence: Floats, hits: NDArray[np.bool_], binning: Binning) -> Floats:
    """The ECE of each row of images, (rows,): `_diagram` and `Reliability.ece` for many samples at once."""
    count, n = confidence.shape
    shares = np.linspace(0.0, 1.0, BINS + 1)
    if binning == "equal-width":
        edges = np.broadcast_to(shares, (count, BINS + 1))
    else:
        edges = np.quantile(confidence, shares, axis=1).T
    # An image lies in the bin behind the last inner edge that is below it.
    places = (confidence[:, :, None] > edges[:, None, 1:-1]).sum(axis=2)
    at = (places + BINS * np.arange(count)[:, None]).ravel()
    gaps = np.bincount(at, (confidence - hits).ravel(), BINS * count).reshape(count, BINS)
    return np.asarray(np.abs(gaps).sum(axis=1) / n)


class _Each(NamedTuple):
    """Of each image the largest probability, whether it is right, its negative log-likelihood and its Brier score."""

    confidence: NDArray[Any]
    right: NDArray[Any]
    nll: NDArray[Any]
    brier: NDArray[Any]


def _each(rows: Floats, right: NDArray[np.int64], temperature: float) -> _Each:
    from scipy.special import log_softmax

    logs = log_softmax(rows / temperature, axis=1)
    shares = np.exp(logs)
    places = np.arange(len(right)), right
    squares = (shares**2).sum(axis=1) - 2 * shares[places] + 1
    return _Each(shares.max(axis=1), shares.argmax(axis=1) == right, -logs[places], squares)


def _figures(each: _Each, temperature: float) -> CalibrationFigures:
    return CalibrationFigures(
        ece=_diagram(each.confidence, each.right, BINS, "equal-width").ece,
        adaptive_ece=_diagram(each.confidence, each.right, BINS, "equal-mass").ece,
        nll=float(each.nll.mean()),
        brier=float(each.brier.mean()),
        temperature=temperature,
        n=len(each.right),
    )


def halves(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of two disjoint halves of n images, drawn by the seed: one fits the temperature, the other is tested.

    Raises:
        StudioError: for fewer than two images.
    """
    if n < 2:
        raise StudioError(f"two halves need at least 2 images, not {n}")
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[: n // 2]), np.sort(order[n // 2 :])


def _nll(rows: Floats, right: NDArray[np.int64], temperature: float) -> float:
    from scipy.special import logsumexp

    scaled = rows / temperature
    return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(right)), right]).mean())


def _positive(temperature: float) -> float:
    if not np.isfinite(temperature) or temperature <= 0:
        raise StudioError(f"a temperature must be positive, not {temperature}")
    return float(temperature)


def _checked(rows: Any, truth: Any) -> tuple[Floats, NDArray[np.int64]]:
    """Predictions as float64 and truths as int64, checked."""
    values = _array(rows).astype(np.float64)
    right = _array(truth)
    if values.ndim != 2 or right.ndim != 1 or len(values) != len(right):
        raise StudioError(
            f"predictions must be (images, classes) and truths (images,), not {values.shape} and {right.shape}"
        )
    if not len(values) or not values.shape[1]:
        raise StudioError("calibration needs at least one image and one class")
    if not np.isfinite(values).all():
        raise StudioError(f"predictions of {int((~np.isfinite(values)).any(axis=1).sum())} images are not finite")
    if right.dtype.kind not in "iu" or (right < 0).any() or (right >= values.shape[1]).any():
        raise StudioError(f"truths must be class indices from 0 to {values.shape[1] - 1}")
    return values, right.astype(np.int64)


def _array(values: Any) -> NDArray[Any]:
    return np.asarray(values.detach().cpu().numpy() if hasattr(values, "detach") else values)
