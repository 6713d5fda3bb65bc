"""Numbers that papers print for the same setting, beside those computed here."""

from __future__ import annotations

from html import escape

from ood_studio.evaluation.published import published_for
from ood_studio.evaluation.rows import BenchResult

_COLUMNS = ("method", "OOD set", "AUROC published", "recomputed", "FPR95 published", "recomputed", "source")


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
    found = {(row.scorer, row.ood): row for row in result.rows}
    head = "".join(f'<th scope="col">{column}</th>' for column in _COLUMNS)
    body = ""
    for each in printed:
        row = found.get((each.scorer, each.ood))
        recomputed = ("–", "–") if row is None else (f"<b>{100 * row.auroc:.2f}</b>", f"<b>{100 * row.fpr95:.2f}</b>")
        note = " (trained)" if each.trained else ""
        body += (
            f'<tr><th scope="row">{escape(each.method)}{note}</th><td>{escape(each.ood)}</td>'
            f"<td>{100 * each.auroc:.2f}</td><td>{recomputed[0]}</td>"
            f"<td>{100 * each.fpr95:.2f}</td><td>{recomputed[1]}</td><td>{escape(each.source)}</td></tr>"
        )
    return (
        '<div class="studio-scroll"><table class="studio-scores"><caption>As papers print them, in percent, beside '
        f"what was computed here</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
