"""``python -m ood_studio attack-image``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ood_studio.cli.command import Common
from ood_studio.cli.output import check_folder, to_json, write_image
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.data.images import decode_image
from ood_studio.studio import AttackImageRequest, AttackImageStep
from ood_studio.studio.records import attack_record


@dataclass(frozen=True)
class AttackImage(Common):
    """Attacks one picture until detectors take it for in-distribution, and says what every score makes of it."""

    pictures: Annotated[
        tuple[str, ...],
        Help("The picture, and the ID picture to take it for where neither label nor score is the target"),
        tyro.conf.Positional,
        tyro.conf.arg(metavar="PICTURE [TARGET]"),
    ] = ()
    out: Annotated[str, Help("PNG file for the attacked picture")] = ""
    request: AttackImageRequest = field(default_factory=AttackImageRequest)

    def run(self) -> None:
        """Prints every score before and after, and writes the picture where a file is given for it.

        Raises:
            StudioError: if the request cannot be met, or the picture not be written.
        """
        if not 1 <= len(self.pictures) <= 2:
            raise StudioError("give the picture to attack, and the ID picture to take it for or another target")
        check_folder(self.out)
        source, *targets = (decode_image(Path(name), name=name) for name in self.pictures)
        target = targets[0] if targets else None
        studio = self.studio()
        with closing(Bars(self.quiet)) as bars:
            first, *_, last = studio.attack_image(self.request, source, target, progress=bars)
        if self.out:
            write_image(last.image, self.out)
        if self.json:
            print(to_json(attack_record(self.request, source, target, last)))
        else:
            print(step_text(first, last))


def step_text(first: AttackImageStep, last: AttackImageStep) -> str:
    """Every score before and after the attack, for the terminal."""
    lines = [f"after {last.step:,} steps, similarity {last.similarity:.3f} (from {first.similarity:.3f})"]
    if last.note:
        lines.append(f"  {last.note}")
    width = max(len(each.title) for each in last.readings)
    sides = {True: "ID", False: "OOD", None: ""}
    for was, now in zip(first.readings, last.readings, strict=True):
        decision = "" if now.threshold is None else f"  threshold {now.threshold:10.4g}"
        turned = f"  {sides[was.inside]} -> {sides[now.inside]}" if now.inside is not None else ""
        lines.append(f"  {now.title:{width}} {was.value:10.4g} -> {now.value:10.4g}{decision}{turned}")
    return "\n".join(lines)
