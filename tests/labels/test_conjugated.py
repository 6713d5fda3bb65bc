"""The conjugated semantic pool: what it holds, and which of it is mined."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped, silent, stoppable
from ood_studio.labels import conjugated
from ood_studio.labels.conjugated import (
    SUPERCLASSES,
    TEMPLATES,
    conjugated_features,
    conjugated_pool,
    mine_conjugated,
    superclasses_of,
)
from ood_studio.labels.corpora import load_corpus
from ood_studio.labels.negmining import Mining, candidate_distances
from ood_studio.labels.prompts import prompt_set
from ood_studio.studio import BenchRequest, LabelChoice, Studio

ADJECTIVES = [f"shade{i}" for i in range(200)]


def test_every_adjective_stands_before_one_drawn_superclass() -> None:
    pool = conjugated_pool([*ADJECTIVES, "Shade3"])
    assert not pool.adjectives
    assert [phrase.split()[0] for phrase in pool.nouns] == ADJECTIVES
    assert {phrase.split()[1] for phrase in pool.nouns} == set(SUPERCLASSES)
    assert conjugated_pool(ADJECTIVES).nouns == pool.nouns
    assert conjugated_pool(ADJECTIVES, seed=1).nouns != pool.nouns


def test_several_or_all_superclasses() -> None:
    pool = conjugated_pool(ADJECTIVES, ("item", "place", "creature"), each=2)
    assert len(pool) == 2 * len(ADJECTIVES) == len(set(pool.nouns))
    assert conjugated_pool(["Bright_red", "old"], ("item", "sea creature"), each=None).nouns == (
        "bright red item",
        "bright red sea creature",
        "old item",
        "old sea creature",
    )


def test_each_corpus_has_its_superclasses() -> None:
    assert superclasses_of("wordnet") == superclasses_of("words.txt") == SUPERCLASSES
    own = superclasses_of("diorama")
    corpus = load_corpus("diorama")
    assert {"animal", "vehicle"} <= set(own) <= set(corpus.nouns)
    pool = conjugated_pool(corpus.adjectives, own, each=None)
    assert len(pool) == len(corpus.adjectives) * len(own)
    assert "striped vehicle" in pool.nouns


@pytest.mark.parametrize(
    ("adjectives", "superclasses", "each", "message"),
    [
        ([], SUPERCLASSES, 1, "needs adjectives"),
        ([" "], SUPERCLASSES, 1, "needs adjectives"),
        (["old"], (), 1, "at least one superclass"),
        (["old"], ("item", "place"), 3, "between 1 and the 2 superclass names, not 3"),
        (["old"], ("item", "place"), 0, "not 0"),
    ],
)
def test_what_makes_no_pool(adjectives: list[str], superclasses: tuple[str, ...], each: int, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        conjugated_pool(adjectives, superclasses, each=each)


def test_the_furthest_phrases_are_mined_under_the_authors_templates(backbone: Any) -> None:
    labels = ["cat", "shade7 item"]
    pool = conjugated_pool(ADJECTIVES, ("item", "place"), each=None)
    found, text = mine_conjugated(backbone, labels, pool, prompt_set("neglabel"))
    assert len(found) == len(text) == 59  # 15 % of 400 but one, which is an ID label
    vectors = torch.stack([backbone.vector(template.replace("{}", found.words[0])) for template in TEMPLATES])
    torch.testing.assert_close(text[0], functional.normalize(vectors.mean(dim=0), dim=0))

    classes = torch.stack([backbone.vector(f"the nice {label}") for label in labels])
    torch.testing.assert_close(candidate_distances(classes, text), found.distances)
    everything, _ = mine_conjugated(backbone, labels, pool, prompt_set("neglabel"), mining=Mining(count=1_000))
    assert everything.words[:59] == found.words
    assert set(everything.words) == set(pool.nouns) - {"shade7 item"}


@pytest.mark.parametrize(("most", "each"), [(20_000, None), (10, 1)])
def test_features_of_a_corpus_are_those_of_its_pool(
    backbone: Any, monkeypatch: pytest.MonkeyPatch, most: int, each: int | None
) -> None:
    """All superclasses behind every adjective where that makes few phrases, else one, as the authors do."""
    monkeypatch.setattr(conjugated, "MOST_PHRASES", most)
    labels, prompts = ["cat", "dog"], prompt_set("neglabel")
    pool = conjugated_pool(load_corpus("diorama").adjectives, superclasses_of("diorama"), each=each)
    _, expected = mine_conjugated(backbone, labels, pool, prompts)
    assert torch.equal(conjugated_features(backbone, labels, "diorama", prompts), expected)


def test_a_large_pool_says_how_far_it_is_and_can_be_stopped(backbone: Any, again: Any) -> None:
    pool = conjugated_pool([f"shade{i}" for i in range(500)])
    seen: list[int] = []
    mine_conjugated(
        backbone, ["cat"], pool, prompt_set("neglabel"), progress=lambda stage, done, total: seen.append(done)
    )
    steps = [0, *(done for done in seen if done > 1)]
    assert max(after - before for before, after in itertools.pairwise(steps)) <= 256 // len(TEMPLATES)
    fresh = again("fake-2")
    with pytest.raises(Stopped):
        stop = stoppable(silent, lambda: len(fresh.asked) > 300)
        mine_conjugated(fresh, ["cat"], pool, prompt_set("neglabel"), progress=stop)
    assert len(fresh.asked) < 600  # of 2,000 texts


def test_a_benchmark_hears_of_the_phrases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def encode(*given: object, progress: Progress = silent, **more: object) -> None:
        progress("encoding phrases", 1, 2)
        raise AssertionError("nobody heard it")

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "encoding phrases":
            raise Stopped(stage)

    monkeypatch.setattr("ood_studio.studio.workbench.conjugated_features", encode)
    (tmp_path / "words.txt").write_text("tax\ntheory\n")
    labels = LabelChoice(backbone="diorama-conv", corpus=str(tmp_path / "words.txt"))
    with pytest.raises(Stopped):
        Studio().bench(BenchRequest("diorama", ("csp",), labels, count=10, train_count=10), stop)
