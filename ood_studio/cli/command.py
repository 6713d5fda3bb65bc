"""What a command is, and what most commands take."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

from ood_studio.core.parameters import Help
from ood_studio.hub.device import Device, Precision
from ood_studio.studio import Studio

Json = Annotated[bool, Help("Print JSON for machines")]
Quiet = Annotated[bool, Help("Show no progress")]


@dataclass(frozen=True)
class Command(ABC):
    """A command: a dataclass whose fields are its own options and one ``request``; all have defaults.

    The first paragraph of its docstring is what its help says.
    """

    @abstractmethod
    def run(self) -> None:
        """Does what was asked, and prints the result.

        Raises:
            StudioError: if that cannot be done.
        """


@dataclass(frozen=True)
class Common(Command):
    """What every command that computes something takes."""

    json: Json = False
    device: Device = "auto"
    precision: Precision = "auto"
    quiet: Quiet = False

    def studio(self) -> Studio:
        """The studio that computes on that device and in that precision."""
        return Studio(self.device, workers=0, precision=self.precision)
