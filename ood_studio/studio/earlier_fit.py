"""A saved adapter as its fit left it, read from its file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ood_studio.adapters import AdapterError, SavedAdapter
from ood_studio.adapters.validation import Validation
from ood_studio.core.parameters import read_texts
from ood_studio.core.progress import Progress, silent
from ood_studio.studio.fit import Fit
from ood_studio.studio.judge import SETS, Judged, Scores, Sets, judging_suite
from ood_studio.studio.requests import AdaptRequest
from ood_studio.studio.studio import Studio


def asked_of(saved: SavedAdapter) -> AdaptRequest | None:
    """What an adapter was asked for with; None where nobody else could ask for the same."""
    asked = saved.record.asked
    return None if asked is None else read_texts(AdaptRequest, asked)


def earlier_fit(studio: Studio, saved: SavedAdapter, progress: Progress = silent) -> Fit:
    """The fit as its file tells it: nothing is learnt or judged again, and `Fit.judge` is None.

    Args:
        studio: whose model it is put on.
        saved: the adapter, whose request is known (`asked_of`).
        progress: told what is loaded; may raise to stop.

    Raises:
        AdapterError: for one whose request is not known, that is damaged, or was learnt on other weights.
        StudioError: for a suite that cannot be opened.
    """
    request = asked_of(saved)
    if request is None:
        raise AdapterError(f"how the adapter {saved.name} was fitted is not known")
    studio.allow(request)
    record, told = saved.record, saved.record.validation
    space = studio.workbench.label_space(request.labels, progress, record.labels)
    fit = Fit(
        request,
        "" if told is None else told.score,
        total=record.planned,
        epochs=tuple(range(len(record.history))),
        losses={name: tuple(each[name] for each in record.history) for name in (record.history or ({},))[0]},
        adapted=saved.adapted(space.backbone, space.id_labels, space.mined.words),
    )
    if told is None:
        return fit
    before, now = (
        Judged(rates.accuracy, scores.pop(""), scores)
        for rates, scores in ((told.before, _scores(told, 0)), (told.after, _scores(told, 1)))
    )
    return replace(
        fit,
        before=before,
        now=now,
        judged=told.epochs,
        accuracy=told.accuracy,
        auroc=dict(told.auroc),
        fpr95=dict(told.fpr95),
        earlier=_sets(request, told, studio.workbench.workers),
    )


def _scores(told: Validation, which: int) -> dict[str, Scores]:
    return {name: np.array(pair[which], np.float32).astype(np.float64) for name, pair in told.scores.items()}


def _sets(request: AdaptRequest, told: Validation, workers: int) -> Sets:
    """The held-out images, in the order of the scores; none of a set of which some could not be read."""
    suite = judging_suite(request, request.held_out, workers)
    datasets = {"": suite.id, **dict(list(suite.ood.items())[:SETS])}
    found = {name: (dataset, len(told.scores.get(name, ((),))[0])) for name, dataset in datasets.items()}
    return {name: (dataset, np.arange(count)) for name, (dataset, count) in found.items() if len(dataset) == count}
