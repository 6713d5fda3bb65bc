"""A model of the zoo by its name: its recipe, and the training that reads it."""

from __future__ import annotations

from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.hub.zoo_models import ZOO
from ood_studio.training.recipe import Recipe
from ood_studio.training.zoo import clips, labelled
from ood_studio.training.zoo.clips import ZooClipRecipe
from ood_studio.training.zoo.labelled import LabelledRecipe
from ood_studio.training.zoo.mae import MaskedAutoencoding
from ood_studio.training.zoo.simclr import SimCLR
from ood_studio.training.zoo.unlabelled import MakeTask, UnlabelledRecipe, train_by

_TASKS: dict[str, MakeTask] = {"simclr": SimCLR, "mae": MaskedAutoencoding}
_VIT_BATCH = 32  # transformers take long for a step and gain more by many
_TUNING_RATE = 5e-4  # of what begins with the weights of a CLIP


def recipe_of(name: str) -> Recipe:
    """The recipe of the bundled weights.

    Raises:
        StudioError: for an unknown name.
    """
    if name not in ZOO:
        raise StudioError(f"the zoo has no model named {name!r}; it has {', '.join(ZOO)}")
    found = ZOO[name]
    if found.training == "clip":
        return ZooClipRecipe(member=name, steps=found.steps, used=found.pictures)
    if found.training == "classifier":
        return LabelledRecipe(
            member=name,
            steps=found.steps,
            used=found.pictures,
            classes="all" if found.classes == "all" else "id",
            batch=_VIT_BATCH if found.tower == "vit" else LabelledRecipe.batch,
        )
    if found.training == "tuned":
        return LabelledRecipe(member=name, steps=found.steps, used=found.pictures, lr=_TUNING_RATE)
    return UnlabelledRecipe(member=name, steps=found.steps, used=found.pictures)


def train(recipe: Recipe) -> Path:
    """Runs (or goes on with) the training of a recipe and returns the folder of the finished model."""
    if isinstance(recipe, ZooClipRecipe):
        return clips.train(recipe)
    if isinstance(recipe, LabelledRecipe):
        return labelled.train(recipe)
    assert isinstance(recipe, UnlabelledRecipe)
    return train_by(_TASKS[ZOO[recipe.member].training], recipe)
