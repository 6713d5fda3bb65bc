"""Reads the command line and runs the command it names."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import tyro

from ood_studio.cli.attack import Attack, attack
from ood_studio.cli.bench import Bench, bench
from ood_studio.cli.explore import Explore, explore
from ood_studio.cli.flags import PROGRAM, flags_of, request_of
from ood_studio.cli.mine import Mine, mine
from ood_studio.cli.synthesize import Synthesize, synthesize
from ood_studio.core.errors import StudioError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name; those of the process where None.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except StudioError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    from ood_studio.studio import AttackRequest, BenchRequest, ExploreRequest, LabelChoice, SetRequest
    from ood_studio.ui.serve import Serve, serve

    commands: dict[str, Callable[..., Any]] = {
        "explore": flags_of(Explore, ExploreRequest),
        "mine": flags_of(Mine, LabelChoice),
        "bench": flags_of(Bench, BenchRequest),
        "attack": flags_of(Attack, AttackRequest),
        "synthesize": flags_of(Synthesize, SetRequest),
        "serve": Serve,
    }
    chosen: Any = tyro.extras.subcommand_cli_from_dict(
        commands,
        prog=PROGRAM,
        description="OOD Studio: out-of-distribution detection with CLIP-like models.",
        args=arguments or ["--help"],
        config=(tyro.conf.FlagCreatePairsOff,),
    )
    if isinstance(chosen, Serve):
        serve(chosen)
    elif isinstance(chosen, Explore):
        explore(chosen, request_of(ExploreRequest, chosen))
    elif isinstance(chosen, Mine):
        mine(chosen, request_of(LabelChoice, chosen))
    elif isinstance(chosen, Attack):
        attack(chosen, request_of(AttackRequest, chosen))
    elif isinstance(chosen, Synthesize):
        synthesize(chosen, request_of(SetRequest, chosen))
    else:
        bench(chosen, request_of(BenchRequest, chosen))
    sys.stdout.flush()  # a reader that has gone away is met here rather than after the end
    return 0
