"""Texts from outside: one normal form, and names of files that are no UTF-8."""

from __future__ import annotations

import json
import os
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ood_studio.core.unicode import json_text, listed, normal_form, readable

NAMES = st.binary(min_size=1, max_size=12).map(os.fsdecode)


@given(st.text(st.characters(codec=None), max_size=12))
def test_the_normal_form_is_one(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once
    for same in (unicodedata.normalize("NFD", text), f"  {text}_", text.replace(" ", "__")):
        assert normal_form(same) == once


def test_the_normal_form_of_labels() -> None:
    assert len({normal_form(each) for each in ("Golden_Retriever", "golden retriever", " golden  RETRIEVER\t")}) == 1
    assert normal_form("Cafe\u0301") == normal_form("café") == "café"
    assert normal_form("crane bird") != normal_form("crane")


@given(NAMES, NAMES)
def test_names_that_are_not_utf8_can_be_written_and_told_apart(one: str, other: str) -> None:
    readable(one).encode()
    if one != other and "\\" not in one + other:
        assert readable(one) != readable(other)


@given(st.dictionaries(NAMES, NAMES, max_size=3))
def test_json_brings_every_name_back(names: dict[str, str]) -> None:
    text = json_text(names)
    text.encode()
    assert json.loads(text) == names


def test_json_keeps_letters_as_they_are() -> None:
    assert json_text({"name": "é\udcff"}) == '{"name": "é\\udcff"}'


def test_long_lists_are_counted() -> None:
    assert listed(["a"]) == "a" and listed([*"abc"]) == "a, b, c" and listed([*"abcde"]) == "a, b, c and 2 more"
