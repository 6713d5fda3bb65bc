"""The command line of a training, from its recipe."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import tyro

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import about, parameters
from ood_studio.training.recipe import Recipe

R = TypeVar("R", bound=Recipe)
T = TypeVar("T")


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
        SystemExit: as `errors_in_one_line`, for a value that is none and for what cannot be trained.
    """
    with errors_in_one_line():
        print(f"the model is in {train(parse(recipe, description, arguments))}")


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Ends the process in one line where the block cannot do what was asked, or the disk refuses.

    Raises:
        SystemExit: with 2, after one line on standard error.
    """
    try:
        yield
    except (StudioError, OSError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        raise SystemExit(2) from None


def parse(recipe: type[T] | T, description: str | None = None, arguments: Sequence[str] | None = None) -> T:
    """A recipe, or another dataclass of parameters, from flags, one for each of its parameters.

    Args:
        recipe: its class, or an instance whose values are the defaults of the flags.
        description, arguments: see `command`.

    Raises:
        StudioError: from the recipe's own checks.
        SystemExit: after ``--help`` and for flags that are none.
    """
    defaults: Any = recipe() if isinstance(recipe, type) else recipe
    chosen: Any = tyro.cli(_flags(defaults), description=description, args=arguments)
    return cast(T, _built(type(defaults), chosen))


def parse_one_of(
    kinds: Mapping[str, type[T]], program: str, description: str | None, arguments: Sequence[str] | None = None
) -> T:
    """A dataclass of parameters, chosen by its name, from flags.

    Raises:
        StudioError: from its own checks.
        SystemExit: after ``--help``, for a name and for flags that are none.
    """
    flags: dict[str, Any] = {name: _flags(kind()) for name, kind in kinds.items()}
    found: Any = tyro.extras.subcommand_cli_from_dict(flags, prog=program, description=description, args=arguments)
    name = next(name for name, each in flags.items() if type(found) is each)
    return _built(kinds[name], found)


def _flags(defaults: Any) -> type:
    """A dataclass of a recipe's parameters as tyro shows and parses them."""
    kind: Any = type(defaults)
    hints = typing.get_type_hints(kind)
    flags: list[Any] = []
    for name, each in parameters(kind).items():
        note: Any = tyro.conf.arg(help=about(each))
        flags.append((name, Annotated[hints[name], note], dataclasses.field(default=getattr(defaults, name))))
    shown = dataclasses.make_dataclass(kind.__name__, flags, frozen=True)
    shown.__doc__ = (kind.__doc__ or "").partition("\n\n")[0]
    return shown


def _built(kind: type[T], chosen: Any) -> T:
    return kind(**{name: getattr(chosen, name) for name in parameters(cast(Any, kind))})
