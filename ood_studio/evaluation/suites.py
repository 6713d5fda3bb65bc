"""Benchmark suites: which set of pictures is in-distribution, and which others are held against it."""

from __future__ import annotations

from dataclasses import dataclass

from ood_studio.errors import StudioError


@dataclass(frozen=True)
class Suite:
    """A named comparison of one ID set with OOD sets.

    Attributes:
        name: as on the command line.
        about: one line for people.
        id: the split whose pictures are in-distribution.
        ood: the splits held against it, each on its own.
        labels: the ID labels: a label preset, or labels separated by commas.
    """

    name: str
    about: str
    id: str
    ood: tuple[str, ...]
    labels: str


_ALL = (
    Suite(
        "diorama",
        "the 20 Diorama classes against near, far, unseen and spurious pictures",
        "id-test",
        ("near-ood", "far-ood-textures", "far-ood-scenes", "unseen-ood", "spurious"),
        "diorama-20",
    ),
    Suite(
        "diorama-hard",
        "ten Diorama classes against twenty look-alikes",
        "hard-10",
        ("hard-20",),
        "cat, dog, horse, rabbit, duck, owl, butterfly, fish, whale, car",
    ),
)

SUITES: dict[str, Suite] = {suite.name: suite for suite in _ALL}
"""Every suite by name."""


def load_suite(name: str) -> Suite:
    """The suite of that name.

    Raises:
        StudioError: for an unknown name, listing the known ones.
    """
    if name not in SUITES:
        raise StudioError(f"unknown suite {name!r}; expected one of {', '.join(SUITES)}")
    return SUITES[name]
