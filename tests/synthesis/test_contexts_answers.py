"""Lists are read out of whatever models and people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ood_studio.synthesis.answers import MAX_ELEMENTS, MAX_WORDS, parse_answer, parse_typed

WORDS = "tree fence rock haystack puddle lamppost houseplant cloud ladder barrel".split()
LISTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8, unique=True)

TABLE = [
    # answer, elements, place, whether it was a list
    ("pasture: tree, fence, rock", "tree fence rock", "pasture", True),
    ("meadow: nothing", "", "meadow", True),
    ("living room: sofa, lamp.", "sofa lamp", "living room", True),
    ("parlor: shelf, picture", "shelf picture", "parlor", True),  # one on the wall
    ("tree, fence, rock", "tree fence rock", "", True),
    ("Tree, a Fence and the rock.", "tree fence rock", "", True),
    ("tree and fence and rock", "tree fence rock", "", True),
    ("tree\nfence\nrock\n", "tree fence rock", "", True),
    ("- a tree\n- the fence\n- some rocks", "tree fence rocks", "", True),
    ("* **Tree**\n* _Fence_", "tree fence", "", True),
    ("1. Tree\n2. Fence\n3) Rock", "tree fence rock", "", True),
    ("1. tree 2. fence 3. rock", "tree fence rock", "", True),
    ("\"tree\", 'fence', “rock”.", "tree fence rock", "", True),
    ("3 trees, two ladders", "trees ladders", "", True),
    ("Elements: tree, fence", "tree fence", "", True),
    ("ASSISTANT: tree, fence</s>", "tree fence", "", True),
    ("You can see: sky", "sky", "", True),
    ("None", "", "", True),
    ("There is nothing else.", "", "", True),
    ("trees, tree, Tree", "trees", "", False),
    ("tree, fence, etc.", "tree fence", "", False),
    ("no people, tree", "tree", "", False),
    ("The image contains a tree, a fence and some grass.", "tree fence grass", "", False),
    ("There is a fence in the background, and a tree behind it.", "fence tree", "", False),
    ("The picture shows a rug. There is also a lamp on the left side of the image.", "rug lamp", "", False),
    ("Here are the elements:\n- Tree: a tall one\n- Fence\n\nThey surround it.", "tree fence", "", False),
    ("I'm sorry, I can't see the image.", "", "", False),
    ("As an AI, I cannot describe a tree, a fence or a rock.", "", "", False),
    ("", "", "", False),
    (" ...\n,, - ", "", "", False),
    ("farm: a, the", "", "farm", False),
]


@pytest.mark.parametrize(("text", "elements", "place", "well_formed"), TABLE)
def test_the_answer_is_read(text: str, elements: str, place: str, well_formed: bool) -> None:
    answer = parse_answer(text)
    assert answer.elements == tuple(elements.split())
    assert (answer.place, answer.well_formed) == (place, well_formed)


def test_names_of_several_words_stay_whole() -> None:
    assert parse_answer("cup of tea, T-shirt, palm trees").elements == ("cup of tea", "t-shirt", "palm trees")


@pytest.mark.parametrize(
    ("text", "main", "elements"),
    [
        ("a cat, a tree, black cats", "cat", ("tree",)),
        ("cat bed, the cat's bowl, statue of a cat", "cat", ("bed", "bowl", "statue")),
        ("bowl, owls", "owl", ("bowl",)),
        ("sports cars, car, road", "sports car", ("car", "road")),
        ("a tench, water, Tinca tinca", "tench, Tinca tinca", ("water",)),
        ("The picture shows a cat sitting on a bench.", "cat", ("bench",)),
        ("Besides the cat, there is a tree and a rug.", "cat", ("tree", "rug")),
        ("tree", "", ("tree",)),
    ],
)
def test_the_main_object_is_left_out(text: str, main: str, elements: tuple[str, ...]) -> None:
    assert parse_answer(text, main).elements == elements


def test_a_main_object_alone_is_a_list_of_nothing_else() -> None:
    assert parse_answer("cat", "cat") == parse_answer("cats", "cat")
    assert not parse_answer("cat", "cat").elements


@given(
    LISTS,
    st.sampled_from([", ", ",", "\n", "\n- ", " and ", "; ", ".\n", " \t, "]),
    st.sampled_from(["", "a ", "The "]),
)
def test_every_way_of_writing_a_list_gives_its_names(names: list[str], between: str, article: str) -> None:
    answer = parse_answer(between.join(article + name for name in names))
    assert answer.elements == tuple(names)
    assert answer.well_formed


@given(LISTS, st.sampled_from(["1. ", "(2) ", "- ", "• "]))
def test_bullets_and_numbers_are_no_names(names: list[str], bullet: str) -> None:
    assert parse_answer("\n".join(bullet + name for name in names)).elements == tuple(names)


@given(st.text(), st.text(max_size=12))
def test_any_text_gives_clean_names(text: str, main: str) -> None:
    answer = parse_answer(text, main)
    assert len(answer.elements) <= MAX_ELEMENTS
    assert len(set(answer.elements)) == len(answer.elements)
    for name in answer.elements:
        assert name == " ".join(name.split()) and 1 <= len(name.split()) <= MAX_WORDS
        assert any(sign.isalpha() for sign in name)
        assert not set(name) & set(',;\n"')


@given(
    st.lists(
        st.sampled_from([*WORDS, "a", "The", ",", ":", ".", "and", "of", "cat", "cat's", "in", "\n", "- ", "no", "1."]),
        max_size=25,
    )
)
def test_the_main_object_is_never_named(parts: list[str]) -> None:
    for name in parse_answer(" ".join(parts), "cat").elements:
        assert not {"cat", "cats", "cat's"} & set(name.split())


@given(st.text(max_size=200))
def test_what_is_typed_survives_being_typed_again(text: str) -> None:
    names = parse_typed(text)
    assert parse_typed(", ".join(names)) == names
    assert len(names) <= MAX_ELEMENTS and len({name.casefold() for name in names}) == len(names)


def test_what_is_typed_stays_as_it_is() -> None:
    assert parse_typed(' a Tree , the "Old Oak";\n- fence, a tree,,  ') == ("a Tree", 'the "Old Oak', "fence")
    assert parse_typed(" , \n ") == ()


def test_endless_texts_are_read_at_once() -> None:
    for text in ("tree, " * 100_000, "a " * 100_000, "the image " * 50_000, ":" * 100_000, "in on at " * 30_000):
        assert len(parse_answer(text).elements) <= MAX_ELEMENTS


def test_what_could_not_be_decoded_is_no_part_of_a_name() -> None:
    """A model's answer may end, or its tokens part, within a character."""
    assert parse_answer("meadow: tr\ufffdee, \ufffd, fen\ufffd\ufffdce, \ufffd").elements == ("tree", "fence")
    assert parse_typed("ro\ufffdck") == ("rock",)
