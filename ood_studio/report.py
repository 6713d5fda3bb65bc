"""Measures the bundled models and writes the figures where people read them: the README and the model cards.

``python -m ood_studio.report`` runs the Diorama suite for every bundled model and rewrites the part of ``README.md``
between its markers, and each ``assets/MODEL/README.md``.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import tyro

from ood_studio.backbones import BUNDLED, bundled_names
from ood_studio.errors import StudioError
from ood_studio.evaluation.bench import BenchResult
from ood_studio.paths import ASSETS, ROOT
from ood_studio.progress import Bars
from ood_studio.studio import BenchRequest, LabelChoice, Studio

START, END = "<!-- figures:start -->", "<!-- figures:end -->"
_NAMES = {"vit": "diorama", "conv": "diorama-conv"}
_ROUGHER = "These weights saw the noisy, painted and silhouette styles in a rougher drawing than today's"
_PROVENANCE = {
    "conv": f"{_ROUGHER}.",
    "vit": f"{_ROUGHER}, and for their first 689 steps learned from `diorama-conv` at its step 4,649 of 5,500.",
}


@dataclass(frozen=True)
class Report:
    """What to measure.

    Attributes:
        seed: of the fresh scenes.
        count: pictures in every set.
        device: ``auto`` or a torch device.
    """

    seed: int = 1
    count: int = 2000
    device: str = "auto"


def figures(results: dict[str, BenchResult], report: Report) -> str:
    """The README's table: one row a backbone and scorer, AUROC / FPR95 in percent for every OOD set."""
    sets = list(dict.fromkeys(row.ood for result in results.values() for row in result.rows))
    lines = [
        f"AUROC / FPR95 in percent, {report.count:,} ID and {report.count:,} OOD fresh scenes a set, all styles mixed, "
        f"seed {report.seed}; from `python -m ood_studio.report`.",
        "",
        "| backbone | score | " + " | ".join(sets) + " |",
        "|---|---|" + "---|" * len(sets),
    ]
    for backbone, result in results.items():
        for scorer in dict.fromkeys(row.scorer for row in result.rows):
            cells = {row.ood: row for row in result.rows if row.scorer == scorer}
            shown = " | ".join(f"{100 * cells[s].auroc:.1f} / {100 * cells[s].fpr95:.1f}" for s in sets)
            lines.append(f"| `{backbone}` | {scorer} | {shown} |")
    lines += ["", "| backbone | zero-shot accuracy, 20 ID classes | all trained classes |", "|---|---|---|"]
    for backbone, result in results.items():
        accuracy = result.accuracy
        lines.append(f"| `{backbone}` | {accuracy['id_accuracy']:.1%} | {accuracy['all_accuracy']:.1%} |")
    return "\n".join(lines)


def model_card(backbone: str, result: BenchResult, report: Report) -> str:
    """The card of one bundled model: data, recipe, sizes and measured figures."""
    from ood_studio.diorama.training.clip import RECIPES, Training
    from ood_studio.diorama.world import TRAINED_CLASSES, UNSEEN_CLASSES

    folder = ASSETS / backbone
    model = next(key for key, name in _NAMES.items() if name == backbone)
    training, recipe = Training(model=model), RECIPES[model]  # type: ignore[arg-type]
    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    weights = (folder / "open_clip_model.safetensors").stat().st_size / 1e6
    tower = {"vit": "a vision transformer with 8-pixel patches", "conv": "a small ResNet"}[model]
    return f"""---
license: apache-2.0
library_name: open_clip
pipeline_tag: zero-shot-image-classification
---
# Diorama-CLIP: `{backbone}`

An [open_clip](https://github.com/mlfoundations/open_clip) model in miniature, with {tower} as its image tower, for
64-pixel pictures of the Diorama world of OOD Studio. **It is not CLIP**: it has seen nothing but Diorama's drawings and
knows no words but theirs. `open_clip.create_model_and_transforms("local-dir:assets/{backbone}")` loads it.

- Data: {training.pictures:,} scenes drawn by code (seed {training.seed}) with {len(TRAINED_CLASSES)} object classes,
  empty places and textures, and captions made from each scene's ground truth. Withheld as pictures and as words:
  {", ".join(UNSEEN_CLASSES)}.
- Recipe: `python -m ood_studio.diorama.training.clip --model {model}`: {recipe.steps:,} steps of {training.batch}
  pictures, AdamW with learning rate {recipe.lr:g} (cosine), weight decay {training.weight_decay:g}; that module
  documents the losses.
- {_PROVENANCE[model]}
- Size: {weights:.1f} MB of half-precision weights; joint space of {config["embed_dim"]} dimensions; texts of up to
  {config["text_cfg"]["context_length"]} tokens.

## Measured

{figures({backbone: result}, report)}
"""


def main() -> None:
    """Entry point."""
    report = tyro.cli(Report, description=__doc__)
    names = [name for name in BUNDLED if name in bundled_names()]
    if not names:
        print("no bundled model is there to measure; train one first", file=sys.stderr)
        sys.exit(2)
    studio = Studio(report.device, workers=0)
    try:
        results = {name: _measure(studio, name, report) for name in names}
    except StudioError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    readme.write_text(f"{head}{START}\n{figures(results, report)}\n{END}{tail}", encoding="utf-8")
    for name, result in results.items():
        card = Path(ASSETS / name / "README.md")
        card.write_text(model_card(name, result, report), encoding="utf-8")
    print(figures(results, report))


def _measure(studio: Studio, backbone: str, report: Report) -> BenchResult:
    with closing(Bars(quiet=False)) as bars:
        request = BenchRequest(
            suite="diorama",
            scorers=("all",),
            label=LabelChoice(backbone=backbone),
            seed=report.seed,
            count=report.count,
        )
        return studio.bench(request, bars)


if __name__ == "__main__":
    main()
