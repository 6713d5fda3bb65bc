"""``python -m ood_studio mine``."""

from __future__ import annotations

import sys
import typing
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ood_studio.cli.options import Common
from ood_studio.cli.output import check_folder, to_json
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Bars

if typing.TYPE_CHECKING:
    from ood_studio.studio import LabelChoice


@dataclass(frozen=True)
class Mine(Common):
    """Mines negative labels and prints them with their distances to the ID labels, furthest first, as CSV.

    Attributes:
        out: the file to write; standard output where none is given.
    """

    out: Path | None = None


def mine(options: Mine, choice: LabelChoice) -> None:
    """Prints the negative labels of a choice, or writes them to a file.

    Raises:
        StudioError: if they cannot be mined, or the file cannot be written.
    """
    from ood_studio.studio import Studio

    check_folder(options.out)
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
        text = to_json({"results": listed}) + "\n"
    if options.out is None:
        sys.stdout.write(text)
        return
    try:
        options.out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StudioError(f"cannot write {options.out}: {error.strerror or error}") from error
    print(f"{len(mined):,} negative labels are in {options.out}", file=sys.stderr)
