"""``python -m ood_studio synthesize``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

from ood_studio.cli.command import Common
from ood_studio.cli.output import to_json
from ood_studio.core.progress import Bars
from ood_studio.studio import SynthesizeSetRequest
from ood_studio.synthesis.synthetic_set import SyntheticSet


@dataclass(frozen=True)
class Synthesize(Common):
    """Makes a set of near-boundary OOD pictures out of in-distribution ones (SynOOD), with a manifest.

    The same command goes on where an interrupted one was.
    """

    request: SynthesizeSetRequest = field(default_factory=SynthesizeSetRequest)

    def run(self) -> None:
        """Makes the set and says where it is.

        Raises:
            StudioError: if the request cannot be met; what is finished stays.
        """
        with closing(Bars(self.quiet)) as bars:
            *_, built = self.studio().synthesize_set(self.request, bars)
        if self.json:
            print(
                to_json(
                    {
                        "name": built.name,
                        "folder": str(built.folder),
                        "left_out": built.left_out,
                        "results": list(built.entries),
                    }
                )
            )
        else:
            print(set_text(built))


def set_text(built: SyntheticSet) -> str:
    """A set for the terminal: where it is, and what became of the guide's value and of every score."""
    lines = [f"{built.name}: {len(built.entries):,} of {built.wanted:,} pictures in {built.folder}"]
    if built.note:
        lines.append(built.note)
    if built.entries:
        rounds = len(built.entries[0]["values"])
        lines.append(f"means by iteration (0 = unguided), guided by {built.entries[0]['guide']}:")
        columns = {"guide": [entry["values"] for entry in built.entries]}
        columns |= {title: [entry["scores"][title] for entry in built.entries] for title in built.entries[0]["scores"]}
        for title, values in columns.items():
            means = (sum(row[i] for row in values) / len(values) for i in range(rounds))
            lines.append(f"  {title:<24}" + "".join(f"{mean:>10.4g}" for mean in means))
    return "\n".join(lines)
