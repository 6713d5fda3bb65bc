"""``python -m ood_studio synthesize-image``."""

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
from ood_studio.core.unicode import one_line
from ood_studio.data.images import decode_image
from ood_studio.studio import Assessment, SynthesizeImageRequest, SynthesizeImageStep
from ood_studio.studio.records import synthesis_record


@dataclass(frozen=True)
class SynthesizeImage(Common):
    """Leads an in-distribution picture to the boundary of what a model knows (SynOOD), iteration by iteration."""

    pictures: Annotated[
        tuple[str, ...], Help("Picture to start from"), tyro.conf.Positional, tyro.conf.arg(metavar="PICTURE")
    ] = ()
    contexts: Annotated[
        tuple[str, ...], Help("What surrounds the main object, painted anew; none = ask the context model")
    ] = ()
    mask: Annotated[
        str,
        Help("Mask of its size: white, or what is drawn on transparency, may be painted; empty = all of it"),
    ] = ""
    out: Annotated[str, Help("PNG file for the result")] = ""
    request: SynthesizeImageRequest = field(default_factory=SynthesizeImageRequest)

    def run(self) -> None:
        """Makes the picture, and says what became of the guide's value and of every score.

        Raises:
            StudioError: if the request cannot be met, or the picture cannot be read or written.
        """
        if len(self.pictures) != 1:
            raise StudioError(f"there must be one picture to start from, not {len(self.pictures)}")
        check_folder(self.out)
        source = decode_image(Path(self.pictures[0]), name=self.pictures[0])
        mask = decode_image(Path(self.mask), name=self.mask, transparency=True) if self.mask else None
        studio = self.studio()
        with closing(Bars(self.quiet)) as bars:
            words = self.contexts or studio.contexts(self.request, [source], progress=bars)[0].words
            steps = list(studio.synthesize_image(self.request, source, words, mask, bars))
            first = studio.assess(self.request, [steps[0].original], bars)[0]
        if self.out:
            write_image(steps[-1].image, self.out)
        if self.json:
            print(to_json(synthesis_record(self.request, words, steps)))
        else:
            print(f"painted from: {one_line(', '.join(words))}\n{trail_text(first, steps)}")


def trail_text(first: Assessment, steps: list[SynthesizeImageStep]) -> str:
    """The guide's value and every score of the original and of each iteration, and the label resembled most."""
    trail = [first, *steps]
    lines = {"guide": [each.value for each in trail]}
    lines |= {reading.title: [each.readings[i].value for each in trail] for i, reading in enumerate(first.readings)}
    width = max(map(len, lines))
    heads = ["original", *(str(step.iteration) for step in steps)]
    table = [f"{'iteration':{width}}" + "".join(f"{head:>11}" for head in heads)]
    table += [f"{title:{width}}" + "".join(f"{value:>11.4g}" for value in values) for title, values in lines.items()]
    notes = [one_line(note) for note in steps[-1].notes]
    return "\n".join([*table, f"it resembles {one_line(steps[-1].negative.label)} most", *notes])
