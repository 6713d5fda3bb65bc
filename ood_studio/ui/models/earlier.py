"""Earlier runs of the zoo: listed, filtered, opened, compared with what is looked at, taken away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from ood_studio.evaluation.zoo import StoredZoo, ZooStore, compare_runs
from ood_studio.evaluation.zoo.axes import is_share, title
from ood_studio.evaluation.zoo.bundled import bundled_run
from ood_studio.hub.names import names_folder
from ood_studio.ui.compare.cards import moment
from ood_studio.ui.models.session import Session
from ood_studio.ui.tables import figures_table

MOST = 40
_FEW, _CHANGES = 3, 12
_PLACES = ("suite", "data_root", "train_data", "annotations")
BUNDLED = 0
"""Stands for the run that came with the package where runs are numbered."""


def earlier_runs(strangers: bool) -> tuple[StoredZoo, ...]:
    """The runs that were kept, the newest first; strangers see no names of folders, nor runs on data of the server."""
    runs = ZooStore().runs()
    if strangers:
        runs = tuple(
            run for run in runs if not any(map(names_folder, run.models)) and not any(map(run.asked.get, _PLACES))
        )
    return runs[:MOST]


def earlier_html(mine: Session, runs: Sequence[StoredZoo], strangers: bool) -> str:
    """The list; values picked are JSON, see `looking`."""
    opened = -1 if mine.run is None or mine.running else mine.run.number
    rows = "".join(_row(run, run.number == opened, mine.ready, strangers) for run in runs)
    if bundled_run() is not None:
        rows += _bundled(opened == BUNDLED, mine.ready)
    if not rows:
        return '<p class="studio-about">Runs are kept here when they have ended.</p>'
    search = (
        '<input type="search" data-filter aria-label="Filter earlier results" placeholder="Filter by model or day">'
        if len(runs) > 1
        else ""
    )
    return f'<section class="studio-earlier" aria-label="Earlier results">{search}<ul>{rows}</ul></section>'


def _row(run: StoredZoo, opened: bool, ready: bool, strangers: bool) -> str:
    more = f" and {len(run.models) - _FEW} more" if len(run.models) > _FEW + 1 else ""
    names = ", ".join(run.models[:_FEW] if more else run.models) + more
    text = f"<b>{_models(len(run.models))}</b><small>{moment(run.added)}; {escape(names)}</small>"
    if run.problem:
        main = f"<span>{text}<small>Cannot be opened: {escape(run.problem)}.</small></span>"
    else:
        main = _button("open", run.number, text, opened, title=", ".join(run.models))
    when = moment(run.added)
    compare = (
        ""
        if opened or run.problem or not ready
        else _button("compare", run.number, "Compare", label=f"Compare with {when}")
    )
    delete = "" if strangers else _button("delete", run.number, "Delete", label=f"Delete the run of {when}")
    shown = f'{main}<span class="buttons">{compare}{delete}</span>'
    return f'<li data-text="{escape(" ".join(run.models))} {when}">{shown}</li>'


def _bundled(opened: bool, ready: bool) -> str:
    main = _button("open", BUNDLED, "<b>The bundled zoo</b><small>as it was measured for this package</small>", opened)
    compare = (
        "" if opened or not ready else _button("compare", BUNDLED, "Compare", label="Compare with the bundled zoo")
    )
    return f'<li data-text="bundled">{main}<span class="buttons">{compare}</span></li>'


def _button(action: str, number: int, text: str, pressed: bool | None = None, label: str = "", title: str = "") -> str:
    state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
    said = f' aria-label="{escape(label)}"' if label else ""
    about = f' title="{escape(title)}"' if title else ""
    return (
        f'<button type="button" data-pick="{escape(json.dumps([action, number]))}"{state}{said}{about}>{text}</button>'
    )


def changes_html(mine: Session) -> str:
    """What differs between the run that is looked at and the one it is compared with; empty where there is none."""
    if mine.run is None or mine.compared is None:
        return ""
    changes = compare_runs(mine.compared, mine.run)
    shared = [each.backbone for each in mine.run.measured if mine.compared.model(each.backbone) is not None]
    when = moment(mine.compared.added) if mine.compared.number else "the bundled zoo"
    if not shared:
        return f'<p class="studio-about" role="status">No model is in both this run and that of {when}.</p>'
    if not changes:
        both = _models(len(shared))
        return f'<p class="studio-about" role="status">No figure differs from {when}, of {both} in both.</p>'
    apart = sum(each.apart for each in changes)
    body = "".join(
        f'<tr><th scope="row">{escape(each.model)}</th><td>{escape(title(each.figure))}</td>'
        f"<td>{_value(each.figure, each.before)}</td><td><b>{_value(each.figure, each.after)}</b></td>"
        f"<td>{'yes' if each.apart else 'no'}</td></tr>"
        for each in changes[:_CHANGES]
    )
    columns = ("model", "figure", "then", "now", "intervals apart")
    said = (
        f"{len(changes):,} figures of {_models(len(shared))} differ from {when}, {apart:,} by more than their intervals"
    )
    return figures_table(said, columns, body)


def _value(name: str, value: float) -> str:
    return f"{value:.1%}" if is_share(name) else f"{value:,.3g}"


def _models(count: int) -> str:
    return f"{count:,} model{'s' if count != 1 else ''}"
