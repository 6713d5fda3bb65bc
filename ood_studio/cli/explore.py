"""``python -m ood_studio explore``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import tyro
from PIL import Image

from ood_studio.cli.command import Common
from ood_studio.cli.output import to_json
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line, readable
from ood_studio.data.changeable import read_changes, with_changes
from ood_studio.data.corruptions import CorruptiblePicture
from ood_studio.data.folders import find_images
from ood_studio.data.images import decode_image
from ood_studio.evaluation.flips import Flips
from ood_studio.studio import ExploreRequest, FlipRequest, ImageReport, Studio
from ood_studio.worlds import scene_of

_SHOWN = 10  # changes that flip a verdict
_CHUNK = 64  # pictures explored at a time, so that a folder of any size fits into memory
_CHUNK_PIXELS = 100_000_000  # of them together, 400 MB


@dataclass(frozen=True)
class Explore(Common):
    """Which labels pictures are drawn to, what every score says, and the verdict."""

    pictures: Annotated[
        tuple[str, ...],
        Help("Picture files, or folders of them"),
        tyro.conf.Positional,
        tyro.conf.arg(metavar="PICTURE ..."),
    ] = ()
    change: Annotated[
        tuple[str, ...],
        Help("Things of the pictures that are changed, THING=VALUE: scenes are redrawn, others corrupted"),
    ] = ()
    flips: Annotated[str, Help("Score, such as neglabel, of which the smallest change that flips it is searched")] = ""
    request: ExploreRequest = field(default_factory=ExploreRequest)

    def run(self) -> None:
        """Prints what `Studio.explore` says; pictures that cannot be read are named and left out.

        Raises:
            StudioError: if no picture can be read, or the request cannot be met.
        """
        if not self.pictures:
            raise StudioError("there is no picture to explore; give files or folders")
        changes = read_changes(self.change)
        if changes and self.flips:
            raise StudioError("what flips a verdict is searched from the picture as it was; leave --change away")
        studio = self.studio()
        problems: dict[str, str] = {}
        notes: list[str] = []
        results: list[dict[str, Any]] = []
        turned: dict[str, dict[str, Any]] = {}
        about: dict[str, Any] = {}
        first = True
        for chunk in _chunks(picture_files([Path(name) for name in self.pictures], problems, notes), problems, changes):
            with closing(Bars(self.quiet)) as bars:
                found = studio.explore(self.request, chunk, bars)
            about = found.to_dict()  # but for the reports, the same for every chunk
            results += about.pop("results")
            if not self.json:
                if first:
                    print(f"Model {found.backbone}.{f' {found.limits}' if found.limits else ''}", end="\n\n")
                first = False
                for report in found.reports:
                    print(picture_text(report, bool(found.negatives)), end="\n\n")
            for called, image in chunk if self.flips else ():
                flipped = self._flips(studio, called, image)
                turned[called] = flipped.to_dict()
                if not self.json:
                    print(f"{one_line(called)}\n{flips_text(flipped, self.flips)}", end="\n\n")
        if not results and len(problems) == 1:
            raise StudioError(*problems.values())
        about["notes"] = [*notes, *about.get("notes", ())]
        for sentence in (*problems.values(), *about["notes"]):
            print(one_line(sentence), file=sys.stderr)
        if not results:
            raise StudioError(f"none of {len(problems)} pictures could be read")
        if problems:
            print(f"{len(problems)} of {len(problems) + len(results)} pictures could not be read", file=sys.stderr)
        if self.json:
            flips = {"flips": turned} if self.flips else {}
            print(to_json({"results": results, **about, **flips, "problems": problems}))

    def _flips(self, studio: Studio, called: str, image: Image.Image) -> Flips:
        request, picture = self.request, scene_of(Path(called)) or CorruptiblePicture(image, called)
        asked = FlipRequest(request.labels, request.score, request.reference, self.flips)
        with closing(Bars(self.quiet)) as bars:
            *_, found = studio.flips(asked, picture, bars)
        return found


def flips_text(found: Flips, score: str) -> str:
    """The smallest change that flips a verdict, and those after it, for the terminal."""
    smallest = found.smallest
    many = sum(each.flips for each in found.singles)
    lines = [
        f"  flips {score}: "
        + (smallest.picture.said if smallest else "nothing")
        + f" ({many} of {found.possible} changes of one thing do; {found.tried_pairs} pairs of two were tried)"
    ]
    for each in [each for each in (*found.pairs, *found.singles) if each.flips][:_SHOWN]:
        side = "ID" if each.inside else "OOD"
        lines.append(f"    {each.picture.said:40} {each.value:10.4g} {side:3}  changed by {each.size:.1%}")
    return "\n".join(lines)


def picture_text(report: ImageReport, words: bool = True) -> str:
    """A picture's report for the terminal; without ``words`` its affinities are the classes, which are told already."""
    lines = [f"{one_line(report.name)}", f"  {one_line(report.verdict)}"]
    if report.note:
        lines.append(f"  shown       {report.note}")
    if report.classes:
        lines.append("  classes     " + ", ".join(f"{one_line(name)} {share:.1%}" for name, share in report.classes))
    listed = report.affinities if words else ()
    if listed:
        lines.append(f"  affinities  (ID labels hold {report.id_share:.1%})")
    width = max((len(one_line(each.label)) for each in listed), default=0)
    for each in listed:
        side = "ID " if each.inside else "neg"
        bar = "█" * round(24 * each.share)
        lines.append(f"    {side} {one_line(each.label):{width}} {each.share:6.1%} {bar}".rstrip())
    lines.append("  scores")
    width = max(len(each.title) for each in report.readings)
    for reading in report.readings:
        value, decision = f"{reading.value:.4g}", ""
        if reading.threshold is not None:
            value, threshold = reading.apart(4)
            decision = f"  threshold {threshold:>10}  {'ID' if reading.inside else 'OOD'}"
        lines.append(f"    {reading.title:{width}} {value:>10}{decision}")
    return "\n".join(lines)


def picture_files(paths: Sequence[Path], problems: dict[str, str], notes: list[str]) -> Iterator[Path]:
    """The files given, and the pictures in the folders given, each once.

    A folder without pictures goes into ``problems``, what is left out of one into ``notes``.
    """
    seen: set[Path] = set()
    for path in paths:
        found = [path]
        if path.is_dir():
            images = find_images(path)
            found = [path / file for file, _, _ in images.files]
            notes += [f"{readable(str(path))}: {note}." for note in images.notes]
            if not found:
                problems[readable(str(path))] = f"{readable(str(path))} is a folder without pictures."
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _chunks(
    files: Iterator[Path], problems: dict[str, str], changes: Mapping[str, str] = MappingProxyType({})
) -> Iterator[list[tuple[str, Image.Image]]]:
    chunk: list[tuple[str, Image.Image]] = []
    pixels = 0
    for file in files:
        called = readable(str(file))
        try:
            image = decode_image(file, name=called)
            if changes:
                picture = scene_of(file) or CorruptiblePicture(image, called)
                image = with_changes(picture, changes).draw()
        except StudioError as error:
            problems[called] = str(error)
            continue
        chunk.append((called, image))
        pixels += image.width * image.height
        if len(chunk) == _CHUNK or pixels > _CHUNK_PIXELS:
            yield chunk
            chunk, pixels = [], 0
    if chunk:
        yield chunk
