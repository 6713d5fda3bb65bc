"""What is said of a run, and of the model that is looked at."""

from __future__ import annotations

import json
from html import escape

from ood_studio import worlds
from ood_studio.evaluation.published import published_by
from ood_studio.evaluation.report import percent
from ood_studio.evaluation.zoo import ZooRun, other_versions
from ood_studio.evaluation.zoo.axes import figures_of, said, title
from ood_studio.ui.compare.cards import moment
from ood_studio.ui.models.session import Session

EMPTY = (
    '<div class="studio-empty"><h2>Which model?</h2><p>Accuracy, OOD detection, visual factors, styles, calibration '
    "and retrieval, model by model, along any two axes. Press <b>Measure</b>: each model shows when it is done, and "
    "what is measured is kept.</p></div>"
)
_FIGURES = ("accuracy", "mean auroc", "mean auroc 1-nn", "mean factor", "mean shift", "recall@5 image-to-text")


def run_html(mine: Session) -> str:
    """Where the run came from, on how many pictures, what was left out, and whether other versions made it."""
    run = mine.run
    if run is None:
        return ""
    sets = run.passport.get("sets", {})
    size = f", {min(sets.values()):,} pictures or more in each of {len(sets)} sets" if sets else ""
    kept = f", kept {moment(run.added)}" if run.added else ""
    first = f"{len(run.measured):,} model{'s' if len(run.measured) != 1 else ''}{size}; {escape(mine.origin)}{kept}."
    lost = "; ".join(f"{escape(name)}: {escape(why)}" for name, why in run.problems.items())
    notes = [first, escape(other_versions(run)), f"Left out: {lost}." if lost else ""]
    return "".join(f'<p class="studio-about" role="status">{note}</p>' for note in notes if note)


def model_html(mine: Session) -> str:
    """The model that is looked at, with what can be done with it."""
    run, name = mine.run, mine.view.first
    model = None if run is None else run.model(name)
    if model is None:
        return ""
    known, figures = worlds.zoo().get(name), figures_of(model)
    about = [] if known is None else [known.group, f"first trained on {known.source}", known.about]
    lines = [escape(", ".join(each for each in about if each)) + "."] if about else []
    figures_said = "; ".join(
        f"{escape(title(key))} <b>{said(key, figures[key])}</b>" for key in _FIGURES if key in figures
    )
    lines.append(f"{figures_said}.")
    printed = published_by(name)[:6]
    if printed:
        rows = "; ".join(
            f"{escape(each.method)} on {escape(each.ood)}: AUROC {percent(each.auroc)}, FPR95 {percent(each.fpr95)} "
            f"({escape(each.source)})"
            for each in printed
        )
        lines.append(f"Papers print {rows}.")
    lines += [f"<em>{escape(note)}</em>" for note in model.notes]
    reasons: dict[str, list[str]] = {}
    for what, why in model.skipped.items():
        reasons.setdefault(why, []).append(what)
    lines += [f"<em>Not measured: {escape(', '.join(what))} ({escape(why)}).</em>" for why, what in reasons.items()]
    pick = escape(json.dumps(["use", name]))
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<section class="studio-verdict in" role="status" aria-label="Model"><h2 class="studio-verdict-title">'
        f'{escape(name)}</h2>{body}<p class="studio-zoo-do"><button type="button" data-pick="{pick}">Use this model'
        "</button></p></section>"
    )


def origin_of(run: ZooRun) -> str:
    """Where a run that is read back came from."""
    return "read back from earlier results" if run.number else "measured for this package"
