"""Numbers that papers print for the same setting, beside those computed here."""

from __future__ import annotations

from html import escape

from ood_studio.evaluation.published import published_for, recomputed
from ood_studio.evaluation.report import percent
from ood_studio.evaluation.result import BenchResult
from ood_studio.ui.tables import figures_table

_COLUMNS = (
    "method",
    "OOD set",
    "AUROC published",
    "recomputed",
    "FPR95 published",
    "recomputed, same definition",
    "setting",
    "source",
)


def published_html(result: BenchResult | None) -> str:
    """The table with the source of each number, or the sentence that no paper gives any."""
    if result is None:
        return ""
    printed = published_for(result.suite, result.backbone)
    if not printed:
        return (
            '<p class="studio-about">All numbers here are computed by the studio: no paper gives any for the suite '
            f"{escape(result.suite)} with the backbone {escape(result.backbone)}.</p>"
        )
    body = ""
    for each in printed:
        ours = recomputed(each, result)
        auroc, fpr95 = ("–", "–") if ours is None else (percent(ours.auroc), percent(ours.fpr95))
        setting = each.setting() + (f"; {ours.differs}" if ours is not None and ours.differs else "")
        note = " (trained)" if each.trained else ""
        body += (
            f'<tr><th scope="row">{escape(each.method)}{note}</th><td>{escape(each.ood)}</td>'
            f"<td>{percent(each.auroc)}</td><td><b>{auroc}</b></td><td>{percent(each.fpr95)}</td><td><b>{fpr95}</b></td>"
            f"<td>{escape(setting)}</td><td>{escape(each.source)}</td></tr>"
        )
    return figures_table("As papers print them, in percent, beside what was computed here", _COLUMNS, body)
