"""``python -m ood_studio detect-fit``, ``detect-run`` and ``detect-audit``."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from PIL import Image

from ood_studio.cli.command import Common
from ood_studio.cli.output import check_folder, to_json
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.data.images import IMAGE_SUFFIXES, decode_image
from ood_studio.data.sources import open_dataset
from ood_studio.detectors import COLUMNS, Decision, Detector
from ood_studio.detectors.file import SUFFIX
from ood_studio.studio import AuditRequest, DecideRequest, DetectorRequest


@dataclass(frozen=True)
class DetectFit(Common):
    """Makes a detector with a threshold that promises how often ID images are flagged, and writes it to one file."""

    out: Annotated[str, Help("File to write")] = f"detector{SUFFIX}"
    request: DetectorRequest = field(default_factory=DetectorRequest)

    def run(self) -> None:
        """Writes the detector, and says what it promises.

        Raises:
            StudioError: if it cannot be made or written.
        """
        check_folder(self.out)
        with closing(Bars(self.quiet)) as bars:
            result = self.studio().detector(self.request, bars)
        detector = result.detector
        detector.save(self.out)
        for note in result.notes:
            print(one_line(note), file=sys.stderr)
        if self.json:
            about = {**detector.about, "promise": str(detector.promise), "threshold": detector.threshold}
            print(to_json({"file": self.out, "scorer": detector.scorer.name, **about, "notes": result.notes}))
            return
        print(f"{self.out}: {detector.scorer.title} on {detector.backbone.name}, {len(detector.labels):,} ID labels.")
        print(f"ID is what scores {detector.threshold:.6g} or more: {detector.promise}.")
        print(f"Calibrated on {one_line(detector.about['calibration'])}.")


@dataclass(frozen=True)
class DetectRun(Common):
    """Decides pictures with a detector: ID or not, how unusual among ID, and what they are nearest to."""

    pictures: Annotated[
        tuple[str, ...],
        Help("Picture files, folders, archives or image lists"),
        tyro.conf.Positional,
        tyro.conf.arg(metavar="PICTURE ..."),
    ] = ()
    out: Annotated[str, Help("File to write, .csv or .jsonl; what it holds already is not decided again")] = ""
    request: DecideRequest = field(default_factory=DecideRequest)

    def run(self) -> None:
        """Prints the decisions, or adds them to a file as they come.

        Raises:
            StudioError: if nothing can be decided.
        """
        if not self.request.detector:
            raise StudioError("say which detector decides: --detector FILE")
        if not self.pictures:
            raise StudioError("there is no picture to decide; give files or folders")
        if self.precision != "auto":
            raise StudioError("a detector computes in the precision that it was made in; leave out --precision")
        check_folder(self.out)
        table = _Table(self.out, self.json)
        problems: list[str] = []
        images = _images(self.pictures, table.held, problems)
        with closing(Bars(self.quiet)) as bars:
            detector = Detector.load(self.request.detector, self.device, progress=bars)
            for decision in detector.decide(images, progress=bars):
                table.add(decision)
        for problem in problems:
            print(one_line(problem), file=sys.stderr)
        if not table.count and not table.held:
            raise StudioError("none of the pictures could be read")
        left = f", {len(problems):,} left out" if problems else ""
        before = f", {len(table.held):,} were there before" if table.held else ""
        print(f"{table.count:,} pictures decided, {table.flagged:,} of them flagged{before}{left}", file=sys.stderr)


@dataclass(frozen=True)
class DetectAudit(Common):
    """Tells whether a detector's promise held on ID pictures that it was not made with, and what it catches."""

    request: AuditRequest = field(default_factory=AuditRequest)

    def run(self) -> None:
        """Prints the audit.

        Raises:
            StudioError: if the detector or pictures cannot be read.
        """
        with closing(Bars(self.quiet)) as bars:
            result = self.studio().audit(self.request, bars)
        found, promise = result.audit, result.detector.promise
        for note in result.notes:
            print(one_line(note), file=sys.stderr)
        if self.json:
            print(to_json(result.to_dict()))
            return
        print(f"Promised: {promise}.")
        print(
            f"Found: {found.flagged:,} of {found.images:,} ID pictures flagged, {found.rate:.2%} "
            f"({found.low:.2%} to {found.high:.2%}, each bound wrong with a chance of {found.miss:g}): "
            f"{found.of(promise)}."
        )
        for name, (flagged, images) in result.caught.items():
            print(f"{one_line(name)}: {flagged:,} of {images:,} OOD pictures caught, {flagged / images:.2%}.")


class _Table:
    """Where decisions go: a file that is added to line by line, or the terminal.

    Attributes:
        held: names of the pictures that the file holds already.
        count, flagged: how many decisions came, and how many of them say OOD.
    """

    def __init__(self, path: str, plain: bool) -> None:
        self.path, self.plain = Path(path) if path else None, plain
        self.count = self.flagged = 0
        self.held: frozenset[str] = frozenset()
        if self.path is None:
            return
        if self.path.suffix not in (".csv", ".jsonl"):
            raise StudioError(f"decisions are written as .csv or .jsonl, not {self.path.name}")
        try:
            text = self.path.read_text(encoding="utf-8", errors="surrogateescape") if self.path.exists() else ""
            whole = text[: text.rfind("\n") + 1]
            if whole != text:  # cut by a kill
                text = whole
                self.path.write_text(text, encoding="utf-8", errors="surrogateescape")
            self.held = frozenset(self._names(text))
            if self.path.suffix == ".csv" and not text:
                self._append(",".join(COLUMNS) + "\n")
        except (OSError, ValueError, KeyError) as error:
            raise StudioError(f"{path} cannot be added to ({error}); give another file") from error

    def _names(self, text: str) -> list[str]:
        assert self.path is not None
        if self.path.suffix == ".jsonl":
            return [str(json.loads(line)["image"]) for line in text.splitlines()]
        return [row["image"] for row in csv.DictReader(io.StringIO(text))]

    def add(self, decision: Decision) -> None:
        """Takes a decision."""
        self.count += 1
        self.flagged += not decision.inside
        plain = decision.to_json()
        if self.path is None:
            near = ", ".join(one_line(label) for label, _, _ in decision.nearest)
            side = "ID " if decision.inside else "OOD"
            said = f"{side} {decision.score:<10.4g} p = {decision.p_value:<8.3g} {one_line(decision.name)}  ({near})"
            print(json.dumps(plain) if self.plain else said)
        elif self.path.suffix == ".jsonl":
            self._append(json.dumps(plain) + "\n")
        else:
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow(decision.row())
            self._append(line.getvalue())

    def _append(self, text: str) -> None:
        assert self.path is not None
        try:
            with self.path.open("a", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)
        except OSError as error:
            raise StudioError(f"cannot write {self.path}: {error.strerror or error}") from error


def _images(
    places: tuple[str, ...], held: frozenset[str], problems: list[str]
) -> Iterator[tuple[str, Image.Image | Path | str]]:
    """Names and images that are still to be decided; those that cannot be read go into ``problems``."""
    for place in places:
        path = Path(place)
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir():
            if place in held:
                continue
            try:
                yield place, decode_image(path, name=place)
            except StudioError as error:
                problems.append(str(error))
            continue
        dataset = open_dataset(place, labels=())
        problems += dataset.notes
        for i in range(len(dataset)):
            name = f"{place.rstrip('/')}/{dataset.caption(i)}"
            if name in held:
                continue
            try:
                yield name, dataset.load(i)
            except StudioError as error:
                problems.append(str(error))
