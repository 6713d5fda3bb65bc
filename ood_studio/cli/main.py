"""Reads the command line and runs the command it names."""

from __future__ import annotations

import difflib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Annotated, Union

import tyro

from ood_studio.cli.adapt import AdaptFit, AdaptList, AdaptRemove, AdaptShow
from ood_studio.cli.attack import Attack
from ood_studio.cli.attack_image import AttackImage
from ood_studio.cli.bench import Bench
from ood_studio.cli.cache import CacheClear, CacheShow
from ood_studio.cli.check import Check
from ood_studio.cli.command import Command
from ood_studio.cli.detect import DetectAudit, DetectFit, DetectRun
from ood_studio.cli.detect_export import DetectExport
from ood_studio.cli.explore import Explore
from ood_studio.cli.factors import Factors
from ood_studio.cli.flags import Chosen, description, flags, part, registry
from ood_studio.cli.mine import Mine
from ood_studio.cli.rehearsal import RehearsalCommand
from ood_studio.cli.serve import ServeApp
from ood_studio.cli.stream import PlayStream
from ood_studio.cli.synthesize import Synthesize
from ood_studio.cli.synthesize_image import SynthesizeImage
from ood_studio.cli.zoo import Zoo
from ood_studio.core import plugins
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import LACKS_MEMORY, is_out_of_memory
from ood_studio.core.parameters import leaves
from ood_studio.studio.commands import PROGRAM

COMMANDS: dict[str, type[Command]] = {
    "explore": Explore,
    "mine": Mine,
    "bench": Bench,
    "attack": Attack,
    "attack-image": AttackImage,
    "synthesize": Synthesize,
    "synthesize-image": SynthesizeImage,
    "detect-fit": DetectFit,
    "detect-run": DetectRun,
    "detect-audit": DetectAudit,
    "detect-export": DetectExport,
    "adapt-fit": AdaptFit,
    "adapt-list": AdaptList,
    "adapt-show": AdaptShow,
    "adapt-remove": AdaptRemove,
    "stream": PlayStream,
    "rehearsal": RehearsalCommand,
    "zoo": Zoo,
    "factors": Factors,
    "check": Check,
    "cache-show": CacheShow,
    "cache-clear": CacheClear,
    "serve": ServeApp,
}
_USUAL = {"adapt": "adapt-fit", "cache": "cache-show"}  # what the first word of several commands means alone


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name; those of the process where None.

    Returns:
        The exit code.
    """
    arguments = sys.argv[1:] if argv is None else argv
    try:
        parse(arguments).run()
        sys.stdout.flush()  # a reader that has gone away is met here rather than after the end
    except StudioError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        print(f"error: {LACKS_MEMORY}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def joined(arguments: Sequence[str]) -> list[str]:
    """A command line whose first word is a command: ``detect fit`` is ``detect-fit``, ``adapt`` is ``adapt-fit``."""
    first, second = [*arguments, "", ""][:2]
    families = {name.partition("-")[0] for name in COMMANDS if "-" in name} - COMMANDS.keys()
    if first in families and second and not second.startswith("-"):
        return [f"{first}-{second}", *arguments[2:]]
    return [_USUAL.get(first, first), *arguments[1:]] if arguments else []


def parse(arguments: Sequence[str]) -> Command:
    """The command that a command line asks for; what plug-ins it names are in use from then on.

    Raises:
        StudioError: for a command or flag that there is not, or a value that is refused.
        SystemExit: after help was printed.
    """
    arguments = joined(arguments)
    if arguments and not arguments[0].startswith("-"):
        _known(arguments[0], "command", COMMANDS)
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            (chosen, files), unknown = tyro.cli(
                _program(),
                prog=PROGRAM,
                args=_together(arguments) or ["--help"],
                return_unknown_args=True,
                config=(tyro.conf.FlagCreatePairsOff,),
                registry=registry,
            )
    except SystemExit as left:
        if left.code == 2:
            raise StudioError(_sentence(said.getvalue())) from None
        raise
    if unknown:
        if unknown[0].startswith("-"):
            _known(unknown[0].partition("=")[0], "flag", [*flags(chosen.command).values(), "--plugin", "--help"])
        raise StudioError(f"{unknown[0]} is one value too many")
    for file in files:
        if not Path(file).is_file():
            raise StudioError(f"the plug-in {file} does not exist")
    plugins.use_files(files)
    for note in plugins.notes():
        print(note, file=sys.stderr)
    command: Command = chosen.make()
    return command


def _together(arguments: Sequence[str]) -> list[str]:
    """A command line where what follows several mentions of a flag with many values follows the first one."""
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        return list(arguments)
    known = leaves(command)
    many = {name for path, name in flags(command).items() if known[path].many}
    found: list[str] = []
    values: dict[str, list[str]] = {}
    into = found
    for word in arguments:
        name, given, value = word.partition("=")
        if name in many:
            if name not in values:
                values[name] = []
                found.append(name)
            into = values[name]
            into += [value] if given else []
        else:
            if word.startswith("--"):
                into = found
            into.append(word)
    return [each for word in found for each in _with_values(word, values.get(word, []))]


def _with_values(word: str, values: list[str]) -> list[str]:
    """A flag and what follows it; a value that looks like a flag is tied to it."""
    if any(value.startswith("-") for value in values):
        return [f"{word}={','.join(values)}"]
    return [word, *values]


def _program() -> Callable[..., tuple[Chosen, tuple[str, ...]]]:
    """What tyro is to parse: one of the commands, and what goes with all of them."""

    def program(command: Chosen, plugin: tuple[str, ...] = ()) -> tuple[Chosen, tuple[str, ...]]:
        """OOD Studio: out-of-distribution detection with CLIP-like models."""
        return command, plugin

    kinds = [
        Annotated[part(command), tyro.conf.subcommand(name, description=description(command), prefix_name=False)]
        for name, command in COMMANDS.items()
    ]
    about = tyro.conf.arg(metavar="FILE.py", help="Python file with a scorer or another thing of your own")
    everywhere = tyro.conf.CascadeSubcommandArgs  # before the command and after it
    program.__annotations__ = {
        "command": Annotated[Union[tuple(kinds)], tyro.conf.arg(name="")],  # noqa: UP007 - they are known only now
        "plugin": Annotated[tuple[str, ...], tyro.conf.UseAppendAction, everywhere, about],
    }
    return program


def _known(word: str, kind: str, known: Iterable[str]) -> None:
    """Checks that there is such a word.

    Raises:
        StudioError: naming the nearest that there is, or all where they are few.
    """
    listed = [*known]
    if word in listed:
        return
    near = difflib.get_close_matches(word, listed, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(listed)}" if len(listed) < 30 else ""
    raise StudioError(f"there is no {kind} {word}{'; ' if hint else ''}{hint}")


def _sentence(box: str) -> str:
    """What tyro says in a box about a command line that it cannot sort, as one line."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", box).split("\n")
    said = [line.strip("│ ") for line in lines if line.startswith("│")]
    end = next((i for i, line in enumerate(said) if line.startswith("──")), len(said))
    return " ".join(said[:end]).rstrip(".") or "the command line cannot be read"
