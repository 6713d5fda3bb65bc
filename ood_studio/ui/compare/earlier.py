"""Runs that were kept: which there are, what they were asked for, and one of them opened; and the example."""

from __future__ import annotations

from contextlib import suppress

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.paths import ASSETS
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.results import ResultStore
from ood_studio.evaluation.stored_runs import StoredRun
from ood_studio.evaluation.suites import suites
from ood_studio.hub.names import names_folder
from ood_studio.studio import BenchRequest
from ood_studio.ui.compare.layout import START
from ood_studio.ui.compare.session import Earlier, Session
from ood_studio.ui.form import changes_of
from ood_studio.worlds import OWN_SUITE

EXAMPLE = ASSETS / "compare" / "results.sqlite3"
"""A file of results with one run; docs/training.md says which command makes it."""
MOST = 40
_PLACES = ("id_data", "ood_data", "train_data", "head", "data_root")


def earlier_runs(strangers: bool = False) -> tuple[StoredRun, ...]:
    """The runs that were kept, the newest first; strangers see nobody's own pictures, and no names of folders."""
    runs = ResultStore().runs()
    if strangers:
        runs = tuple(run for run in runs if run.suite != OWN_SUITE and not _names_a_place(run))
    return runs[:MOST]


def _names_a_place(run: StoredRun) -> bool:
    return names_folder(run.backbone) or any(run.asked.get(name) for name in _PLACES)


def newest(runs: tuple[StoredRun, ...], backbone: str) -> StoredRun | None:
    """What the tab opens with: of the bundled suite if there is one, and with this model if there is one."""
    fits = sorted(runs, key=lambda run: (run.suite == START.suite, run.backbone == backbone), reverse=True)
    return fits[0] if fits else None


def example_run() -> StoredRun | None:
    """The comparison that came with the package, of what the tab begins with; None where it cannot be read."""
    return next(iter(ResultStore(EXAMPLE).runs()), None)


def opened(first: int, strangers: bool = False) -> Earlier:
    """The run that begins with a row of this number.

    Raises:
        StudioError: if it is not there any more.
    """
    run = next((run for run in earlier_runs(strangers) if run.first == first), None)
    if run is None:
        raise StudioError("this result is not kept any more; open another")
    result = ResultStore().open(run)
    return Earlier(run, result, request_of(run, result))


def delete(first: int, added: str, strangers: bool) -> None:
    """Takes a run away: the one that begins with a row of this number, and was kept then.

    Raises:
        StudioError: if it is not there any more, or somebody asks whose it is not.
    """
    if strangers:
        raise StudioError("only the owner of this server takes results away")
    run = next((run for run in earlier_runs() if (run.first, run.added) == (first, added)), None)
    if run is None:
        raise StudioError("this result is not kept any more; open another")
    ResultStore().delete(run)


def request_of(run: StoredRun, result: BenchResult) -> BenchRequest:
    """What a run was asked for; where that was not kept, what its rows say of it.

    Raises:
        StudioError: for a value that is none any more.
    """
    changes = changes_of(BenchRequest, run.asked)
    if not changes:
        suite = suites().get(run.suite)
        drawn = suite is not None and not suite.needs_data
        changes = {
            "suite": run.suite,
            "scorers": run.scorers,
            "labels.backbone": run.backbone,
            "seed": run.seed,
            "fpr_definition": run.fpr_definition,
            "resamples": START.resamples if any(row.auroc_low is not None for row in result.rows) else 0,
            **({"count": result.rows[0].n_id} if drawn else {}),
        }
    return with_values(START if not run.asked else BenchRequest(), changes)


def show_newest(mine: Session, backbone: str = "", strangers: bool = False) -> None:
    """Looks at the newest earlier result; where there is none, at the example, if it is of this model."""
    run = newest(earlier_runs(strangers), backbone)
    if run is not None:
        found = opened(run.first, strangers)
        mine.take(found.request, found.result, run)
    elif (example := example_run()) is not None and example.backbone == backbone:
        result = ResultStore(EXAMPLE).open(example)
        mine.take(request_of(example, result), result, example)


def kept_run(request: BenchRequest, strangers: bool = False) -> Earlier | None:
    """The newest run that was asked for just this; None where there is none."""
    for run in earlier_runs(strangers):
        if run.asked and run.suite == request.suite:
            with suppress(StudioError):
                found = opened(run.first, strangers)
                if found.request == request:
                    return found
    return None
