"""Which words a picture is made from, whenever the button is pressed."""

from __future__ import annotations

import pytest

from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.synthesize.words import has_answer, words_for

OLD, NEW = "/a/farm.png", "/a/beach.png"


@pytest.fixture
def named() -> Session:
    """The old picture's contexts are in the box."""
    words = ("farm", "sun")
    return Session(picture=OLD, named=True, found=words, words=words, words_of=OLD)


def test_words_of_the_picture_count(named: Session) -> None:
    assert words_for(named, OLD, ("farm", "sun")) == ("farm", "sun")
    assert words_for(named, OLD, ("sand",)) == ("sand",)  # typed just now
    assert words_for(named, OLD, ()) == ("farm", "sun")  # its tab was never drawn
    named.emptied = True
    assert words_for(named, OLD, ()) == ()


def test_another_picture_is_not_made_from_the_old_ones_words(named: Session) -> None:
    assert words_for(named, NEW, ("farm", "sun")) == () and not has_answer(named, NEW)  # the click came first
    assert words_for(named, NEW, ()) == ()
    named.picture, named.named, named.found = NEW, False, ()  # its contexts are being asked for
    assert words_for(named, NEW, ("farm", "sun")) == ()  # an answer for the old one came late
    assert words_for(named, NEW, ("sand",)) == ("sand",)
    named.named = True  # they were asked for, and there were none
    assert words_for(named, NEW, ()) == () and has_answer(named, NEW)


def test_the_same_words_typed_for_the_new_picture_count(named: Session) -> None:
    named.words_of = NEW
    assert words_for(named, NEW, ("farm", "sun")) == ("farm", "sun")
