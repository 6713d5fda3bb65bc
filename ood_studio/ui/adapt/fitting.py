"""A fit as far as it has come: losses, and what they do to held-out pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ood_studio.adapters import Adapted, Epoch
from ood_studio.studio import AdaptRequest
from ood_studio.studio.judge import Judge, Judged

ACCURACY = "ID accuracy"


@dataclass(frozen=True, eq=False)
class Fit:
    """One fit; `after` gives the next, nothing changes in place, so that it may be drawn while the fit goes on.

    Attributes:
        request: what was asked, and ``score`` the scorer that judges.
        judge: the held-out sets; None where there are none.
        before, now: what the model made of them without the adapter, and makes now.
        total: epochs there will be.
        epochs, losses: as far as it has come.
        judged, rates: the epochs at which it was judged, and accuracy and AUROC there.
        adapted: what is learnt by now.
        ended: why it ended early.
    """

    request: AdaptRequest
    score: str
    judge: Judge | None = None
    before: Judged | None = None
    now: Judged | None = None
    total: int = 0
    epochs: tuple[int, ...] = ()
    losses: dict[str, tuple[float, ...]] = field(default_factory=dict)
    judged: tuple[int, ...] = ()
    rates: dict[str, tuple[float, ...]] = field(default_factory=dict)
    adapted: Adapted | None = None
    ended: str = ""

    def after(self, epoch: Epoch, now: Judged | None) -> Fit:
        """After another epoch, judged or not; one that diverged brings the last good state once more."""
        found = replace(self, total=epoch.of, adapted=epoch.adapted, ended=epoch.diverged)
        if not self.epochs or epoch.number > self.epochs[-1]:
            losses = {name: (*self.losses.get(name, ()), value) for name, value in epoch.losses.items()}
            found = replace(found, epochs=(*self.epochs, epoch.number), losses=losses)
        if now is None or (self.judged and epoch.number <= self.judged[-1]):
            return found
        rates = {f"AUROC {name}": now.auroc(name) for name in now.ood}
        if now.accuracy is not None:
            rates = {ACCURACY: now.accuracy, **rates}
        return replace(
            found,
            now=now,
            before=self.before or now,
            judged=(*self.judged, epoch.number),
            rates={name: (*self.rates.get(name, ()), value) for name, value in rates.items()},
        )
