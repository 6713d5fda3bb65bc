"""The loop that the app closes, measured: break a detector, train on what broke it, judge again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from ood_studio.attacks.feature import FeatureAttack
from ood_studio.core.progress import Bars
from ood_studio.evaluation.significance import Comparison, delong, outcome_of
from ood_studio.studio import AdaptRequest, AttackSetRequest, JudgeAgainRequest, LabelChoice, Studio
from ood_studio.studio.judge import Judged
from ood_studio.training.reports.document import table

SCORE = "neglabel"
ATTACK = FeatureAttack(seed=1, steps=60, learning_rate=4e-3)
"""A quarter of the paper's steps at four times its rate: as near to the targets, in a quarter of the time."""

KINDS: Mapping[str, Mapping[str, Any]] = {
    "pulled to an ID picture": {"target": "image"},
    "NegLabel raised": {"target_score": SCORE},
}
METHODS = {
    "projection": "synood-projection",
    "projection as in the paper": "synood-projection:epochs=3:rate=0.001:pairs=true:start=1:regularisation=0",
    "negative labels": "synood-labels",
    "negative labels, rate 0.2": "synood-labels:rate=0.2",
}
_AGAIN = "projection"  # the one that is attacked again: that takes as long as the first attack
_TITLES = {"learnt": "learnt from", "fresh": "fresh, attacked alike", "repeated": "attacked again"}


@dataclass(frozen=True)
class Loop:
    """How much is measured.

    Attributes:
        backbone: its name.
        seeds: of the pictures, the attacks and the fits.
        attacked: pictures learnt from, and as many fresh ones.
        count: held-out pictures in every set.
        device: torch device, or auto.
        again: whether the adapted model is attacked too.
    """

    backbone: str
    seeds: Sequence[int]
    attacked: int
    count: int
    device: str
    again: bool = True

    def figures(self) -> Iterator[str]:
        """Tables and sentences."""
        studio = Studio(self.device, workers=1)
        for kind, how in KINDS.items():
            found = {
                name: self._tests(studio, how, method, self.again and name == _AGAIN)
                for name, method in METHODS.items()
            }
            columns = list(dict.fromkeys(column for tests in found.values() for column in tests))
            yield from ("", f"### Attacked pictures learnt from, {kind}, `{self.backbone}`", "")
            cells = [[name, *(_change(tests.get(column, ())) for column in columns)] for name, tests in found.items()]
            yield from table(["learnt", *columns], cells)
            yield ""
            for name, tests in found.items():
                for column in columns:
                    if column != _TITLES["learnt"] and column in tests:
                        yield f"- {name}, {column}: with it above without it: {outcome_of(tests[column])}."

    def _tests(self, studio: Studio, how: Mapping[str, Any], method: str, again: bool) -> dict[str, list[Comparison]]:
        """With the adapter against without it, on every set, a test a seed."""
        found: dict[str, list[Comparison]] = {}
        labels = LabelChoice(backbone=self.backbone)
        with closing(Bars(quiet=False)) as bars:
            for seed in self.seeds:
                broken = studio.attack_set(
                    AttackSetRequest(
                        count=self.attacked,
                        seed=seed,
                        train_count=200,
                        smoothness=(),
                        attack=ATTACK,
                        labels=labels,
                        scorers=(SCORE,),
                        resamples=0,
                        **how,
                    ),
                    bars,
                )
                request = AdaptRequest(method=method, labels=labels, synthetic=str(broken.sets[-1].folder), seed=seed)
                *_, last = studio.adapt(request, bars)
                judge = studio.judge(request, SCORE, self.count, {}, bars)
                before, after = judge.before(), judge.after(last.adapted)
                add = partial(_add, found, before, after)
                for name in after.ood:
                    add(name, before.ood[name], after.ood[name])
                asked = JudgeAgainRequest(count=self.attacked)
                for judged in studio.judge_again(request, asked, SCORE, judge, last.adapted, bars):
                    newest = judged.rounds[-1]
                    add(_TITLES[newest.kind], newest.before, newest.now)
                    if newest.kind == "fresh" and not again:
                        break
        return found


def _add(found: dict[str, list[Comparison]], before: Judged, after: Judged, column: str, was: Any, now: Any) -> None:
    found.setdefault(column, []).append(delong(after.id, now, before.id, was))


def _change(tests: Sequence[Comparison]) -> str:
    """Mean AUROC without and with the adapter, in percent."""
    if not tests:
        return "–"
    was, now = (100 * sum(getattr(each, name) for each in tests) / len(tests) for name in ("auroc_b", "auroc_a"))
    return f"{was:.1f} → {now:.1f}"
