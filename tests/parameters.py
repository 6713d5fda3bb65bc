"""Values for parameters, made from nothing but their declarations."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import assume
from hypothesis import strategies as st

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Parameter, leaves, with_values

T = TypeVar("T")

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values that a parameter takes.

    Texts in a list have no space around them, are not empty and do not end in a backslash: what is typed as a list
    cannot tell them apart.
    """
    one = _one(parameter)
    if parameter.many:
        if parameter.kind is str and not parameter.choices:
            one = TEXTS.map(str.strip).filter(lambda text: text and not text.endswith("\\"))
        return st.lists(one, max_size=4).map(tuple)
    return st.none() | one if parameter.optional else one


def _one(parameter: Parameter) -> st.SearchStrategy[Any]:
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.kind is bool:
        return st.booleans()
    if parameter.kind is str:
        return TEXTS
    assert parameter.bounds is not None, f"{parameter.name} has no bounds"
    low, high = parameter.bounds.low, parameter.bounds.high
    return st.integers(int(low), int(high)) if parameter.kind is int else st.floats(low, high)


@st.composite
def requests(draw: st.DrawFn, kind: type[T]) -> T:
    """Requests with other values than their own at some places, as far as they accept them."""
    known = leaves(kind)
    paths = draw(st.lists(st.sampled_from([*known]), max_size=5, unique=True))
    try:
        return with_values(kind(), {path: draw(values(known[path])) for path in paths})
    except StudioError:
        assume(False)
        raise
