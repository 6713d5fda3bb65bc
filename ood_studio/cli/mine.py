"""``python -m ood_studio mine``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.cli.command import Common
from ood_studio.cli.output import check_folder, to_json, write_text
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import listed, one_line
from ood_studio.studio import LabelChoice
from ood_studio.studio.records import labels_record

_SHOWN = 10  # labels named


@dataclass(frozen=True)
class Mine(Common):
    """Mines negative labels and prints them with their distances to the ID labels, furthest first, as CSV."""

    out: Annotated[str, Help("File to write; standard output where empty")] = ""
    request: LabelChoice = field(default_factory=LabelChoice)

    def run(self) -> None:
        """Prints the negative labels, or writes them to a file.

        Raises:
            StudioError: if they cannot be mined, or the file cannot be written.
        """
        check_folder(self.out)
        studio = self.studio()
        with closing(Bars(self.quiet)) as bars:
            mined = studio.mine(self.request, bars)
        space = studio.label_space(self.request)
        print(one_line(f"{len(space.id_labels):,} ID labels: {listed(space.id_labels, _SHOWN)}"), file=sys.stderr)
        for note in space.notes:
            print(one_line(note), file=sys.stderr)
        text = mined.to_csv()
        if self.json:
            text = to_json(labels_record(mined, space)) + "\n"
        if not self.out:
            sys.stdout.write(text)
            return
        write_text(text, self.out)
        print(f"{len(mined):,} negative labels are in {self.out}", file=sys.stderr)
