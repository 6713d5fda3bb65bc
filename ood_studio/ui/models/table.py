"""The table of models: for the page, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from html import escape

from ood_studio.evaluation.export import csv_cell, latex_text
from ood_studio.evaluation.published import published_by
from ood_studio.evaluation.zoo import Figure, Measured
from ood_studio.evaluation.zoo.axes import figures_of, lower_is_better, said, title
from ood_studio.ui.models.session import Session

MODEL = "model"
_PARAMETERS = "parameters"
_USUAL = ("accuracy", "accuracy 20-nn", "mean auroc", "mean fpr95", "mean auroc 1-nn", "mean factor", "mean shift")
_LAST = ("recall@5 image-to-text", "parameters", "images a second")
_SHORT = {
    "accuracy": "accuracy",
    "accuracy 20-nn": "20-NN",
    "mean auroc": "AUROC",
    "mean fpr95": "FPR95",
    "mean auroc 1-nn": "AUROC 1-NN",
    "mean factor": "factors",
    "mean shift": "styles",
    "recall@5 image-to-text": "R@5",
    "parameters": "params (M)",
    "images a second": "images/s",
}


def columns(mine: Session) -> list[str]:
    """The figures of the table: the usual ones, calibration on ID, and the axes that are looked at."""
    drawn = mine.sets()[:1]
    calibration = [f"ece {kind}{name}" for name in drawn for kind in ("", "scaled ")]
    there = {name for each in mine.models() for name in figures_of(each)}
    wanted = dict.fromkeys((*_USUAL, *calibration, mine.view.x, mine.view.y, *_LAST))
    return [name for name in wanted if name in there]


def ordered(mine: Session) -> list[Measured]:
    """The models in the order of the table: those that lack its figure last."""
    if mine.order == MODEL:
        return sorted(mine.models(), key=lambda each: each.backbone, reverse=mine.reverse)
    sign = 1 if lower_is_better(mine.order) is not mine.reverse else -1

    def place(model: Measured) -> float:
        found = figures_of(model).get(mine.order)
        return math.inf if found is None else sign * found.value

    return sorted(mine.models(), key=place)


def table_html(mine: Session) -> str:
    """The table; its heads sort it, its names choose a model. Values picked are JSON, see `looking`."""
    names, groups = columns(mine), mine.groups()
    heads = "".join(_head(mine, name, _short(name) if name != MODEL else name) for name in (MODEL, *names))
    printed = any(published_by(each.backbone) for each in mine.models())
    heads += '<th scope="col">AUROC published</th>' if printed else ""
    body = ""
    for model in ordered(mine):
        figures, name = figures_of(model), model.backbone
        chosen = str(name in (mine.view.first, mine.view.second)).lower()
        button = (
            f'<button type="button" data-pick="{escape(json.dumps(["model", name]))}" aria-pressed="{chosen}">'
            f"{escape(name)}</button>"
        )
        cells = "".join(_cell(model, key, figures.get(key)) for key in names)
        cells += f"<td>{published_html(name)}</td>" if printed else ""
        body += f'<tr><th scope="row">{button}<small>{escape(groups[name])}</small></th>{cells}</tr>'
    own = "; ".join(f"{escape(each.backbone)} {each.rules.get('ood', '')}" for each in mine.models())
    about = "" if printed else " No paper prints numbers for these models."
    return (
        '<p class="studio-about">In percent. AUROC and FPR95 are means over the OOD sets by '
        f'<span title="{own}">the score that stands for each model</span>.{about}</p><div class="studio-scroll">'
        '<table class="studio-scores studio-zoo" aria-label="Models compared">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def published_html(backbone: str) -> str:
    """AUROC that papers print for MCM with a model, averaged over each source's sets; – where none does."""
    found: dict[str, list[float]] = {}
    for each in published_by(backbone):
        if each.scorer == "mcm" and not math.isnan(each.auroc):
            found.setdefault(each.source, []).append(each.auroc)
    if not found:
        return "–"
    source, values = next(iter(found.items()))
    return f'<span title="{escape(source)}">MCM {100 * sum(values) / len(values):.1f}, {len(values)} sets</span>'


def _head(mine: Session, name: str, short: str) -> str:
    sorted_by = mine.order == name
    way = {True: "descending", False: "ascending"}[mine.reverse is (name == MODEL or lower_is_better(name))]
    arrow = "" if not sorted_by else " ↓" if way == "descending" else " ↑"
    aria = f' aria-sort="{way}"' if sorted_by else ""
    pick = escape(json.dumps(["sort", name]))
    about = escape("by name" if name == MODEL else title(name))
    return (
        f'<th scope="col"{aria}><button type="button" data-pick="{pick}" title="{about}">{escape(short)}{arrow}'
        "</button></th>"
    )


def _cell(model: Measured, name: str, found: Figure | None) -> str:
    if found is None:
        why = next((why for key, why in model.skipped.items() if name.startswith(key)), "")
        return f'<td><span title="{escape(why)}">–</span></td>'
    ends = escape(said(name, found, interval=True))
    return f'<td><span title="{ends}">{_text(name, found)}</span></td>'


def _text(name: str, found: Figure | None) -> str:
    """A figure in the table; parameters in millions."""
    return f"{found.value / 1e6:.2f}" if name == _PARAMETERS and found is not None else said(name, found)


def _short(name: str) -> str:
    if name.startswith("ece scaled"):
        return "ECE scaled"
    return "ECE" if name.startswith("ece ") else _SHORT.get(name, title(name))


def to_csv(models: Sequence[Measured], groups: dict[str, str]) -> str:
    """Every figure of every model with its interval, a line each; formulas of spreadsheets are made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("model", "group", "figure", "value", "low", "high", "images"))
    for model in models:
        for name, each in figures_of(model).items():
            row = (model.backbone, groups.get(model.backbone, ""), name, each.value, each.low, each.high, each.n or "")
            writer.writerow([csv_cell(part) for part in row])
    return out.getvalue()


def to_latex(mine: Session) -> str:
    """The table of the page for the package booktabs, the best of each column bold."""
    names, models = columns(mine), ordered(mine)
    best = {}
    for name in names:
        values = [found.value for each in models if (found := figures_of(each).get(name)) is not None]
        best[name] = (min if lower_is_better(name) else max)(values)
    heads = " & ".join(latex_text(_short(name)) for name in names)
    lines = [
        r"\begin{table}",
        r"\centering",
        r"\caption{" + latex_text(f"Models compared on {_sets(mine)}; in percent where nothing else is said.") + "}",
        r"\begin{tabular}{ll" + "r" * len(names) + "}",
        r"\toprule",
        rf"Model & Group & {heads} \\",
        r"\midrule",
    ]
    groups = mine.groups()
    for model in models:
        cells = []
        for name in names:
            found = figures_of(model).get(name)
            text = latex_text(_text(name, found))
            cells.append(rf"\textbf{{{text}}}" if found is not None and found.value == best[name] else text)
        row = [latex_text(model.backbone), latex_text(groups[model.backbone]), *cells]
        lines.append(" & ".join(row) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def _sets(mine: Session) -> str:
    sets = {} if mine.run is None else mine.run.passport.get("sets", {})
    return f"{len(sets)} sets of {min(sets.values()):,} pictures or more" if sets else "the same pictures"
