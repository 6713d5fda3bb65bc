"""``python -m ood_studio.training.zoo NAME``: trains a model of the zoo; ``all`` trains every one, in order."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ood_studio.hub.zoo_models import ZOO
from ood_studio.training.command import command
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
    for name in ZOO if chosen.name == _EVERY else (chosen.name,):
        command(recipe_of(name), train, f"Trains {name}: {ZOO[name].about}.", flags)


if __name__ == "__main__":
    main()
