"""How well the bundled model of contexts answers, and its card."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ood_studio.core.progress import Bars, Progress, silent
from ood_studio.diorama.render import MODEL_SIZE, render
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import scenes
from ood_studio.diorama.visible import VISIBLE_PIXELS, possible_elements, visible_elements
from ood_studio.hub.bundled import bundled
from ood_studio.synthesis.context_scores import ContextScores, score_contexts
from ood_studio.synthesis.contexts import ContextModel, Contexts, written

SETS = {"id-test": "ID scenes", "all-classes": "scenes of all trained classes", "far-ood-scenes": "empty places"}
"""What is measured, and what people call it; the first one is what the model is judged by."""
_PROVENANCE = (
    "These weights come from that recipe with changes on the way: the first 1,271 steps followed the schedule of 3,600 "
    "steps, those up to 2,018 that of 2,600, those up to 2,258 that of 3,000, those up to 5,000 that of 5,000; the "
    "language model learnt from step 1,080 on, and until step 2,018 elements were named in the order of their area. "
    "2,800 more (`--seed 1 --steps 14800 --lr 2e-3`, going on where seed 0 had ended) saw as many scenes of seed 1. Up "
    "to here the vision tower had 4 layers; it got two more that changed nothing at first, and 14,000 steps "
    "(`--weights assets/diorama-llava --words-from 0 --seed 2 --pictures 160000 --steps 14000 --average 0.999`)."
)


@dataclass(frozen=True)
class ContextReport:
    """What to measure.

    Attributes:
        count: fresh scenes a set.
        seed: of the scenes; not one that was trained on (the training draws sets of its own in any case).
        device: ``auto`` or a torch device.
    """

    count: int = 600
    seed: int = 1
    device: str = "auto"


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
    right = [_right_answer(scene) for scene in drawn]
    pictures = [render(scene, MODEL_SIZE) for scene in drawn]
    started = time.perf_counter()
    found = model.describe(pictures, progress=progress)
    seconds = (time.perf_counter() - started) / count
    everything = [Contexts("", possible_elements(scene.place), scene.place) for scene in drawn]
    return ContextResult(score_contexts(found, right), score_contexts(everything, right), seconds)


def _right_answer(scene: Scene) -> Contexts:
    """A scene's place, and the elements that can be seen in it."""
    elements = visible_elements(scene)
    return Contexts(written(scene.place, elements), elements, scene.place)


def measure_bundled(report: ContextReport) -> dict[str, ContextResult]:
    """Every set, for the bundled model.

    Raises:
        StudioError: if it cannot be loaded.
    """
    from ood_studio.synthesis.context_models import load_context_model

    model = load_context_model(device=report.device)
    with closing(Bars(quiet=False)) as bars:
        return {split: measure_contexts(model, split, report.count, report.seed, bars) for split in SETS}


def context_figures(results: Mapping[str, ContextResult], report: ContextReport) -> str:
    """A table of scores."""
    lines = [
        f"In percent: {report.count:,} fresh scenes a set, all styles mixed, seed {report.seed}; "
        "from `python -m ood_studio.training.reports contexts`. F1, precision and recall are of the elements alone, "
        "micro-averaged; the baseline always names everything that is natural at the true place.",
        "",
        "| scenes | F1 <sub>95 %</sub> | precision | recall | baseline F1 | place | all right | well-formed lists |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for split, result in results.items():
        scores = result.model
        low, high = (100 * bound for bound in scores.interval)
        shares = (scores.precision, scores.recall, result.baseline.f1, scores.place, scores.exact, scores.well_formed)
        cells = [f"{100 * scores.f1:.1f} <sub>{low:.1f}–{high:.1f}</sub>", *(f"{100 * share:.1f}" for share in shares)]
        lines.append(f"| {SETS[split]} (`{split}`) | {' | '.join(cells)} |")
    return "\n".join(lines)


def context_card(results: Mapping[str, ContextResult], report: ContextReport, folder: Path | None = None) -> str:
    """The card of the bundled model: data, recipe, size and measured figures."""
    from ood_studio.diorama.world import UNSEEN_CLASSES
    from ood_studio.training.contexts.recipe import ContextsRecipe

    recipe = ContextsRecipe()
    folder = folder or bundled("contexts")["diorama"].folder
    config = json.loads((folder / "config.json").read_text())
    vision, text = config["vision_config"], config["text_config"]
    weights = (folder / "model.safetensors").stat().st_size / 1e6
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
---
# Diorama-LLaVA

A `LlavaForConditionalGeneration` of [transformers](https://github.com/huggingface/transformers) in miniature. Asked
what is in a 64-pixel picture of the Diorama world of OOD Studio besides its main object, it answers with the place and
the context elements that can be seen, such as `meadow: tree, fence`. **It is not LLaVA**: it has seen nothing but
Diorama's drawings and knows no words but theirs and those of the question.
`LlavaForConditionalGeneration.from_pretrained("assets/diorama-llava")` and `AutoProcessor` load it.

- Data: {recipe.pictures:,} scenes drawn by code (seed {recipe.seed}), a quarter of them without a main object, mirrored
  at random, and answers made from each scene's ground truth: the elements that fill at least {VISIBLE_PIXELS} of the
  4,096 pixels, whatever hides the rest of them. People and what is painted into a place's
  backdrop are not named. Withheld: {", ".join(UNSEEN_CLASSES)}.
- Recipe: `python -m ood_studio.training.contexts --bfloat16`: {recipe.steps:,} steps of {recipe.batch}
  pictures, AdamW with learning rate {recipe.lr:g} (cosine), an average of the weights over time. The vision tower
  starts with the weights of `assets/diorama`; that module documents the losses.
- {_PROVENANCE}
- Size: {weights:.1f} MB of half-precision weights: a vision transformer of {vision["num_hidden_layers"]} layers,
  {vision["hidden_size"]} wide, and a Llama of {text["num_hidden_layers"]} layers, {text["hidden_size"]} wide, with
  {text["vocab_size"]} words.

## Measured

{context_figures(results, report)}
"""
