"""Contexts are asked for in checked batches, typed, and made a prompt of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, silent, stoppable
from ood_studio.synthesis.contexts import QUESTION, ContextModel, Contexts, parse_typed_contexts, prompt_of


class Parrot(ContextModel):
    """Says how wide each picture is."""

    name, batch = "parrot", 2

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    def _answer(self, images: list[Image.Image], question: str, told: Callable[[], None]) -> list[str]:
        self.asked.append((len(images), question))
        assert all(image.mode == "RGB" for image in images)
        told()
        return [f"place{image.width}: cat, tree, fence" for image in images]


def test_pictures_are_described_in_order_and_in_batches() -> None:
    model = Parrot()
    done: list[tuple[int, int]] = []
    pictures = [Image.new(mode, (width, 9)) for mode, width in (("RGB", 1), ("L", 2), ("RGBA", 3))]
    found = model.describe(
        pictures, mains=["cat", "", "dog"], progress=lambda stage, done_, total: done.append((done_, total))
    )
    assert [each.place for each in found] == ["place1", "place2", "place3"]
    assert [each.elements for each in found] == [("tree", "fence"), ("cat", "tree", "fence"), ("cat", "tree", "fence")]
    assert found[0].raw == "place1: cat, tree, fence" and found[0].words == ("place1", "tree", "fence")
    assert model.asked == [(2, QUESTION), (1, QUESTION)]
    assert done == sorted(done) and done[-1] == (3, 3)
    assert model.describe([]) == []


def test_bad_requests_are_refused() -> None:
    model, picture = Parrot(), Image.new("RGB", (8, 8))
    with pytest.raises(StudioError, match="a list of pictures, not a single one"):
        model.describe(picture)  # type: ignore[arg-type]
    for mains in (["cat"], "cat"):
        with pytest.raises(StudioError, match="a main object for each of 2 pictures"):
            model.describe([picture] * 2, mains=mains)
    for question in ("", "  ", "why? " * 200):
        with pytest.raises(StudioError, match="1 to 500 characters"):
            model.describe([picture], question=question)
    assert model.asked == []


def test_describing_stops_when_asked() -> None:
    model, pictures = Parrot(), [Image.new("RGB", (8, 8))] * 6
    with pytest.raises(Stopped, match="describing"):
        model.describe(pictures, progress=stoppable(silent, lambda: len(model.asked) == 2))
    assert len(model.asked) == 2


def test_typed_contexts_need_a_word() -> None:
    assert parse_typed_contexts("tree, Old Oak") == Contexts("tree, Old Oak", ("tree", "Old Oak"))
    with pytest.raises(StudioError, match="type at least one thing"):
        parse_typed_contexts(" ,; ")


def test_the_prompt_of_synoods_code_is_a_sentence_cut_at_73_characters() -> None:
    words = ["sea", "seaweed", "a long and winding shore", "shells", "an old and broken mast"]
    assert prompt_of(words) == ", ".join(words)
    assert prompt_of(["sea", "shell"], "synood") == "A photo only remain sea, shell."
    assert prompt_of(words, "synood") == f"A photo only remain {', '.join(words)}."[:73]
