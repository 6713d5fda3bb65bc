"""Which templates labels and corpora take on their way into the text tower."""

from __future__ import annotations

from typing import Any

import torch

from ood_studio.labels.corpora import Corpus
from ood_studio.labels.prompts import custom_prompts, prompt_set
from ood_studio.labels.text_features import class_features, corpus_features

CORPUS = Corpus.of("test", ["bird", "house"], ["red"])
NICE = prompt_set("neglabel")


def test_labels_take_the_templates_of_labels(backbone: Any) -> None:
    found = class_features(backbone, ["cat"], custom_prompts("a {}", noun="the {}", adjective="some {}"))
    torch.testing.assert_close(found[0], backbone.vector("a cat"))


def test_corpora_take_those_of_their_parts_of_speech(backbone: Any, again: Any) -> None:
    found = corpus_features(backbone, CORPUS, NICE)
    texts = [f"the nice {word}" for word in CORPUS.nouns] + ["This is a red photo"]
    torch.testing.assert_close(found, torch.stack([backbone.vector(text) for text in texts]))
    only_id = custom_prompts("a {}", noun=NICE.noun, adjective=NICE.adjective)
    assert corpus_features(backbone, CORPUS, only_id) is found  # the prompt for ID labels has nothing to do with it
    stages: list[str] = []
    corpus_features(again(), CORPUS, NICE, lambda stage, done, total: stages.append(f"{stage} {done}/{total}"))
    assert [*dict.fromkeys(stages)] == ["encoding words 0/3", "encoding words 2/3", "encoding words 3/3"]
