"""How well the bundled model of contexts answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from ood_studio.core.progress import Bars, Progress, silent
from ood_studio.diorama.render import MODEL_SIZE, render
from ood_studio.diorama.splits import scenes
from ood_studio.diorama.visible import possible_elements, visible_elements
from ood_studio.hub.bundled import bundled
from ood_studio.synthesis.context_scores import ContextScores, score_contexts
from ood_studio.synthesis.contexts import ContextModel, Contexts, known_contexts
from ood_studio.training.reports.contexts_card import contexts_card
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import FreshScenes, Report

SETS = {"id-test": "ID scenes", "all-classes": "scenes of all trained classes", "far-ood-scenes": "empty places"}
"""What is measured, and what people call it; the first one is what the model is judged by."""


@dataclass(frozen=True, kw_only=True)
class ContextReport(Report):
    """What the bundled model says of fresh scenes: none that was trained on, whatever the seed."""

    count: FreshScenes = 600

    def write(self, documents: Documents) -> None:
        """Rewrites the model's card, and prints it."""
        card = contexts_card(context_figures(self.measure(), self))
        documents.card(bundled("contexts")["diorama"], card)
        print(card)

    def measure(self) -> dict[str, ContextResult]:
        """Every set, for the bundled model.

        Raises:
            StudioError: if it cannot be loaded.
        """
        from ood_studio.synthesis.context_models import load_context_model

        model = load_context_model(device=self.device)
        with closing(Bars(quiet=False)) as bars:
            return {split: measure_contexts(model, split, self.count, self.seed, bars) for split in SETS}


@dataclass(frozen=True)
class ContextResult:
    """What was measured on one set of scenes.

    Attributes:
        model: its scores.
        baseline: the scores of always naming everything that is natural at the (true) place.
        seconds: a picture.
    """

    model: ContextScores
    baseline: ContextScores
    seconds: float


def measure_contexts(
    model: ContextModel, split: str, count: int, seed: int, progress: Progress = silent
) -> ContextResult:
    """The model's answers about fresh scenes of a Diorama split, against what can be seen in them."""
    drawn = scenes(split, seed, count)
    right = [known_contexts(scene.place, visible_elements(scene)) for scene in drawn]
    images = [render(scene, MODEL_SIZE) for scene in drawn]
    started = time.perf_counter()
    found = model.describe(images, progress=progress)
    seconds = (time.perf_counter() - started) / count
    everything = [Contexts("", possible_elements(scene.place), scene.place) for scene in drawn]
    return ContextResult(score_contexts(found, right), score_contexts(everything, right), seconds)


def context_figures(results: Mapping[str, ContextResult], report: ContextReport) -> str:
    """A table of scores."""
    lines = [
        f"In percent: {report.count:,} fresh scenes a set, all styles mixed, seed {report.seed}; "
        "from `python -m ood_studio.training.reports contexts`. F1, precision and recall are of the elements alone, "
        "micro-averaged; the baseline always names everything that is natural at the true place.",
        "",
    ]
    rows = []
    for split, result in results.items():
        scores = result.model
        low, high = (100 * bound for bound in scores.interval)
        shares = (scores.precision, scores.recall, result.baseline.f1, scores.place, scores.exact, scores.well_formed)
        cells = [f"{100 * scores.f1:.1f} <sub>{low:.1f}–{high:.1f}</sub>", *(f"{100 * share:.1f}" for share in shares)]
        rows.append([f"{SETS[split]} (`{split}`)", *cells])
    heads = ["scenes", "F1 <sub>95 %</sub>", "precision", "recall", "baseline F1", "place", "all right"]
    return "\n".join([*lines, *table([*heads, "well-formed lists"], rows)])
