"""``python -m ood_studio.training.clip --model vit`` (or ``conv``): trains Diorama-CLIP, aligned at the end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ood_studio.training import clip
from ood_studio.training.alignment import AlignmentRecipe
from ood_studio.training.alignment import train as align
from ood_studio.training.clip.recipe import RECIPES, ClipRecipe
from ood_studio.training.clip.training import train
from ood_studio.training.command import command


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; the defaults of the other flags are those of the chosen image tower."""
    tower = argparse.ArgumentParser(add_help=False)
    tower.add_argument("--model", choices=tuple(RECIPES), default="vit")
    chosen, _ = tower.parse_known_args(arguments)
    command(RECIPES[chosen.model], train_and_align, clip.__doc__, arguments)


def train_and_align(recipe: ClipRecipe) -> Path:
    """The main training and, where the recipe asks for it, the last stage; returns the folder of the model."""
    folder = train(recipe)
    if not recipe.align:
        return folder
    return align(
        AlignmentRecipe(
            model=recipe.model,
            pictures=recipe.pictures,
            fresh=recipe.fresh,
            seed=recipe.seed,
            bfloat16=recipe.bfloat16,
            device=recipe.device,
            threads=recipe.threads,
            restart=recipe.restart,
            checkpoint_seconds=recipe.checkpoint_seconds,
            start=folder,
            out=folder,
        )
    )


if __name__ == "__main__":
    main()
