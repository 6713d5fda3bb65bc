"""The contract of worlds: the project's own keep it, and each way to break it is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ood_studio.testing import WORLD_CHECKS, ContractError, check_name, world_contract
from ood_studio.worlds import WORLDS, CorpusSource, Gallery, Preset, World, diorama
from ood_studio.worlds.diorama_dataset import diorama_dataset


@pytest.mark.parametrize("name", list(WORLDS))
@pytest.mark.parametrize("check", WORLD_CHECKS, ids=check_name)
def test_every_world_keeps_the_contract(name: str, check: Any) -> None:
    check(WORLDS[name])


def constant(split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> Any:
    """Whatever the seed, the same."""
    return diorama_dataset(split, 0, count, name=name)


def short(split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> Any:
    """One image too few."""
    return diorama_dataset(split, seed, max(1, count - 1), name=name)


SMALL = replace(diorama.WORLD, splits=(("id-test", "ID"), ("id-train", "ID")), galleries=(), suites=(), references=())
SUITE, REFERENCE = diorama.WORLD.suites[0], diorama.WORLD.references[0]


def empty(count: int, turn: int, first: int, short: bool) -> list[tuple[str, str]]:
    """Nothing to see."""
    return []


@pytest.mark.parametrize(
    ("world", "check", "sentence"),
    [
        (replace(SMALL, about=""), "it says what it is", "lacks a name, a title or a sentence"),
        (replace(SMALL, models=""), "it says what it is", "nothing says what its models are"),
        (replace(SMALL, presets=(Preset("p", lambda: ("a", "")),)), "presets are labels", "one without a name"),
        (replace(SMALL, presets=(Preset("p", lambda: ("a",)),)), "presets are labels", "has 1 labels"),
        (
            replace(SMALL, corpora=(CorpusSource("c", "", lambda names: ((), ())),)),
            "corpora are words",
            "the corpus c lacks words",
        ),
        (replace(SMALL, open_split=constant), "splits are datasets", "is the same whatever the seed"),
        (replace(SMALL, open_split=short), "splits are datasets", "has 2 images, not the 3 asked for"),
        (replace(SMALL, open_split=short), "what no split can be is refused", "a split of no images is not refused"),
        (replace(SMALL, splits=(("id-test", ""),)), "splits are datasets", "nothing says what the split id-test is"),
        (
            replace(SMALL, suites=(replace(SUITE, id="near-ood"),)),
            "labels of its suites index theirs",
            "ID images of near-ood that are of none of its labels",
        ),
        (
            replace(SMALL, suites=(replace(SUITE, ood=("id-test",)),)),
            "labels of its suites index theirs",
            "no OOD sets, or its ID set",
        ),
        (
            replace(SMALL, references=(replace(REFERENCE, id=replace(REFERENCE.id, count=0)),)),
            "reference images set thresholds",
            "has no ID images",
        ),
        (
            replace(SMALL, galleries=(Gallery("g", "", "id", empty, Path),)),
            "galleries give files",
            "gives 0 images where 2 are asked for",
        ),
        (
            replace(SMALL, galleries=(replace(diorama.WORLD.galleries[0], folder=lambda: Path("/elsewhere")),)),
            "galleries give files",
            "does not lie in the gallery's folder",
        ),
        (replace(SMALL, surroundings=lambda path: ("meadow",)), "galleries give files", "a stranger's photograph"),
    ],
)
def test_a_broken_world_fails_its_check(world: World, check: str, sentence: str) -> None:
    with pytest.raises(ContractError) as caught:
        world_contract(world)
    lines = [line for line in str(caught.value).splitlines() if line.startswith(f"- {check}: ")]
    assert len(lines) == 1 and sentence in lines[0]
