from __future__ import annotations

import subprocess
import sys

import pytest

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.labels.presets import load_preset, parse_labels, preset_names, read_labels
from ood_studio.labels.prompts import custom_prompts, cut_notes, prompt_set


def test_neglabel_prompts() -> None:
    prompts = prompt_set("neglabel")
    assert prompts.texts(["cat"], "id") == [["the nice cat"]] == prompts.texts(["cat"], "noun")
    assert prompts.texts(["red", "big"], "adjective") == [["This is a red photo", "This is a big photo"]]


def test_plp_has_five_templates() -> None:
    assert [texts[0] for texts in prompt_set("plp").texts(["cat"], "id")] == [
        "a photo of a cat.",
        "a blurry photo of a cat.",
        "a photo of many cat.",
        "a photo of the large cat.",
        "a photo of the small cat.",
    ]


def test_unknown_prompts() -> None:
    with pytest.raises(StudioError, match="neglabel, plp, photo"):
        prompt_set("nice")


def test_custom_prompts() -> None:
    prompts = custom_prompts(" a {} \n\nmy {x} {}\n")
    assert prompts.id == prompts.noun == ("a {}", "my {x} {}")
    assert prompts.texts(["{}<b>"], "id") == [["a {}<b>"], ["my {x} {}<b>"]]


@pytest.mark.parametrize(
    ("template", "text"),
    [("a photo", "not 0"), ("{} {}", "not 2"), ("{0}", "not 0"), ("", "no prompt"), ("{}" + "x" * 300, "300")],
)
def test_bad_templates(template: str, text: str) -> None:
    with pytest.raises(StudioError, match=text):
        custom_prompts(template)


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("diorama-20", 20, "cat", "teapot"),
        ("cifar-10", 10, "airplane", "truck"),
        ("cifar-100", 100, "apple", "worm"),
        ("imagenet-1k", 1000, "tench", "toilet paper"),
    ],
)
def test_presets(name: str, count: int, first: str, last: str) -> None:
    labels = load_preset(name)
    assert (len(labels), labels[0], labels[-1]) == (count, first, last)
    assert name in preset_names()


def test_unknown_preset() -> None:
    with pytest.raises(StudioError, match="imagenet-1k"):
        load_preset("imagenet")


def test_typed_labels() -> None:
    typed = parse_labels(" cat, Cat,sea  lion,<b>dog</b>,CAT, ")
    assert typed.labels == ("cat", "sea lion", "<b>dog</b>")
    assert typed.notes == ("Repeated labels were dropped: Cat, CAT.",)
    assert parse_labels("one").notes == ()
    assert parse_labels("a,a").notes == ("Repeated labels were dropped: a.",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_labels_one_a_line_are_never_split(end: str) -> None:
    lines = ["\ufefftench, Tinca tinca", "airplane, airplane animal", "crane", "  great   white shark ", "Crane", ""]
    typed = parse_labels(end.join(lines))
    assert typed.labels == ("tench, Tinca tinca", "airplane, airplane animal", "crane", "great white shark")
    assert typed.placed == typed.in_place() == (*typed.labels, "Crane")
    commas = "Each line was taken as one label, with the commas in it: tench, Tinca tinca, airplane, airplane animal."
    assert typed.notes == ("Repeated labels were dropped: Crane.", commas)
    assert typed.notes_in_place() == (
        "Labels that stand in several places are kept, as the data refer to them by number; no text can tell them "
        "apart: Crane.",
        commas,
    )


@pytest.mark.parametrize(
    ("text", "what"), [("cat\n\ndog", "an empty line"), (",cat,dog", "an empty place between commas")]
)
def test_places_that_are_not_clear_are_no_places(text: str, what: str) -> None:
    typed = parse_labels(text)
    assert typed.labels == ("cat", "dog") and not typed.notes
    with pytest.raises(StudioError, match=f"the data refer to labels by number, but there is {what} among the labels"):
        typed.in_place()


def test_wordnet_ids_are_no_words() -> None:
    typed = read_labels("n01443537, cat, n01440764")
    assert typed.labels == typed.placed == ("goldfish", "cat", "tench")
    assert typed.notes == ("WordNet ids stand for ImageNet's names: n01443537 is goldfish, n01440764 is tench.",)
    with pytest.raises(StudioError, match="no name is known of the WordNet ids n99999999 among the labels, and ids"):
        read_labels("n01443537\ncat\nn99999999")


def test_labels_of_a_preset_keep_their_places() -> None:
    names = load_preset("imagenet-1k")
    assert read_labels(" imagenet-1k ").in_place() == read_labels("imagenet-1k").labels == names and len(names) == 1000
    assert read_labels("diorama20").notes == ("Taken as a single label; the preset is called diorama-20.",)


@pytest.mark.parametrize("text", ["", " ,\n, "])
def test_no_labels(text: str) -> None:
    with pytest.raises(StudioError, match="no labels"):
        parse_labels(text)


def test_overlong_labels() -> None:
    with pytest.raises(StudioError, match="200 characters, not 201"):
        parse_labels("x" * 201)
    with pytest.raises(StudioError, match="10,001"):
        parse_labels("\n".join(map(str, range(10_001))))


def test_imports_stay_light() -> None:
    code = (
        "import sys, ood_studio.labels.presets, ood_studio.labels.negmining, ood_studio.features.texts, "
        "ood_studio.labels.definitions; print({'open_clip', 'nltk', 'gradio', 'sklearn', 'diffusers', 'transformers'}"
        " & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT).stdout == "set()\n"


def test_labels_that_are_cut_are_said() -> None:
    backbone = load_backbone("diorama", device="cpu")
    context = len(backbone._tokenize(["a"])[0])  # type: ignore[attr-defined]
    ends = 2  # the tokens of beginning and end
    fits, longer = (" ".join(["cat"] * words) for words in (context - ends, context - ends + 1))
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
