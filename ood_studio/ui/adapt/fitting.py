"""A fit as far as it has come: losses, and what they do to held-out pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ood_studio.adapters import Adapted, Epoch
from ood_studio.evaluation.significance import delong
from ood_studio.studio import AdaptRequest
from ood_studio.studio.judge import Judge, Judged

ACCURACY = "ID accuracy"
LEARNT = "these pictures"
"""The set that was learnt from, which proves nothing."""

_SURE = 0.05  # of DeLong's test


@dataclass(frozen=True, eq=False)
class Kept:
    """An epoch that may be what is kept in the end: its number, what was learnt by then, and what that makes of the
    held-out sets."""

    epoch: int
    adapted: Adapted
    judged: Judged


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
        best: the judged epoch with the highest mean AUROC over the held-out sets so far, the start not among them.
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
    best: Kept | None = None

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
        best = self.best
        if epoch.number and (best is None or _mean(now) > _mean(best.judged)):
            best = Kept(epoch.number, epoch.adapted, now)
        return replace(
            found,
            best=best,
            now=now,
            before=self.before or now,
            judged=(*self.judged, epoch.number),
            rates={name: (*self.rates.get(name, ()), value) for name, value in rates.items()},
        )

    def settled(self) -> Fit:
        """At its end: where a held-out set has fallen since the best epoch, that epoch is kept, which its notes say."""
        best, now = self.best, self.now
        if best is None or now is None or best.epoch >= self.judged[-1]:
            return self
        fallen = _fallen(best.judged, now)
        if not fallen:
            return self
        note = f"Kept is epoch {best.epoch} of {self.total}, the best on held-out pictures: after it {fallen}."
        record = replace(best.adapted.record, notes=(*best.adapted.record.notes, note))
        return replace(self, adapted=replace(best.adapted, record=record), now=best.judged)

    @property
    def harm(self) -> str:
        """A warning where it tells a held-out set apart worse than the model without it does; else empty."""
        fallen = "" if self.before is None or self.now is None else _fallen(self.before, self.now)
        return f"It does harm: on held-out pictures {fallen}." if fallen else ""


def held_out(judged: Judged) -> list[str]:
    """The OOD sets that nothing was learnt from."""
    return [name for name in judged.ood if name != LEARNT]


def _mean(judged: Judged) -> float:
    names = held_out(judged)
    return sum(judged.auroc(name) for name in names) / max(1, len(names))


def _fallen(before: Judged, now: Judged) -> str:
    """The held-out sets whose AUROC is surely lower now, in words; empty where there is none."""
    said = []
    for name in held_out(now):
        test = delong(now.id, now.ood[name], before.id, before.ood[name])
        if test.difference < 0 and test.p < _SURE:
            said.append(f"the AUROC of {name} fell from {test.auroc_b:.1%} to {test.auroc_a:.1%}")
    return ", ".join(said) + " (DeLong's test, 5 %)" if said else ""
