"""What the words behind labels say of each other, and texts that are made of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
import torch

from ood_studio.backbones import Backbone, load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, heard
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.labels import label_texts
from ood_studio.labels.label_texts import LISTED, PROPER, SPELT, WITHIN, WordsOfLabels
from ood_studio.labels.negmining import NegativeLabels
from ood_studio.labels.prompts import custom_prompts, prompt_set


@pytest.fixture(scope="module")
def model() -> Backbone:
    return load_backbone("diorama-conv", "cpu")


def words(model: Backbone, labels: tuple[str, ...], nouns: tuple[str, ...], source: str) -> WordsOfLabels:
    count = len(nouns) + 1
    mined = NegativeLabels((*nouns, "red"), (*["n"] * len(nouns), "a"), torch.zeros(count), torch.arange(count))  # type: ignore[arg-type]
    return WordsOfLabels.of(model, labels, mined, replace(prompt_set("neglabel"), noun=("the nice {}", "{}")), source)


@pytest.mark.parametrize(
    ("source", "labels", "nouns", "expected"),
    [
        (
            "diorama",
            ("cat", "car"),
            ("siamese", "sedan", "igloo", "sea creature", "cars"),
            (WITHIN, WITHIN, "", "", SPELT),
        ),
        ("wordnet", ("cat", "sea lion"), ("tabby", "paris", "igloo", "animal"), (WITHIN, PROPER, "", "")),
        (
            "no-such-corpus.txt",
            ("car", "T-shirt"),
            ("auto", "amazon river", "t shirts", "taxi"),
            (WITHIN, PROPER, SPELT, LISTED),
        ),
    ],
)
def test_false_negative_labels_are_found_by_what_the_corpus_knows(
    model: Backbone, source: str, labels: tuple[str, ...], nouns: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    texts = words(model, labels, nouns, source)
    nearest = torch.arange(len(labels)).expand(len(nouns) + 1, -1)
    dropped = ("Taxi",) if LISTED in expected else ()
    found = texts.superfluous(nearest, dropped)
    assert tuple(next((why for why, which in found.items() if which[i]), "") for i in range(len(nouns))) == expected
    assert sum(int(which.sum()) for which in found.values()) == sum(map(bool, expected))
    assert texts.adjectives.tolist() == [False] * len(nouns) + [True]
    far = texts.superfluous(torch.full((len(nouns) + 1, 1), 1), dropped)  # kinds count of near ID labels alone
    assert not bool(far[WITHIN][0])


def test_a_pair_is_encoded_once_as_its_text(model: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = words(model, ("cat", "car"), ("igloo", "sun"), "diorama")
    asked: list[str] = []
    own = type(model).encode_text

    def encode(self: Backbone, given: list[str], *rest: object) -> torch.Tensor:
        asked.extend(given)
        return own(self, given, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(type(model), "encode_text", encode)
    found = texts.pairs(torch.tensor([[0, 1], [1, 0], [0, 1]]))
    again = texts.pairs(torch.tensor([[1, 0]]))
    assert sorted(asked) == sorted({"the nice cat and sun", "cat and sun", "the nice car and igloo", "car and igloo"})
    assert torch.equal(found[0], found[2]) and torch.equal(found[1], again[0])
    both = own(model, ["the nice cat and sun", "cat and sun"]).mean(dim=0)
    torch.testing.assert_close(found[0], both / both.norm(), atol=1e-5, rtol=0)


def test_pairs_say_how_far_they_are_and_are_stopped_and_bounded_in_bytes(
    model: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = words(model, ("cat", "car"), ("igloo", "sun"), "diorama")
    every = torch.cartesian_prod(torch.arange(2), torch.arange(3))
    told: list[tuple[str, int, int]] = []
    with heard(lambda *said: told.append(said)):
        texts.pairs(every[:2])
    assert told[0] == ("encoding words", 0, 2) and told[-1] == ("encoding words", 2, 2)

    def stop(stage: str, done: int, total: int) -> None:
        raise Stopped(stage)

    with heard(stop), pytest.raises(Stopped, match="encoding words"):
        texts.pairs(every)
    with heard(stop) as hears, texts._lock:  # another thread is at it
        with suppress(Stopped):
            hears("scoring", 0, 1)
        with pytest.raises(Stopped, match="scoring"):
            texts.pairs(every[:1])
    monkeypatch.setattr(label_texts, "_MOST_BYTES", 4 * model.dim * 3)
    texts.pairs(every[2:4])
    assert len(texts._pairs) == 2 and all(each._base is None or len(each._base) == 2 for each in texts._pairs.values())


def test_a_vector_stands_for_a_word_as_its_own_would(model: Backbone) -> None:
    templates = ("the nice {}", "a {} by the sea", "{}")
    pseudo = model.pseudo_words(templates)
    assert (pseudo.templates, pseudo.width) == (3, model.word_vectors("cat").shape[1])
    names = [name for name in ID_CLASSES if len(model.word_vectors(name)) == 1][:3]
    vectors = torch.cat([model.word_vectors(name) for name in names]).clone().requires_grad_()
    for number, template in enumerate(templates):
        expected = model.encode_text([template.format(name) for name in names])
        torch.testing.assert_close(pseudo.encode(vectors, number).detach(), expected, atol=1e-5, rtol=0)
    (gradient,) = torch.autograd.grad(pseudo.encode(vectors, 1).sum(), vectors)
    assert bool((gradient != 0).any(dim=1).all())
    with pytest.raises(StudioError, match="vectors must have shape"):
        pseudo.encode(vectors[0], 0)
    with pytest.raises(StudioError, match="expects templates with one"):
        model.pseudo_words(["no place"])
    with pytest.raises(StudioError, match="leaves no room for a word"):
        model.pseudo_words(custom_prompts("a very long way " * 18 + "{}").id)
