from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ood_studio.core.errors import StudioError
from ood_studio.labels import negmining
from ood_studio.labels.corpora import Corpus
from ood_studio.labels.negmining import Mining, candidate_distances, mine_corpus, mine_negatives
from ood_studio.labels.prompts import prompt_set


def features(rows: int, dim: int, seed: int) -> torch.Tensor:
    vectors = torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(vectors, dim=1)


def algorithm_1(classes: np.ndarray, candidates: np.ndarray, eta: float) -> np.ndarray:
    """Lines 1 to 5 of Algorithm 1, in loops."""
    distances = []
    for candidate in candidates:
        ranked = sorted(-float(np.dot(candidate, each)) for each in classes)
        at = eta * (len(ranked) - 1)
        low, high = ranked[int(np.floor(at))], ranked[int(np.ceil(at))]
        distances.append(low + (at - np.floor(at)) * (high - low))
    return np.array(distances)


@given(
    classes=st.integers(1, 45),
    candidates=st.integers(1, 25),
    eta=st.one_of(st.sampled_from([0.0, 0.05, 0.5, 1.0]), st.floats(0, 1)),
    chunk=st.integers(1, 4_000),
    stretch=st.integers(2, 50),
    seed=st.integers(0, 99),
)
def test_distances_are_algorithm_1(
    classes: int, candidates: int, eta: float, chunk: int, stretch: int, seed: int
) -> None:
    e, c = features(classes, 6, seed), features(candidates, 6, seed + 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(negmining, "_CHUNK_BYTES", chunk)
        patch.setattr(negmining, "_STRETCH", stretch)
        ours = candidate_distances(e, c, eta).numpy()
    e64, c64 = e.double().numpy(), c.double().numpy()
    np.testing.assert_allclose(ours, algorithm_1(e64, c64, eta), atol=1e-6)
    np.testing.assert_allclose(ours, -np.quantile(c64 @ e64.T, 1 - eta, axis=1), atol=1e-6)


@given(classes=st.integers(1, 45), eta=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_gpu_way_gives_the_same(classes: int, eta: float, seed: int) -> None:
    cosines = torch.rand(9, classes, generator=torch.Generator().manual_seed(seed))
    expected = np.quantile(cosines.double().numpy(), 1 - eta, axis=1)
    np.testing.assert_allclose(negmining._quantile_cuda(cosines, eta, None), expected, atol=1e-6)  # type: ignore[arg-type]


def test_inputs_stay_as_they_were() -> None:
    e, c = features(30, 6, 0), features(50, 6, 1)
    before = e.clone(), c.clone()
    candidate_distances(e, c)
    assert torch.equal(e, before[0]) and torch.equal(c, before[1])


@given(count=st.integers(1, 60), seed=st.integers(0, 99))
def test_the_furthest_are_kept_in_order(count: int, seed: int) -> None:
    e, c = features(7, 4, seed), features(40, 4, seed + 100)
    c[20:30] = c[10:20]  # ties
    found = mine_negatives(e, c, [f"w{i}" for i in range(40)], mining=Mining(count=count))
    distances = candidate_distances(e, c)
    expected = sorted(range(40), key=lambda i: (-float(distances[i]), i))[:count]
    assert found.indices.tolist() == expected
    assert found.words == tuple(f"w{i}" for i in expected)
    assert torch.equal(found.distances, distances[expected])


def test_id_words_and_repeats_are_left_out() -> None:
    words = ["Sea Lion", "cup", "dog", "CUP", "sea_lion", "cat"]
    found = mine_negatives(features(2, 4, 0), features(6, 4, 1), words, class_words=["sea lion", "Dog"])
    assert sorted(found.words) == ["cat", "cup"]
    assert sorted(found.indices.tolist()) == [1, 5]
    with pytest.raises(StudioError, match="every candidate"):
        mine_negatives(features(1, 4, 0), features(1, 4, 1), ["cat"], class_words=["Cat"])


def test_joint_and_per_part_of_speech() -> None:
    e = torch.tensor([[1.0, 0.0]])
    angles = torch.arange(30) / 10  # the further down the list, the further away: all adjectives beat all nouns
    c = torch.stack((angles.cos(), angles.sin()), 1)
    words, pos = [f"w{i}" for i in range(30)], ["n"] * 20 + ["a"] * 10
    mined = {
        per_pos: mine_negatives(e, c, words, pos, mining=Mining(fraction=0.15, per_pos=per_pos))  # type: ignore[arg-type]
        for per_pos in (False, True)
    }
    assert mined[False].indices.tolist() == [29, 28, 27, 26]
    assert mined[True].indices.tolist() == [29, 19, 18, 17]  # int(20 · 0.15) nouns and int(10 · 0.15) adjectives
    by_count = mine_negatives(e, c, words, pos, mining=Mining(count=6, per_pos=True))  # type: ignore[arg-type]
    assert by_count.pos == ("a", "a", "n", "n", "n", "n")


def test_near_synonyms_of_id_labels_are_left_out_before_a_share_of_all_is_taken() -> None:
    """CSP's code: those above the limit are put last, and the share is of all words."""
    classes, candidates = features(5, 3, 0), features(60, 3, 1)
    words, largest = [f"w{i}" for i in range(60)], (candidates @ classes.T).amax(dim=1)
    pos = ["n"] * 45 + ["a"] * 15
    found = mine_negatives(classes, candidates, words, pos, mining=Mining(fraction=0.5, closest=0.8))  # type: ignore[arg-type]
    there = set(words) - {words[i] for i in torch.nonzero(largest > 0.8)[:, 0].tolist()}
    usual = mine_negatives(classes, candidates, words, mining=Mining(count=60))
    assert found.words == tuple(word for word in usual.words if word in there)[:30]
    assert 0 < len(there) < 60 and set(found.words) <= there
    apart = mine_negatives(
        classes,
        candidates,
        words,
        pos,  # type: ignore[arg-type]
        mining=Mining(fraction=0.2, per_pos=True, closest=0.8),
    )
    assert apart.pos.count("n") == 9 and apart.pos.count("a") == 3
    with pytest.raises(StudioError, match="every candidate word is closer than -1 to an ID label"):
        mine_negatives(classes, candidates, words, mining=Mining(closest=-1.0))


def test_fraction_is_not_off_by_one() -> None:
    found = mine_negatives(
        features(3, 4, 0), features(100, 4, 1), [str(i) for i in range(100)], mining=Mining(fraction=0.29)
    )
    assert len(found) == 29  # 0.29 · 100 is 28.999999999999996


@pytest.mark.parametrize(
    ("values", "text"),
    [({"eta": 1.5}, "eta"), ({"count": 0}, "count"), ({"count": 1.5}, "whole"), ({"fraction": 0}, "fraction")],
)
def test_bad_parameters(values: dict[str, float], text: str) -> None:
    with pytest.raises(StudioError, match=text):
        Mining(**values)  # type: ignore[arg-type]


def test_bad_features() -> None:
    with pytest.raises(StudioError, match="at least one ID label"):
        candidate_distances(torch.empty(0, 4), features(3, 4, 0))
    with pytest.raises(StudioError, match=r"\(2, 5\)"):
        candidate_distances(features(2, 5, 0), features(3, 4, 0))
    with pytest.raises(StudioError, match="not finite"):
        candidate_distances(features(2, 4, 0), torch.full((3, 4), torch.nan))
    one_bad_class = features(1_000, 4, 2)
    one_bad_class[7, 1] = torch.nan
    with pytest.raises(StudioError, match="not finite"):
        candidate_distances(one_bad_class, features(3, 4, 0))
    with pytest.raises(StudioError, match="as many words"):
        mine_negatives(features(2, 4, 0), features(3, 4, 0), ["a", "b"])


def test_whole_way_and_csv(backbone: Any) -> None:
    corpus = Corpus.of("test", ["cat", "cup", 'a "quoted", word'], ["red", "cup"])
    found, class_text, negative_text = mine_corpus(backbone, ["Cat"], corpus, prompt_set("neglabel"))
    assert set(found.words) == {"cup", 'a "quoted", word', "red"}
    torch.testing.assert_close(class_text[0], backbone.vector("the nice Cat"))
    torch.testing.assert_close(negative_text[found.words.index("red")], backbone.vector("This is a red photo"))
    torch.testing.assert_close(-(negative_text @ class_text.T)[:, 0], found.distances)
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row["word"] for row in rows] == list(found.words)
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert {row["word"]: row["pos"] for row in rows}["red"] == "adjective"
    assert float(rows[0]["distance"]) == pytest.approx(float(found.distances[0]), abs=1e-6)


def test_a_random_selection_is_seeded_and_leaves_out_what_mining_would() -> None:
    e, c = features(3, 6, 0), features(40, 6, 1)
    words = [f"word {i}" for i in range(39)] + ["Cat"]

    def chosen(seed: int) -> tuple[str, ...]:
        mining = Mining(count=10, selection="random", seed=seed)
        return mine_negatives(e, c, words, class_words=["cat"], mining=mining).words

    assert chosen(1) == chosen(1) != chosen(2)
    assert len(set(chosen(1))) == 10 and "Cat" not in {word for seed in range(9) for word in chosen(seed)}
    with pytest.raises(StudioError, match="selection must be one of mined, random, not 'best'"):
        Mining(selection="best")  # type: ignore[arg-type]


def test_a_notebook_is_shown_the_furthest() -> None:
    words = [f"<word {i}>" for i in range(40)]
    found = mine_negatives(features(3, 6, 0), features(40, 6, 1), words, mining=Mining(count=40))
    made = found._repr_html_()
    assert "40 negative labels" in made and "and 24 more" in made and "<word" not in made
    places = [made.index(f"&lt;{word[1:-1]}&gt;") for word in found.words[:16]]
    assert places == sorted(places) and f"&lt;{found.words[16][1:-1]}&gt;" not in made
