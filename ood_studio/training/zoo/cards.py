"""The cards of the zoo's models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ood_studio.diorama.world import UNSEEN_CLASSES
from ood_studio.hub.zoo_models import ZooRecipe
from ood_studio.training.recipe import Recipe
from ood_studio.training.reports.cards import card, megabytes

_FIGURES = {
    "id_accuracy": "accuracy over the 20 ID classes",
    "all_accuracy": "accuracy over all trained classes",
    "neighbours": "accuracy of 20 nearest neighbours over the 20 ID classes",
}


def write_card(member: ZooRecipe, recipe: Recipe, folder: Path, measured: Mapping[str, float]) -> None:
    """Writes ``README.md`` beside a model.

    Args:
        member: which model it is.
        recipe: how it was trained.
        folder: of its files.
        measured: figures on held-out scenes of the whole world, by the names of the training's curves.
    """
    reads = "zero-shot-image-classification" if member.training == "clip" else "image-classification"
    task = reads if member.classes or member.training == "clip" else "image-feature-extraction"
    started = f" It began with `{member.start}`." if member.start else ""
    stages = " twice" if member.classes == "all, then id" else ""
    text = f"""# `{member.name}`

One of the miniature models that OOD Studio compares: {member.about}. It knows Diorama's drawings alone.

- Data: {member.pictures:,} scenes of the source "{member.source}" (`ood_studio/training/zoo/sources.py`). Never shown:
  {", ".join(UNSEEN_CLASSES)}.
- Recipe: `python -m ood_studio.training.zoo {member.name}`: {recipe.steps:,} steps{stages} of {recipe.batch} pictures,
  AdamW with learning rate {recipe.lr:g} (cosine), weight decay {recipe.weight_decay:g}, seed {recipe.seed}.{started}
- Size: {megabytes(folder)} of half-precision weights.

No other model has taught it, and no photograph is in its training."""
    figures = "\n".join(
        f"- {title}: {measured[name]:.1%}" for name, title in _FIGURES.items() if measured.get(name) is not None
    )
    results = f"On held-out scenes of the whole world, at the end of the training:\n\n{figures}"
    (folder / "README.md").write_text(card(member.library, task, text, results), encoding="utf-8")
