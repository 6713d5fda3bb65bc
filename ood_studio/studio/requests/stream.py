"""What ``python -m ood_studio stream`` asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from ood_studio.core.parameters import Help, check
from ood_studio.detectors import Promise
from ood_studio.evaluation.streams import Stream
from ood_studio.studio.requests.bench import IdData, OodData, Pictures, Scorers, Suite
from ood_studio.studio.requests.labels import LabelChoice

Preset = Literal["honest", "published", "chosen"]
HONEST = ("neglabel", "adaneg:update=after", "tanl")
PUBLISHED = ("neglabel", "adaneg:batch=256", "tanl:batch=256:mixing=0")


@dataclass(frozen=True)
class StreamRequest:
    """Methods side by side on a stream of a suite's images.

    Attributes:
        suite: which sets of images.
        ood: names of the suite's OOD sets that come; none = all of them ("published": its first).
        labels: the text side.
        preset: "honest": all OOD sets mixed, every image scored before anything learns from it; "published": the whole
            ID set and one OOD set, in batches of 256 that are learnt from before they are scored, as the papers'
            code does; "chosen": the scorers below.
        scorers: the methods of "chosen".
        stream: what comes when.
        promise: what the frozen thresholds keep, from a fifth of the ID images, which then do not come.
        count: images of each set that is drawn.
        id_data, ood_data: own ID and OOD images in place of the suite's, see `BenchRequest`.
    """

    suite: Suite = "diorama"
    ood: Annotated[tuple[str, ...], Help("OOD sets of the suite that come; none = all")] = ()
    labels: LabelChoice = field(default_factory=LabelChoice)
    preset: Annotated[Preset, Help("Protocol: honest, as published, or of chosen scorers")] = "honest"
    scorers: Scorers = HONEST
    stream: Stream = field(default_factory=Stream)
    promise: Promise = field(default_factory=Promise)
    count: Pictures = 1000
    id_data: IdData = ""
    ood_data: OodData = ()

    def __post_init__(self) -> None:
        check(self)

    def methods(self) -> tuple[str, ...]:
        """The scorers that play."""
        return {"honest": HONEST, "published": PUBLISHED, "chosen": self.scorers}[self.preset]
