"""What every command takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Common:
    """What every command takes.

    Attributes:
        json: print JSON for machines.
        device: auto, cpu, cuda, cuda:N or mps.
        quiet: show no progress.
    """

    json: bool = False
    device: str = "auto"
    quiet: bool = False
