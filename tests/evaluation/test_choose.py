"""Scorers chosen by key, with parameters behind it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.choose import bench_scorers, choose_scorers, parse_scorer, scorer_text, without_text
from ood_studio.scorers import SCORERS, Energy, NegLabel

KNOWN = bench_scorers()


def test_every_registered_scorer_can_be_chosen() -> None:
    assert {type(scorer) for scorer in KNOWN.values()} == set(SCORERS.values())


def test_scorers_come_in_the_order_given_and_each_once() -> None:
    assert list(choose_scorers(("mcm", "neglabel", "mcm"), KNOWN)) == ["mcm", "neglabel"]
    assert next(iter(choose_scorers(("mcm", "all"), KNOWN))) == "mcm"
    assert set(choose_scorers(("all",), KNOWN)) == set(KNOWN)


def test_one_scorer_can_be_compared_with_itself() -> None:
    chosen = choose_scorers(("energy", "energy:temperature=0.5", "neglabel:tau=none:form=max-softmax"), KNOWN)
    assert chosen["energy"] == Energy()
    assert chosen["energy:temperature=0.5"] == Energy(temperature=0.5)
    assert chosen["neglabel:tau=none:form=max-softmax"] == NegLabel(tau=None, form="max-softmax")


def test_the_given_neglabel_is_what_its_key_means() -> None:
    assert bench_scorers(NegLabel(groups=7))["neglabel"] == NegLabel(groups=7)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mc", r"unknown scorer 'mc'; expected some of neglabel, .* or all; did you mean mcm\?"),
        ("mcm:k=5", r"mcm has no parameter 'k=5'; it has tau="),
        ("mcm:tau", r"mcm has no parameter 'tau'"),
        ("mcm:tau=warm", r"tau of mcm must be a number, not 'warm'"),
        ("mcm:tau=11", r"tau must lie between 0.0001 and 10, not 11"),
        ("neglabel:groups=1.5", r"groups of neglabel must be a whole number, not '1.5'"),
        ("neglabel:form=nice", r"form of neglabel must be one of .*, not 'nice'"),
    ],
)
def test_what_cannot_be_chosen_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        choose_scorers((text,), KNOWN)


def test_no_scorer_at_all_is_refused() -> None:
    with pytest.raises(StudioError, match="there is no scorer to compare"):
        choose_scorers((), KNOWN)


@given(st.sampled_from(sorted(KNOWN)), st.floats(0.001, 10, allow_nan=False))
def test_a_scorer_reads_back_from_its_text(key: str, number: float) -> None:
    scorer = KNOWN[key]
    names = {field.name for field in dataclasses.fields(scorer)}  # type: ignore[arg-type]
    if "tau" in names:
        scorer = dataclasses.replace(scorer, tau=number)  # type: ignore[type-var]
    assert parse_scorer(scorer_text(key, scorer, KNOWN), KNOWN) == scorer


def test_without_a_text_tower_scorers_read_the_visual_space_unless_told_otherwise() -> None:
    asked = choose_scorers(("msp", "react:percentile=80", "energy:space=joint", "knn", "mcm"), bench_scorers())
    found = without_text(asked)
    spaces = [getattr(scorer, "space", None) for scorer in found.values()]
    assert spaces == ["visual", "visual", "joint", "visual", "joint"]
    assert getattr(found["react:percentile=80"], "percentile") == 80  # noqa: B009
