"""``python -m ood_studio explore | mine | bench | attack | serve``: thin callers of the service layer.

A command's flags are the fields of its request, nested ones flattened, so that nothing is said twice. Results go to
standard output; progress, notes and errors to standard error. Exit code 0: done; 2: bad input, in one line; 130:
interrupted.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, make_dataclass, replace
from operator import attrgetter
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar

import tyro

from ood_studio.errors import StudioError
from ood_studio.fields import bounds_of
from ood_studio.progress import Bars

if typing.TYPE_CHECKING:
    from PIL import Image

    from ood_studio.attack_service import AttackRequest, AttackResult
    from ood_studio.evaluation.bench import BenchResult
    from ood_studio.studio import BenchRequest, ExploreRequest, LabelChoice, PictureReport, Studio

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
        format: of the table that is printed.
        intervals: print 95 % bootstrap intervals too.
        sweep: walk NegLabel through the values of one parameter: count, random-count, eta, corpus, form, tau, prompts,
            groups or fuse.
        values: the values to walk through; the paper's where none are given.
        figure: an HTML file for the curves of a sweep.
    """

    format: Literal["table", "markdown", "latex", "csv"] = "table"
    intervals: bool = False
    sweep: str = ""
    values: tuple[str, ...] = ()
    figure: Path | None = None


@dataclass(frozen=True)
class Attack(Common):
    """Attacks OOD pictures until they look in-distribution to a model, and compares scorers before and after.

    Attributes:
        format: of the table that is printed.
        transfer: models attacked in turn, each judged by all of them, in place of one.
    """

    format: Literal["table", "markdown", "latex", "csv"] = "table"
    transfer: tuple[str, ...] = ()


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
    from ood_studio.attack_service import AttackRequest
    from ood_studio.studio import BenchRequest, ExploreRequest, LabelChoice
    from ood_studio.ui.serve import Serve, serve

    commands: dict[str, Callable[..., Any]] = {
        "explore": _flags(Explore, ExploreRequest),
        "mine": _flags(Mine, LabelChoice),
        "bench": _flags(Bench, BenchRequest),
        "attack": _flags(Attack, AttackRequest),
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
    elif isinstance(chosen, Attack):
        attack(chosen, _request(AttackRequest, chosen))
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
    """Prints the figures of `Studio.bench`, or of `Studio.sweep`.

    Raises:
        StudioError: if the request cannot be met.
    """
    from ood_studio.studio import Studio

    studio = Studio(options.device, workers=0)
    if options.sweep:
        sweep(options, request, studio)
        return
    with closing(Bars(options.quiet)) as bars:
        result = studio.bench(request, bars)
    for note in result.notes:
        print(note, file=sys.stderr)
    for name, problems in result.problems.items():
        for sentence in [*problems.values()][:10]:
            print(sentence, file=sys.stderr)
        if problems:
            print(f"{len(problems):,} pictures of {name} could not be read", file=sys.stderr)
    if options.json:
        rows = [asdict(row) for row in result.rows]
        print(_json({"results": rows, "accuracy": result.accuracy, "unavailable": result.unavailable}))
    else:
        print(bench_text(request, result, options.format, intervals=options.intervals))


def sweep(options: Bench, request: BenchRequest, studio: Studio) -> None:
    """Prints the figures of a sweep, and draws its curves where a file is given for them.

    Raises:
        StudioError: if the request cannot be met, or the figure cannot be written.
    """
    from ood_studio.evaluation.sweeps import find_sweep

    walk = find_sweep(options.sweep)
    if options.figure is not None and not options.figure.absolute().parent.is_dir():
        raise StudioError(f"the folder of {options.figure} does not exist")
    with closing(Bars(options.quiet)) as bars:
        values = [part.strip() for each in options.values for part in each.split(",") if part.strip()]
        points = list(studio.sweep(options.sweep, request, values, bars))
    if not any(point.rows for point in points):
        raise StudioError(points[0].reason)
    if options.figure is not None:
        from ood_studio.figures.sweep import sweep_figure

        drawn = [point for point in points if point.rows]
        sets = [row.ood for row in drawn[0].rows]
        figure = sweep_figure(
            walk.title,
            [point.value for point in drawn],
            {name: [point.rows[i].auroc for point in drawn] for i, name in enumerate(sets)},
            log=bool(walk.log),
            usual=walk.usual,
        )
        try:
            figure.write_html(options.figure, include_plotlyjs=True)
        except OSError as error:
            raise StudioError(f"cannot write {options.figure}: {error.strerror or error}") from error
        print(f"the curves are in {options.figure}", file=sys.stderr)
    if options.json:
        listed = [{"value": p.value, "results": [asdict(row) for row in p.rows], "reason": p.reason} for p in points]
        print(_json({"sweep": options.sweep, "source": walk.source, "results": listed}))
        return
    from ood_studio.evaluation.export import to_csv

    named = [replace(row, scorer=f"{walk.name}={point.value}") for point in points for row in point.rows]
    if options.format == "csv":
        print(to_csv(named), end="")
        return
    print(f"NegLabel over {walk.title} ({walk.source} of the paper), {request.count:,} pictures a set; in percent.\n")
    print(_tables()[options.format](named, intervals=options.intervals))
    for point in points:
        if point.reason:
            print(f"{walk.name}={point.value} could not run: {point.reason}", file=sys.stderr)


def attack(options: Attack, request: AttackRequest) -> None:
    """Prints the figures of `AttackStudio.attack`, or of `AttackStudio.transfer`.

    Raises:
        StudioError: if the request cannot be met.
    """
    from ood_studio.attack_service import AttackStudio

    studio = AttackStudio(options.device, workers=0)
    if options.transfer:
        with closing(Bars(options.quiet)) as bars:
            matrix = studio.transfer(request, options.transfer, bars)
        if options.json:
            pairs = [
                {"attacked": i, "judge": j, "results": [asdict(row) for row in r.rows]} for (i, j), r in matrix.items()
            ]
            print(_json({"results": pairs}))
            return
        for (attacked, judge), judged in matrix.items():
            print(f"Attacked on {attacked}, judged by {judge}:\n")
            print(_tables()[options.format](judged.rows), end="\n\n")
        return
    with closing(Bars(options.quiet)) as bars:
        result = studio.attack(request, bars)
    if options.json:
        print(_json(result.to_dict()))
    else:
        print(attack_text(request, result, options.format))


def attack_text(request: AttackRequest, result: AttackResult, kind: str = "table") -> str:
    """An attack's result for the terminal, or as Markdown, LaTeX or CSV."""
    from ood_studio.evaluation.export import to_csv

    if kind == "csv":
        return to_csv([row for each in result.judgements for row in each.result.rows]).rstrip("\n")
    lines = []
    for each in result.judgements:
        behind = f" behind {each.defence}" if each.defence else ""
        lines += [f"Judged by {each.backbone}{behind}, seed {request.seed}; AUROC and FPR95 in percent.", ""]
        lines += [_tables()[kind](each.result.rows), ""]
        lines += [f"{key} could not run: {why.rstrip('.')}." for key, why in each.result.unavailable.items()]
    for made in result.sets:
        figures = made.quality
        lines += [
            f"{made.name}: {made.count:,} pictures, similarity {made.similarity:.3f}, PSNR {figures.psnr:.1f} dB, "
            f"SSIM {figures.ssim:.3f}, mean change {255 * figures.mean_change:.2f}/255, largest "
            f"{255 * figures.max_change:.0f}/255, high-frequency energy {figures.high_frequency:.2e} "
            f"({figures.high_share:.0%} of all)",
            f"  in {made.folder}",
        ]
    return "\n".join(lines)


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


def bench_text(request: BenchRequest, result: BenchResult, kind: str = "table", *, intervals: bool = False) -> str:
    """A benchmark's result for the terminal, or as Markdown, LaTeX or CSV."""
    from ood_studio.evaluation.export import to_csv
    from ood_studio.evaluation.published import published_for

    if kind == "csv":
        return to_csv(result.rows).rstrip("\n")
    if kind == "latex":
        return _tables()[kind](result.rows, intervals=intervals)
    code = "`" if kind == "markdown" else ""
    names = {"id_accuracy": "ID labels", "all_accuracy": "all trained classes"}
    accuracy = ", ".join(f"{100 * share:.1f} % over {names[key]}" for key, share in result.accuracy.items())
    sizes = ", ".join(f"{len(rows):,} of {name}" for name, rows in result.rows_of.items())
    lines = [
        f"Suite {code}{result.suite}{code}, backbone {code}{result.backbone}{code}, seed {request.seed}; "
        f"all figures in percent. Pictures: {sizes}.",
    ]
    if accuracy:
        lines.append(f"Zero-shot accuracy: {accuracy}.")
    if result.rows:
        lines += ["", _tables()[kind](result.rows, intervals=intervals)]
    if result.unavailable:
        lines.append("")
        lines += [f"{key} could not run: {reason.rstrip('.')}." for key, reason in result.unavailable.items()]
    printed = published_for(result.suite, result.backbone)
    if printed:
        lines += ["", "Published for this setting (AUROC / FPR95):"]
        lines += [f"  {p.scorer} on {p.ood}: {p.auroc:.2f} / {p.fpr95:.2f}, {p.source}" for p in printed]
    return "\n".join(lines)


def _tables() -> dict[str, Callable[..., str]]:
    from ood_studio.evaluation.export import to_latex, to_markdown, to_text

    return {"table": to_text, "markdown": to_markdown, "latex": to_latex}


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
        texts = typing.get_origin(_bare(kind)) is tuple and all(isinstance(each, str) for each in value)
        if texts:  # `--scorers mcm,energy` means the same as `--scorers mcm energy`
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


def command_line(command: str, request: Any) -> str:
    """The command that asks for the same as a request: a flag for each field that is not at its default."""
    parts = [*PROGRAM.split(), command]
    for name, path, _, default, _ in _leaves(type(request)):
        value = attrgetter(path)(request)
        if value == default:
            continue
        parts.append(f"--{name.replace('_', '-')}")
        if not isinstance(value, bool):
            parts += map(str, value) if isinstance(value, tuple) else [str(value)]
    return shlex.join(parts)


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
