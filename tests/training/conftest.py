"""Trainings of a few steps on a few scenes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer

from ood_studio.training.clip import training
from ood_studio.training.clip.texts import distractor_words
from ood_studio.training.tokenizer import train_tokenizer

QUICK: dict[str, Any] = {"steps": 3, "batch": 4, "pictures": 64, "fresh": 16, "threads": 1, "measure_every": 2}
QUICK_CLIP: dict[str, Any] = {**QUICK, "batch": 20, "captions": 6, "distractors": 4, "pictures": 120, "fresh": 40}


@cache
def few_words() -> tuple[list[str], Tokenizer]:
    """Some English words that name nothing in Diorama, and a tokenizer of the world's words and them."""
    words = distractor_words()[::100]
    return words, train_tokenizer(words)


@pytest.fixture
def small_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of Diorama-CLIP use `few_words`: training the whole tokenizer takes seconds."""
    words, tokenizer = few_words()
    monkeypatch.setattr(training, "distractor_words", lambda: words)
    monkeypatch.setattr(training, "train_tokenizer", lambda english: tokenizer)


@pytest.fixture(autouse=True)
def as_many_threads_as_before() -> Iterator[None]:
    """Trainings set the number of threads of the process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
