"""Whether a promise held, on ID images that the threshold was not chosen with (Clopper & Pearson 1934)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ood_studio.core.errors import StudioError
from ood_studio.detectors.conformal import Promise

Verdict = Literal["held", "broken", "undecided"]


@dataclass(frozen=True)
class Audit:
    """What ID images say of a threshold.

    Attributes:
        flagged, images: how many of how many ID images were flagged.
        low, high: exact bounds of the false-alarm rate, each missed with a probability of at most ``miss``.
        miss: see above.
    """

    flagged: int
    images: int
    low: float
    high: float
    miss: float

    @property
    def rate(self) -> float:
        """The share that was flagged, in [0, 1]."""
        return self.flagged / self.images

    def of(self, promise: Promise) -> Verdict:
        """What it says of a promise: ``held`` where the whole interval lies at or below its rate."""
        if self.high <= promise.rate:
            return "held"
        return "broken" if self.low > promise.rate else "undecided"


def audit(flagged: int, images: int, miss: float = 0.01) -> Audit:
    """Bounds of the false-alarm rate from disjoint ID images.

    Args:
        flagged: how many of them scored below the threshold.
        images: how many there are.
        miss: the probability with which each bound may be wrong, in (0, 0.5].

    Raises:
        StudioError: for counts that cannot be.
    """
    if images < 1 or not 0 <= flagged <= images:
        raise StudioError(f"an audit needs ID images, of which none to all are flagged, not {flagged:,} of {images:,}")
    if not 0 < miss <= 0.5:
        raise StudioError(f"a bound may be missed with a probability above 0, up to 0.5, not {miss}")
    from scipy.stats import beta

    low = float(beta.ppf(miss, flagged, images - flagged + 1)) if flagged else 0.0
    high = float(beta.ppf(1 - miss, flagged + 1, images - flagged)) if flagged < images else 1.0
    return Audit(flagged, images, low, high, miss)
