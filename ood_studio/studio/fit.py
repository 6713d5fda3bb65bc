"""An adapter as it is fitted and judged on pictures that it does not learn from, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ood_studio.adapters import Adapted, Epoch, parse_adapter
from ood_studio.adapters.heads import HeadAdapter
from ood_studio.adapters.validation import Validation, short
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.evaluation.significance import delong
from ood_studio.studio.adapt import AdaptService
from ood_studio.studio.judge import Judge, Judged, JudgeService, Sets
from ood_studio.studio.repeatable import repeatable
from ood_studio.studio.requests import AdaptRequest

ACCURACY = "ID accuracy"
LEARNT = "these pictures"
"""The set that was learnt from, which proves nothing."""

_SURE = 0.05  # of DeLong's test
_TIMES = 20  # that a fit is judged, evenly over its epochs; each of fewer


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
        judged: the epochs at which it was judged, ``accuracy`` of ID there, and ``auroc`` and ``fpr95`` by set.
        adapted: what is learnt by now.
        ended: why it ended early.
        best: the judged epoch with the highest mean AUROC over the held-out sets so far, the start not among them.
        earlier: of a fit that was read from its file, the held-out sets as in `Judge.sets`; it has no ``judge``.
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
    accuracy: tuple[float, ...] = ()
    auroc: dict[str, tuple[float, ...]] = field(default_factory=dict)
    fpr95: dict[str, tuple[float, ...]] = field(default_factory=dict)
    adapted: Adapted | None = None
    ended: str = ""
    best: Kept | None = None
    earlier: Sets = field(default_factory=dict)

    @property
    def sets(self) -> Sets:
        """See `Judge.sets`."""
        return self.earlier if self.judge is None else self.judge.sets

    def after(self, epoch: Epoch, now: Judged | None) -> Fit:
        """After another epoch, judged or not; one that diverged brings the last good state once more."""
        found = replace(self, total=epoch.of, adapted=epoch.adapted, ended=epoch.diverged)
        if not self.epochs or epoch.number > self.epochs[-1]:
            found = replace(found, epochs=(*self.epochs, epoch.number), losses=_longer(self.losses, epoch.losses))
        if now is None or (self.judged and epoch.number <= self.judged[-1]):
            return found
        best = self.best
        if epoch.number and (best is None or _mean(now) > _mean(best.judged)):
            best = Kept(epoch.number, epoch.adapted, now)
        return replace(
            found,
            best=best,
            now=now,
            before=self.before or now,
            judged=(*self.judged, epoch.number),
            accuracy=self.accuracy if now.accuracy is None else (*self.accuracy, now.accuracy),
            auroc=_longer(self.auroc, {name: now.auroc(name) for name in now.ood}),
            fpr95=_longer(self.fpr95, {name: now.fpr95(name) for name in now.ood}),
        )

    def settled(self) -> Fit:
        """At its end. Where a held-out set has fallen since the best epoch, that epoch is kept; what was kept, and harm
        that is left, stand in the notes of what is learnt."""
        found, best = self, self.best
        if best is not None and self.now is not None and best.epoch < self.judged[-1]:
            fallen = _fallen(best.judged, self.now)
            if fallen:
                note = f"Kept is epoch {best.epoch} of {self.total}, the best on held-out pictures: after it {fallen}."
                found = replace(self, adapted=_noted(best.adapted, note), now=best.judged)
        if found.harm and found.adapted is not None:
            found = replace(found, adapted=_noted(found.adapted, found.harm))
        if found.adapted is not None:
            told = replace(found.adapted.record, validation=found.validation, asked=repeatable(self.request))
            found = replace(found, adapted=replace(found.adapted, record=told))
        return found

    @property
    def validation(self) -> Validation | None:
        """What held-out images say of it so far; None where nothing judges it."""
        if self.before is None or self.now is None:
            return None
        before, now = self.before, self.now
        scores = {name: (short(before.ood[name]), short(now.ood[name])) for name in now.ood}
        scores = {"": (short(before.id), short(now.id)), **scores}
        curves = (self.judged, self.accuracy, self.auroc, self.fpr95)
        return Validation(self.score, before.rates(), now.rates(), *curves, scores)

    @property
    def harm(self) -> str:
        """A warning where it tells a held-out set apart worse than the model without it does; else empty."""
        fallen = "" if self.before is None or self.now is None else _fallen(self.before, self.now)
        return f"It does harm: on held-out pictures {fallen}." if fallen else ""

    def effect(self) -> dict[str, Any]:
        """What it does to held-out pictures, before and after, as plain values; empty where nothing judged it."""
        if self.before is None or self.now is None:
            return {}
        judged = (self.before, self.now)
        sets = {
            name: {what: [getattr(each, what)(name) for each in judged] for what in ("auroc", "fpr95")}
            for name in held_out(self.now.ood)
        }
        return {"score": self.score, "id_accuracy": [each.accuracy for each in judged], "sets": sets}


class FitService:
    """Fits adapters and judges them meanwhile.

    Args:
        adapt: fits them.
        judge: gets ready what judges them.
    """

    def __init__(self, adapt: AdaptService, judge: JudgeService) -> None:
        self._adapt, self._judge = adapt, judge

    def fit(self, request: AdaptRequest, progress: Progress = silent) -> Iterator[Fit]:
        """A fit as far as it has come, after every epoch; at last, or where it is stopped, as it is settled.

        It is judged at evenly spaced epochs, 20 at most, which depend on nothing but the request: so does what is kept.

        Args:
            request: what is learnt, from what, and what judges it.
            progress: told what is encoded and the steps; may raise to stop.

        Raises:
            StudioError: as `AdaptService.adapt` and `JudgeService.judge` raise it.
            Stopped: as ``progress`` raises it.
        """
        score = request.score or score_of(request.method)
        judge = None
        if request.held_out and not request.images:
            own = {LEARNT: request.synthetic} if request.synthetic else {}
            judge = self._judge.judge(request, score, request.held_out, own, progress)
        fit = Fit(request, score, judge, None if judge is None else judge.before())
        try:
            for epoch in self._adapt.adapt(request, progress):
                due = epoch.number % max(1, epoch.of // _TIMES) == 0 or epoch.number == epoch.of or epoch.diverged
                fit = fit.after(epoch, judge.after(epoch.adapted) if judge is not None and due else None)
                yield fit
        except (Stopped, KeyboardInterrupt):
            if fit.epochs and fit.epochs[-1]:
                yield self._judged(fit).settled()
            raise
        yield self._judged(fit).settled()

    def _judged(self, fit: Fit) -> Fit:
        """Judged as it is, where its last epoch was not."""
        if fit.judge is None or fit.adapted is None or (fit.judged and fit.judged[-1] >= fit.epochs[-1]):
            return fit
        return replace(fit, now=fit.judge.after(fit.adapted))


def score_of(method: str) -> str:
    """The score that judges an adapter unless another one is chosen: one that it can improve."""
    return "energy" if isinstance(parse_adapter(method), HeadAdapter) else "neglabel"


def held_out(sets: Iterable[str]) -> list[str]:
    """Of the names of OOD sets those that nothing was learnt from."""
    return [name for name in sets if name != LEARNT]


def _longer(held: dict[str, tuple[float, ...]], values: Any) -> dict[str, tuple[float, ...]]:
    return {name: (*held.get(name, ()), value) for name, value in values.items()}


def _mean(judged: Judged) -> float:
    names = held_out(judged.ood)
    return sum(judged.auroc(name) for name in names) / max(1, len(names))


def _fallen(before: Judged, now: Judged) -> str:
    """The held-out sets whose AUROC is surely lower now, in words; empty where there is none."""
    said = []
    for name in held_out(now.ood):
        test = delong(now.id, now.ood[name], before.id, before.ood[name])
        if test.difference < 0 and test.p < _SURE:
            said.append(f"the AUROC of {name} fell from {test.auroc_b:.1%} to {test.auroc_a:.1%}")
    return ", ".join(said) + " (DeLong's test, 5 %)" if said else ""


def _noted(adapted: Adapted, note: str) -> Adapted:
    record = adapted.record
    return replace(adapted, record=replace(record, notes=(*record.notes, note)))
