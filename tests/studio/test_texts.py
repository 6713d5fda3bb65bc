"""What people type is read whole, or they are told that it is not."""

from __future__ import annotations

import pytest

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.labels.presets import read_labels
from ood_studio.labels.prompts import custom_prompts
from ood_studio.studio.texts import cut_notes


def test_labels_that_are_cut_are_said() -> None:
    backbone = load_backbone("diorama", device="cpu")
    context = len(backbone._tokenize(["a"])[0])  # type: ignore[attr-defined]
    beside = 2  # the tokens of beginning and end
    fits, longer = (" ".join(["cat"] * words) for words in (context - beside, context - beside + 1))
    assert backbone.too_long([fits, longer, "cat"]) == [longer] and backbone.too_long([]) == []
    assert cut_notes(backbone, [fits, "cat"], custom_prompts("{}")) == ()
    said = cut_notes(backbone, [fits, longer, "cat"], custom_prompts(["{}", "a {}"]))
    assert said == (
        f"diorama reads only the beginning of what is asked about these labels: {fits[:40]}, {longer[:40]}.",
    )


@pytest.mark.parametrize("text", ["labels.txt", " /data/Labels.CSV\n", "my labels.json"])
def test_a_file_in_place_of_labels(text: str) -> None:
    with pytest.raises(StudioError, match=r"is the name of a file, not of a class; give the labels in it themselves"):
        read_labels(text)
    assert read_labels("node.js, labels.txt").labels == ("node.js", "labels.txt")
