"""A benchmark's result as text: fresh from the run, or read back from the database of results, alike."""

from __future__ import annotations

import json
import math
from typing import Any, Literal, get_args

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed, one_line
from ood_studio.evaluation.export import to_csv, to_json, to_latex, to_markdown, to_text
from ood_studio.evaluation.published import Published, published_for, recomputed
from ood_studio.evaluation.result import BenchResult

Format = Literal["table", "markdown", "latex", "csv"]
"""How `result_text` writes rows."""

DEFINITIONS = {
    "aupr_in": "average precision Σ (Rₙ − Rₙ₋₁) Pₙ, ID positive; no interpolation",
    "aupr_out": "average precision Σ (Rₙ − Rₙ₋₁) Pₙ, OOD positive; no interpolation",
    "detection_error": "min over thresholds of ½ (1 − TPR) + ½ FPR",
}
"""What figures of a row mean of which several definitions circulate."""

_SHOWN = 10  # labels and problems named
_ACCURACY = {
    "id_accuracy": "zero-shot accuracy over the ID labels",
    "all_accuracy": "zero-shot accuracy over all trained classes",
    "head_accuracy": "accuracy of the model's own head over all its classes",
}


def accuracies(result: BenchResult) -> list[str]:
    """Each accuracy of a result in words, such as ``91.0 % zero-shot accuracy over the ID labels``."""
    return [f"{100 * share:.1f} % {_ACCURACY.get(key, key)}" for key, share in result.accuracy.items()]


def result_text(result: BenchResult, form: Format = "table", *, intervals: bool = False) -> str:
    """A result for people: what was compared, the table, what was left out, and what papers print for the setting.

    CSV and LaTeX are the rows alone; `BenchResult.left_out` says the rest.

    Args:
        result: fresh, or from `ResultStore.open`.
        form: of the table.
        intervals: whether intervals stand in it.

    Raises:
        StudioError: for an unknown form.
    """
    if form not in get_args(Format):
        raise StudioError(f"a result is written as {', '.join(get_args(Format))}, not {form!r}")
    if form == "csv":
        return to_csv(result.rows).rstrip("\n")
    if form == "latex":
        return to_latex(result.rows, intervals=intervals)
    parts = [_about(result, "`" if form == "markdown" else "")]
    if result.rows:
        parts.append((to_text if form == "table" else to_markdown)(result.rows, intervals=intervals))
    if others := result.left_out():
        parts.append("\n".join(map(one_line, others)))
    if printed := published_for(result.suite, result.backbone):
        parts.append(
            "\n".join(
                ["Published for this setting (AUROC / FPR95 in percent):", *(_compared(p, result) for p in printed)]
            )
        )
    return "\n\n".join(parts)


def _compared(line: Published, result: BenchResult) -> str:
    """A published line, and ours under the same definition."""
    figures = f"{percent(line.auroc)} / {percent(line.fpr95)}"
    said = f"  {line.scorer} on {line.ood}: {figures}, {line.source} ({line.setting()})"
    ours = recomputed(line, result)
    if ours is None:
        return said
    differs = f" ({ours.differs})" if ours.differs else ""
    return f"{said}; here {percent(ours.auroc)} / {percent(ours.fpr95)}{differs}"


def percent(share: float | None) -> str:
    """Such as ``94.21``; a dash for no number."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.2f}"


def result_dict(result: BenchResult) -> dict[str, Any]:
    """A result as plain values for JSON.

    ``results`` are its rows, beside them ``labels``, ``accuracy``, ``unavailable``, ``problems``, ``notes`` and
    ``definitions``.
    """
    return {
        "results": json.loads(to_json(result.rows)),
        "labels": list(result.labels),
        "accuracy": result.accuracy,
        "unavailable": result.unavailable,
        "problems": {name: problems for name, problems in result.problems.items() if problems},
        "notes": list(result.notes),
        "definitions": DEFINITIONS | ({"fpr95": result.rows[0].fpr_definition} if result.rows else {}),
    }


def _about(result: BenchResult, code: str) -> str:
    seeds = f", seed {result.rows[0].seed}" if result.rows else ""
    sizes = ", ".join(f"{count:,} of {name}" for name, count in result.sizes.items())
    text = f"Suite {code}{result.suite}{code}, backbone {code}{result.backbone}{code}{seeds}; all figures in percent."
    if sizes:
        text += f" Pictures: {sizes}."
    if result.labels:
        text += f"\n{len(result.labels):,} ID labels: {one_line(listed(result.labels, _SHOWN))}."
    if result.accuracy:
        text += f"\n{', '.join(accuracies(result))}."
    return text
