"""``python -m ood_studio explore | mine | bench | serve``: thin callers of the service layer.

A command's flags are the fields of its request, nested ones flattened, so that nothing is said twice. Results go to
standard output; progress, notes and errors to standard error. Exit code 0: done; 2: bad input, in one line; 130:
interrupted.
"""

from __future__ import annotations

import json
import os
import re
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, make_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar

import tyro

from ood_studio.errors import StudioError
from ood_studio.fields import bounds_of
from ood_studio.progress import Bars

if typing.TYPE_CHECKING:
    from PIL import Image

    from ood_studio.evaluation.bench import BenchResult
    from ood_studio.studio import BenchRequest, ExploreRequest, LabelChoice, PictureReport

PROGRAM = "python -m ood_studio"
_CHUNK = 64  # pictures explored at a time, so that a folder of any size fits into memory

T = TypeVar("T")


@dataclass(frozen=True)
class Common:
    """What every command takes.

    Attributes:
        json: print JSON for machines.
        device: auto, cpu, cuda, cuda:N or mps.
        quiet: show no progress.
    """

    json: bool = False
    device: str = "auto"
    quiet: bool = False


@dataclass(frozen=True)
class Explore(Common):
    """Which labels pictures are drawn to, what every score says, and the verdict.

    Attributes:
        pictures: picture files, or folders of them.
    """

    pictures: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="PICTURE ...", help_behavior_hint="")
    ] = ()


@dataclass(frozen=True)
class Mine(Common):
    """Mines negative labels and prints them with their distances to the ID labels, furthest first, as CSV.

    Attributes:
        out: the file to write; standard output where none is given.
    """

    out: Path | None = None


@dataclass(frozen=True)
class Bench(Common):
    """Compares scorers on a suite of ID and OOD pictures: AUROC and FPR95 on each OOD set.

    Attributes:
        markdown: print the table as Markdown.
    """

    markdown: bool = False


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
    from ood_studio.studio import BenchRequest, ExploreRequest, LabelChoice
    from ood_studio.ui.serve import Serve, serve

    commands: dict[str, Callable[..., Any]] = {
        "explore": _flags(Explore, ExploreRequest),
        "mine": _flags(Mine, LabelChoice),
        "bench": _flags(Bench, BenchRequest),
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
        explore(chosen, _request(ExploreRequest, chosen))
    elif isinstance(chosen, Mine):
        mine(chosen, _request(LabelChoice, chosen))
    else:
        bench(chosen, _request(BenchRequest, chosen))
    sys.stdout.flush()  # a reader that has gone away is met here rather than after the end
    return 0


# -- commands -------------------------------------------------------------------------------------------------------
def explore(options: Explore, request: ExploreRequest) -> None:
    """Prints what `Studio.explore` says about pictures; those that cannot be read are named and left out.

    Raises:
        StudioError: if no picture can be read, or the request cannot be met.
    """
    from ood_studio.studio import Studio

    if not options.pictures:
        raise StudioError("there is no picture to explore; give files or folders")
    studio = Studio(options.device, workers=0)
    problems: dict[str, str] = {}
    results: list[dict[str, Any]] = []
    about: dict[str, Any] = {}
    for chunk in _chunks(picture_files(options.pictures, problems), problems):
        with closing(Bars(options.quiet)) as bars:
            found = studio.explore(request, chunk, bars)
        about = found.to_dict()  # but for the reports, the same for every chunk
        results += about.pop("results")
        if not options.json:
            for report in found.pictures:
                print(picture_text(report), end="\n\n")
    if not results and len(problems) == 1:
        raise StudioError(*problems.values())
    for sentence in (*problems.values(), *about.get("notes", ())):
        print(sentence, file=sys.stderr)
    if not results:
        raise StudioError(f"none of {len(problems)} pictures could be read")
    if problems:
        print(f"{len(problems)} of {len(problems) + len(results)} pictures could not be read", file=sys.stderr)
    if options.json:
        print(_json({"results": results, **about, "problems": problems}))


def mine(options: Mine, choice: LabelChoice) -> None:
    """Prints the negative labels of a choice, or writes them to a file.

    Raises:
        StudioError: if they cannot be mined, or the file cannot be written.
    """
    from ood_studio.studio import Studio

    if options.out is not None and not options.out.absolute().parent.is_dir():
        raise StudioError(f"the folder of {options.out} does not exist")
    with closing(Bars(options.quiet)) as bars:
        mined = Studio(options.device, workers=0).mine(choice, bars)
    text = mined.to_csv()
    if options.json:
        rows = zip(mined.words, mined.pos, mined.distances.tolist(), strict=True)
        names = {"n": "noun", "a": "adjective"}
        listed = [
            {"rank": rank, "word": word, "pos": names[pos], "distance": distance}
            for rank, (word, pos, distance) in enumerate(rows, 1)
        ]
        text = _json({"results": listed}) + "\n"
    if options.out is None:
        sys.stdout.write(text)
        return
    try:
        options.out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StudioError(f"cannot write {options.out}: {error.strerror or error}") from error
    print(f"{len(mined):,} negative labels are in {options.out}", file=sys.stderr)


def bench(options: Bench, request: BenchRequest) -> None:
    """Prints the figures of `Studio.bench`.

    Raises:
        StudioError: if the request cannot be met.
    """
    from ood_studio.studio import Studio

    with closing(Bars(options.quiet)) as bars:
        result = Studio(options.device, workers=0).bench(request, bars)
    if options.json:
        rows = [asdict(row) for row in result.rows]
        print(_json({"results": rows, "accuracy": result.accuracy, "unavailable": result.unavailable}))
    else:
        print(bench_text(request, result, markdown=options.markdown))


def picture_text(report: PictureReport) -> str:
    """A picture's report for the terminal."""
    lines = [f"{_line(report.name)}", f"  {_line(report.verdict)}"]
    lines.append("  classes     " + ", ".join(f"{_line(name)} {share:.1%}" for name, share in report.classes))
    lines.append(f"  affinities  (ID labels hold {report.id_share:.1%})")
    width = max(len(_line(each.label)) for each in report.affinities)
    for each in report.affinities:
        side = "ID " if each.inside else "neg"
        bar = "█" * round(24 * each.share)
        lines.append(f"    {side} {_line(each.label):{width}} {each.share:6.1%} {bar}".rstrip())
    lines.append("  scores")
    width = max(len(each.title) for each in report.readings)
    for reading in report.readings:
        decision = ""
        if reading.threshold is not None:
            decision = f"  threshold {reading.threshold:10.4g}  {'ID' if reading.inside else 'OOD'}"
        lines.append(f"    {reading.title:{width}} {reading.value:10.4g}{decision}")
    return "\n".join(lines)


def bench_text(request: BenchRequest, result: BenchResult, *, markdown: bool = False) -> str:
    """A benchmark's result for the terminal, or as Markdown."""
    from ood_studio.evaluation.bench import table

    code = "`" if markdown else ""
    names = {"id_accuracy": "ID labels", "all_accuracy": "all trained classes"}
    accuracy = ", ".join(f"{100 * share:.1f} % over {names[key]}" for key, share in result.accuracy.items())
    lines = [
        f"Suite {code}{request.suite}{code}, backbone {code}{request.label.backbone}{code}, "
        f"{request.count:,} pictures a set, seed {request.seed}; all figures in percent.",
        f"Zero-shot accuracy: {accuracy}.",
    ]
    if result.rows:
        lines += ["", table(result.rows, markdown=markdown)]
    if result.unavailable:
        lines.append("")
        lines += [f"{key} could not run: {reason}." for key, reason in result.unavailable.items()]
    return "\n".join(lines)


def picture_files(paths: Sequence[Path], problems: dict[str, str]) -> Iterator[Path]:
    """The files given, and the pictures in the folders given, each once; an empty folder goes into ``problems``."""
    from ood_studio.data.images import PICTURE_SUFFIXES

    seen: set[Path] = set()
    for path in paths:
        found = [path]
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES)
            if not found:
                problems[str(path)] = f"{path} is a folder without pictures."
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _chunks(files: Iterator[Path], problems: dict[str, str]) -> Iterator[list[tuple[str, Image.Image]]]:
    from ood_studio.data.images import ImageError, decode_image

    chunk: list[tuple[str, Image.Image]] = []
    for file in files:
        try:
            chunk.append((str(file), decode_image(file, name=str(file))))
        except ImageError as error:
            problems[str(file)] = str(error)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# -- flags from requests --------------------------------------------------------------------------------------------
def _leaves(request: type, within: str = "") -> list[tuple[str, str, Any, Any, str]]:
    """Every field that is not a request itself: (flag, path, type, default, help), the request's own before nested.

    A nested field whose name is taken gets the name of its place before it, as in ``score_seed``.
    """
    hints = typing.get_type_hints(request)
    described, bounds = _descriptions(request), bounds_of(request)
    own, nested = [], []
    for each in fields(request):
        kind, path = hints[each.name], f"{within}{each.name}"
        if is_dataclass(kind):
            nested += _leaves(typing.cast(type, kind), f"{path}.")
            continue
        text = described.get(each.name) or (bounds[each.name].help if each.name in bounds else "")
        if each.name in bounds:
            text = f"{text.rstrip('.')}; {bounds[each.name].low:,.10g} to {bounds[each.name].high:,.10g}"
        own.append((each.name, path, kind, each.default, text))
    taken = {flag for flag, *_ in own}
    for flag, path, *rest in nested:
        name = flag if flag not in taken else path.removeprefix(within).replace(".", "_")
        taken.add(name)
        own.append((name, path, *rest))
    return own


def _flags(options: type, request: type) -> type:
    """A dataclass of a command's own options and, flattened, of its request's fields.

    The request itself is made only after parsing, so that what is wrong with it is told as any other error.
    """
    flags: list[Any] = []
    for name, path, kind, default, text in _leaves(request):
        assert default is not MISSING, f"{request.__name__}.{path} needs a default"
        note: Any = tyro.conf.arg(help=text, help_behavior_hint=_shown(default))
        flags.append((name, Annotated[kind, note], field(default=default)))
    namespace = {"__doc__": options.__doc__}
    return make_dataclass(options.__name__, flags, bases=(options,), frozen=True, namespace=namespace)


def _request(request: Callable[..., T], chosen: Any) -> T:
    """The request of parsed flags.

    Raises:
        StudioError: from the request's own checks.
    """
    tree: dict[str, Any] = {}
    for name, path, kind, _, _ in _leaves(typing.cast(type, request)):
        value = getattr(chosen, name)
        if typing.get_origin(_bare(kind)) is tuple:  # `--scorers mcm,energy` means the same as `--scorers mcm energy`
            value = tuple(part.strip() for each in value for part in each.split(",") if part.strip())
        node = tree
        *places, last = path.split(".")
        for place in places:
            node = node.setdefault(place, {})
        node[last] = value
    return _build(request, tree)


def _build(request: Callable[..., T], tree: dict[str, Any]) -> T:
    hints = typing.get_type_hints(request)
    return request(
        **{name: _build(hints[name], value) if is_dataclass(hints[name]) else value for name, value in tree.items()}
    )


def _bare(kind: Any) -> Any:
    if isinstance(kind, UnionType) or typing.get_origin(kind) is typing.Union:
        kinds = [each for each in typing.get_args(kind) if each is not type(None)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        shown = " ".join(map(str, default))
        return f"(default: {shown if len(shown) <= 80 else f'{len(default)} of them'})"
    return "" if default is None or default is False or default == "" else f"(default: {default})"


def _descriptions(cls: type) -> dict[str, str]:
    """What the ``Attributes:`` of a docstring say, by field."""
    _, _, section = (cls.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    entry = re.compile(r"^ {8}(\w[\w, ]*): (.*(?:\n {12,}.*)*)", re.MULTILINE)
    for names, text in entry.findall(section):
        plain = re.sub(r"``(.+?)``|`(.+?)`", lambda match: match[1] or match[2], " ".join(text.split()))
        found |= dict.fromkeys((name.strip() for name in names.split(",")), plain)
    return found


# -- output ---------------------------------------------------------------------------------------------------------
def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)


def _line(text: str) -> str:
    """Text of a stranger on one line, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
