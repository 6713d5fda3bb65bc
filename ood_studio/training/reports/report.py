"""What the reports have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.core.paths import ROOT
from ood_studio.hub.bundled import bundled
from ood_studio.hub.device import Device
from ood_studio.training.reports.document import Documents

Count = Annotated[int, Bounds(10, 100_000, log=True, step=1)]
FreshScenes = Annotated[Count, Help("Fresh scenes in every set")]


@dataclass(frozen=True, kw_only=True)
class Report(ABC):
    """What to measure, and where to write it.

    Raises:
        StudioError: for a parameter outside its bounds.
    """

    count: FreshScenes = 200
    seed: Annotated[Seed, Help("Seed of the fresh scenes")] = 1
    device: Device = "auto"
    out: Annotated[Path, Help("Folder of docs/figures.md and assets/ that are rewritten")] = ROOT

    def __post_init__(self) -> None:
        check(self)

    @abstractmethod
    def write(self, documents: Documents) -> None:
        """Measures, and writes the figures.

        Raises:
            StudioError: if it cannot be measured.
            OSError: if the disk refuses.
        """


def bundled_backbones() -> list[str]:
    """The names of the bundled backbones that are there.

    Raises:
        StudioError: if none is.
    """
    names = [name for name, model in bundled("backbone").items() if model.folder.is_dir()]
    if not names:
        raise StudioError("no bundled backbone is there to measure; train one first")
    return names
