"""``python -m ood_studio.training.zoo NAME``: trains a model of the zoo; ``all`` trains every one, in order.

With ``all``, ``--out`` is the folder in which each has one of its own. What begins as a CLIP begins as the bundled one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ood_studio.hub.zoo_models import ZOO
from ood_studio.training.command import command
from ood_studio.training.recipe import Recipe
from ood_studio.training.zoo.training import recipe_of, train

_EVERY = "all"


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point; the defaults of the other flags are the recipe of the bundled weights."""
    which = argparse.ArgumentParser(prog="python -m ood_studio.training.zoo", description=__doc__, add_help=False)
    which.add_argument("name", nargs="?", choices=(*ZOO, _EVERY), metavar="NAME")
    chosen, flags = which.parse_known_args(arguments)
    if chosen.name is None:
        print(f"usage: {which.prog} NAME [flags]; NAME is {', '.join(ZOO)} or {_EVERY}", file=sys.stderr)
        raise SystemExit(2)
    every = chosen.name == _EVERY
    for name in ZOO if every else (chosen.name,):
        trained = partial(_in_own_folder, name) if every else train
        command(recipe_of(name), trained, f"Trains {name}: {ZOO[name].about}.", flags)


def _in_own_folder(name: str, recipe: Recipe) -> Path:
    return train(recipe if recipe.out is None else replace(recipe, out=recipe.out / name))


if __name__ == "__main__":
    main()
