"""What models can be compared along: every figure, and means of some; their names for people and their units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ood_studio.evaluation.zoo.figures import Figure, Measured

_LOWER = ("fpr95", "mean fpr95", "ece", "adaptive ece", "nll", "brier")
_NO_SHARE = ("nll", "brier", "temperature", "parameters", "images a second")
_KINDS = {
    "auroc": "AUROC",
    "fpr95": "FPR95",
    "mean auroc": "mean AUROC",
    "mean fpr95": "mean FPR95",
    "ece": "ECE",
    "adaptive ece": "adaptive ECE",
    "nll": "NLL",
    "brier": "Brier score",
    "factor": "accuracy on factor",
    "shift": "accuracy on style",
}
_WHOLE = {
    "accuracy": "ID accuracy",
    "accuracy 20-nn": "ID accuracy of 20 nearest neighbours",
    "accuracy annotated": "ID accuracy of the pictures whose factors are annotated",
    "mean auroc": "mean AUROC, each model’s own score",
    "mean auroc 1-nn": "mean AUROC, 1-NN",
    "mean fpr95": "mean FPR95, each model’s own score",
    "mean factor": "mean accuracy on the factors",
    "mean shift": "mean accuracy on the styles",
}
_RULES = {"mcm": "MCM", "msp": "MSP", "maxlogit": "MaxLogit", "1-nn": "1-NN"}


def figures_of(measured: Measured) -> dict[str, Figure]:
    """All figures of a model; ``mean auroc`` and ``mean fpr95`` are those of the score that stands for it.

    Means over sets, ``mean factor`` and ``mean shift`` too, are there only where each of the sets is. Runs of before
    that lack them have them too, without an interval."""
    own = measured.rules.get("ood", "")
    renamed = {f"mean auroc {own}": "mean auroc", f"mean fpr95 {own}": "mean fpr95"}
    found = {renamed.get(name, name): each for name, each in measured.figures.items()}
    if own == "1-nn" and "mean auroc" in found:  # which also compares all models
        found["mean auroc 1-nn"] = found["mean auroc"]
    for name, beginning in (
        ("mean auroc", f"auroc {own} "),
        ("mean auroc 1-nn", "auroc 1-nn "),
        ("mean fpr95", f"fpr95 {own} "),
        ("mean factor", "factor "),
        ("mean shift", "shift "),
    ):
        if name in found:
            continue
        parts = [each for key, each in measured.figures.items() if key.startswith(beginning)]
        lost = any(key.startswith(beginning.replace("fpr95", "auroc")) for key in measured.skipped)
        if parts and not lost:
            found[name] = Figure(sum(each.value for each in parts) / len(parts), n=sum(each.n for each in parts))
    return found


def axes(models: Sequence[Measured]) -> dict[str, str]:
    """Everything that at least one of the models has, by name, with what to call it; means and wholes first."""
    there = dict.fromkeys(name for each in models for name in figures_of(each))
    first = [name for name in _WHOLE if name in there]
    return {name: title(name) for name in dict.fromkeys([*first, *there])}


def title(name: str) -> str:
    """What to call a figure."""
    if name in _WHOLE:
        return _WHOLE[name]
    if name.startswith("ece change "):
        return f"what temperature scaling changes of the ECE on {name.removeprefix('ece change ')}"
    kind = next((each for each in sorted(_KINDS, key=len, reverse=True) if name.startswith(f"{each} ")), "")
    rest = name[len(kind) + 1 :] if kind else name
    if kind.startswith("mean "):
        return f"{_KINDS[kind]}, {_RULES.get(rest, rest)}"
    if kind in ("auroc", "fpr95"):
        rule, _, ood = rest.partition(" ")
        return f"{_KINDS[kind]} on {ood}, {_RULES.get(rule, rule)}"
    if kind in ("factor", "shift"):
        return f"{_KINDS[kind]} {rest}"
    if kind:
        scaled = rest.removeprefix("scaled ")
        return f"{_KINDS[kind]} on {scaled}" + (", temperature-scaled" if scaled != rest else "")
    return name


def is_share(name: str) -> bool:
    """Whether a figure is a share of pictures or a rate, shown in percent."""
    return not name.startswith(_NO_SHARE)


def lower_is_better(name: str) -> bool:
    """Whether less of it is better."""
    return name.startswith(_LOWER)


def said(name: str, figure: Figure | None, *, interval: bool = False) -> str:
    """A figure for people, with its interval where asked for and known; – where there is none."""
    if figure is None:
        return "–"
    form = (lambda value: f"{100 * value:.1f}") if is_share(name) else _number
    ends = "" if figure.low is None or figure.high is None else f" ({form(figure.low)} to {form(figure.high)})"
    return form(figure.value) + (ends if interval else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@dataclass(frozen=True)
class AgainstOverall:
    """Accuracy on the pictures with a factor against that on all (Idrissi et al. 2023).

    Attributes:
        accuracy: on the factor.
        difference: the accuracy less that on all: below 0 the factor is harder.
        error_ratio: the error over that on all: above 1 the factor is harder; None where there is none on all.
    """

    accuracy: float
    difference: float
    error_ratio: float | None


def against_overall(measured: Measured) -> dict[str, AgainstOverall]:
    """Each factor of a model against all annotated pictures, or against the ID pictures where factors are drawn."""
    whole = measured.figures.get("accuracy annotated") or measured.figures.get("accuracy")
    if whole is None:
        return {}
    return {
        key.removeprefix("factor "): AgainstOverall(
            each.value,
            each.value - whole.value,
            (1 - each.value) / (1 - whole.value) if whole.value < 1 else None,
        )
        for key, each in measured.figures.items()
        if key.startswith("factor ")
    }
