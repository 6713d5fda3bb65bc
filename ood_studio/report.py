"""Measures the bundled models and writes the figures where people read them: the README and the model cards.

``python -m ood_studio.report`` runs the Diorama suite for every bundled model and rewrites the part of ``README.md``
between its markers, and each ``assets/MODEL/README.md``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from ood_studio.backbones import BUNDLED, DEFAULT, bundled_names
from ood_studio.errors import StudioError
from ood_studio.evaluation.bench import BenchResult, Row
from ood_studio.paths import ASSETS, ROOT
from ood_studio.progress import Bars
from ood_studio.studio import BenchRequest, LabelChoice, Studio

START, END = "<!-- figures:start -->", "<!-- figures:end -->"
_NAMES = {"vit": "diorama", "conv": "diorama-conv"}
_PROVENANCE = {
    "conv": "These weights come from that recipe with changes on the way: the first 4,118 steps followed the schedule "
    "of 18,000 steps, the next 3,445 that of 12,000; a main object's name weighed 3 instead of 6; pictures without an "
    "object were no more frequent than among those rendered.",
    "vit": "These weights began with those of an earlier training of 5,500 steps in an earlier drawing of the world "
    "(`--start`); the first 706 steps followed the schedule of 10,000 steps, those up to 2,295 that of 6,500.",
}
_FAULT = (
    "The scenes of the main training were drawn with a fault, mended before the alignment: all its empty places were "
    "seas or beaches, the first colour of all its textures was orange or yellow, and no object was posed."
)
_CLAIMS = (
    ("neglabel", "mcm", "NegLabel, Table 1"),
    ("neglabel", "energy", "NegLabel, Table 1"),
    ("csp", "neglabel", "CSP"),
    ("adaneg", "neglabel", "AdaNeg"),
    ("gl-mcm", "mcm", "GL-MCM"),
    ("rmd", "mahalanobis", "PLP, Table 5"),
    ("knn", "kmeans-mahalanobis", "PLP, Table 5"),
)


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


def figures(results: dict[str, BenchResult], report: Report, shown: str) -> str:
    """AUROC and FPR95 of every scorer on every OOD set, with intervals, and what they say of the papers, for the
    backbone ``shown``; the accuracies of all."""
    lines = [
        f"In percent, with 95 % bootstrap intervals: {report.count:,} ID and {report.count:,} OOD fresh scenes a set, "
        f"all styles mixed, seed {report.seed}; from `python -m ood_studio.report`. The best of a column is bold.",
    ]
    result = results[shown]
    for metric, title in (("auroc", "AUROC"), ("fpr95", "FPR95")):
        lines += ["", f"**{title}**, backbone `{shown}`", "", *_table(result.rows, metric)]  # type: ignore[arg-type]
    if result.unavailable:
        lines += ["", *(f"`{key}` could not run: {why.rstrip('.')}." for key, why in result.unavailable.items())]
    lines += ["", "What the papers claim, in this world:", "", *claims(result)]
    lines += ["", "| backbone | zero-shot accuracy, 20 ID classes | all trained classes |", "|---|---|---|"]
    for backbone, result in results.items():
        accuracy = result.accuracy
        lines.append(f"| `{backbone}` | {accuracy['id_accuracy']:.1%} | {accuracy['all_accuracy']:.1%} |")
    return "\n".join(lines)


def claims(result: BenchResult) -> list[str]:
    """Whether the order of scorers that a paper reports shows here too, by the mean AUROC over the OOD sets."""
    means = {}
    for key in {row.scorer for row in result.rows}:
        found = [row.auroc for row in result.rows if row.scorer == key]
        means[key] = sum(found) / len(found)
    said = []
    for better, worse, source in _CLAIMS:
        if better not in means or worse not in means:
            said.append(f"- {better} above {worse} ({source}): cannot be seen, one of them could not run.")
            continue
        outcome = "shows" if means[better] > means[worse] else "does **not** show"
        said.append(
            f"- {better} above {worse} ({source}): {outcome}, {100 * means[better]:.1f} against "
            f"{100 * means[worse]:.1f} mean AUROC."
        )
    return said


def _table(rows: Sequence[Row], metric: Literal["auroc", "fpr95"]) -> list[str]:
    sets = list(dict.fromkeys(row.ood for row in rows))
    best = {
        name: (max if metric == "auroc" else min)(getattr(r, metric) for r in rows if r.ood == name) for name in sets
    }
    lines = [f"| score | {' | '.join(sets)} |", "|---|" + "---|" * len(sets)]
    for scorer in dict.fromkeys(row.scorer for row in rows):
        cells = []
        for row in (row for row in rows if row.scorer == scorer):
            value, low, high = (getattr(row, f"{metric}{end}") for end in ("", "_low", "_high"))
            mark = "**" if value == best[row.ood] else ""
            cells.append(f"{mark}{100 * value:.1f}{mark} <sub>{100 * low:.1f}–{100 * high:.1f}</sub>")
        lines.append(f"| {scorer} | {' | '.join(cells)} |")
    return lines


def model_card(backbone: str, result: BenchResult, report: Report) -> str:
    """The card of one bundled model: data, recipe, sizes and measured figures."""
    from ood_studio.diorama.training.alignment import Alignment
    from ood_studio.diorama.training.clip import RECIPES, Training
    from ood_studio.diorama.world import TRAINED_CLASSES, UNSEEN_CLASSES

    folder = ASSETS / backbone
    model = next(key for key, name in _NAMES.items() if name == backbone)
    training, recipe = Training(model=model), RECIPES[model]  # type: ignore[arg-type]
    alignment = Alignment()
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
- Recipe: `python -m ood_studio.diorama.training.clip --model {model} --bfloat16`: {recipe.steps:,} steps of
  {training.batch} pictures, AdamW with learning rate {recipe.lr:g} (cosine), weight decay {training.weight_decay:g};
  that module documents the losses. Then `python -m ood_studio.diorama.training.alignment --model {model} --bfloat16`:
  {alignment.steps:,} steps of {alignment.batch} pictures against the names of all classes and other words at once,
  with learning rate {alignment.lr:g}.
- {_PROVENANCE[model]} {_FAULT}
- Size: {weights:.1f} MB of half-precision weights; joint space of {config["embed_dim"]} dimensions; texts of up to
  {config["text_cfg"]["context_length"]} tokens.

## Measured

{figures({backbone: result}, report, backbone)}
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
    readme.write_text(f"{head}{START}\n{figures(results, report, DEFAULT)}\n{END}{tail}", encoding="utf-8")
    for name, result in results.items():
        card = Path(ASSETS / name / "README.md")
        card.write_text(model_card(name, result, report), encoding="utf-8")
    print(figures(results, report, DEFAULT))


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
