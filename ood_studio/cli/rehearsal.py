"""``python -m ood_studio rehearsal``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Annotated

from ood_studio.cli.command import Common
from ood_studio.cli.output import to_json
from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.core.progress import Bars
from ood_studio.evaluation.rehearsal import Rehearsal, rehearse


@dataclass(frozen=True)
class RehearsalRequest:
    """What is rehearsed."""

    architecture: Annotated[str, Help("Architecture of open_clip, built with random weights")] = "ViT-B-32"
    images: Annotated[int, Bounds(1, 1024, step=1, help="Pictures encoded at a time")] = 8
    texts: Annotated[int, Bounds(1, 100_000, step=1, help="Texts encoded at a time")] = 64
    repeats: Annotated[int, Bounds(1, 100, step=1, help="How often each work is timed; the median counts")] = 3

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class RehearsalCommand(Common):
    """Builds a random model of real size and says what work with it takes, beside the library's own, and how much
    memory."""

    request: RehearsalRequest = field(default_factory=RehearsalRequest)

    def run(self) -> None:
        """Prints what was measured.

        Raises:
            StudioError: for an architecture that is unknown or needs files of others.
        """
        asked = self.request
        with closing(Bars(self.quiet)) as bars:
            found = rehearse(
                asked.architecture,
                self.device,
                self.precision,
                images=asked.images,
                texts=asked.texts,
                repeats=asked.repeats,
                progress=bars,
            )
        print(to_json(asdict(found)) if self.json else rehearsal_text(found))


def rehearsal_text(found: Rehearsal) -> str:
    """A rehearsal for the terminal."""
    where = f"{found.device}, {found.precision}, {found.threads} thread{'s' if found.threads > 1 else ''}"
    lines = [
        f"{found.architecture} with random weights, {found.parameters / 1e6:,.0f} million numbers, on {where}",
        f"a gradient keeps {found.graph / 2**20:,.1f} MiB a picture",
        f"{'work':36}{'seconds':>10}{'bare':>10}{'times':>8}{'peak GiB':>10}",
    ]
    for row in found.rows:
        bare = "" if row.bare is None else f"{row.bare:.3f}"
        times = "" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(f"{row.work:36}{row.seconds:>10.3f}{bare:>10}{times:>8}{row.peak / 2**30:>10.2f}")
    return "\n".join(lines)
