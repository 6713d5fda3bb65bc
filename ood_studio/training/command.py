"""The command line of a training, from its recipe."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tyro

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import about, parameters
from ood_studio.training.recipe import Recipe

R = TypeVar("R", bound=Recipe)


def command(
    recipe: type[R] | R, train: Callable[[R], Path], description: str | None, arguments: Sequence[str] | None = None
) -> None:
    """Reads a recipe from the command line, trains, and says where the model is.

    Args:
        recipe: its class, or an instance whose values are the defaults of the flags.
        train: returns the folder of the finished model.
        description: what it does, in ``--help``.
        arguments: of the command line; those of this process where None.

    Raises:
        SystemExit: with 2, after one line on standard error, for a value that is none and for what cannot be trained.
    """
    try:
        folder = train(parse(recipe, description, arguments))
    except StudioError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    print(f"the model is in {folder}")


def parse(recipe: type[R] | R, description: str | None = None, arguments: Sequence[str] | None = None) -> R:
    """A recipe from flags, one for each of its parameters.

    Raises:
        StudioError: from the recipe's own checks.
        SystemExit: after ``--help`` and for flags that are none.
    """
    defaults = recipe() if isinstance(recipe, type) else recipe
    kind: Any = type(defaults)
    hints = typing.get_type_hints(kind)
    flags: list[Any] = []
    for name, each in parameters(kind).items():
        note: Any = tyro.conf.arg(help=about(each))
        flags.append((name, Annotated[hints[name], note], dataclasses.field(default=getattr(defaults, name))))
    shell = dataclasses.make_dataclass(kind.__name__, flags, frozen=True)
    chosen: Any = tyro.cli(shell, description=description, args=arguments)
    return kind(**{name: getattr(chosen, name) for name in parameters(kind)})
