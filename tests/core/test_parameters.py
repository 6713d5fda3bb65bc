"""Parameters: what one declaration checks, parses and says; and all methods and requests declare each once."""

from __future__ import annotations

import dataclasses
import math
import typing
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ood_studio.attacks import Defence, FeatureAttack
from ood_studio.core import parameters as core
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import (
    Bounds,
    Help,
    Parameter,
    Seed,
    Steps,
    Tau,
    check,
    leaves,
    names,
    number,
    parameters,
    texts,
    value_at,
    with_settings,
    with_values,
)
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import SCORERS
from ood_studio.studio.requests import REQUESTS
from ood_studio.synthesis.boundary import NearBoundary


@dataclass(frozen=True)
class Method:
    """Parameters of every kind."""

    tau: Tau = None
    count: Annotated[int, Bounds(1, 1_000_000, log=True, step=1, help="Pictures")] = 100
    kind: Annotated[Literal["jpeg", "crop"], Help("What is done")] = "jpeg"
    kinds: Annotated[tuple[Literal["jpeg", "crop"], ...], Help("All that is done")] = ()
    shares: Annotated[tuple[Annotated[float, Bounds(0.0, 1.0, help="A share")], ...], Help("Shares")] = (0.5,)
    whole: Annotated[bool, Help("Take the whole")] = False
    name: Annotated[str, Help("What it is called")] = "none of these"
    seed: Annotated[Seed, Help("Seed of the method")] = 0
    order: Annotated[Seed | None, Help("Seed of the order; none = as given")] = None

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Asked:
    """A request that contains a method, twice, and usual values of its own."""

    method: Method = field(default_factory=Method)
    other: Method = field(default_factory=lambda: Method(count=7, seed=3))
    steps: Steps = 5
    seed: Seed = 1

    def __post_init__(self) -> None:
        check(self)


# --- one declaration ---------------------------------------------------------------------------------------------


def test_a_declaration_says_everything() -> None:
    found = parameters(Method)
    assert list(found) == [each.name for each in dataclasses.fields(Method)]
    assert {name: (each.kind, each.optional, each.many) for name, each in found.items()} == {
        "tau": (float, True, False),
        "count": (int, False, False),
        "kind": (str, False, False),
        "kinds": (str, False, True),
        "shares": (float, False, True),
        "whole": (bool, False, False),
        "name": (str, False, False),
        "seed": (int, False, False),
        "order": (int, True, False),
    }
    assert found["kind"].choices == found["kinds"].choices == ("jpeg", "crop")
    assert found["count"].bounds == Bounds(1, 1_000_000, log=True, step=1, help="Pictures")
    assert found["seed"].bounds is found["order"].bounds is parameters(Asked)["seed"].bounds


def test_what_is_said_further_out_counts_more() -> None:
    found = parameters(Method)
    assert (found["seed"].help, found["shares"].help) == ("Seed of the method", "Shares")
    assert found["order"].help == "Seed of the order; none = as given"
    assert found["tau"].help.startswith("Temperature τ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 1_000_001}, "count must lie between 1 and 1,000,000, not 1,000,001"),
        ({"count": 0}, "count must lie between 1 and 1,000,000, not 0"),
        ({"count": 2.0}, "count must be a whole number, not 2.0"),
        ({"count": True}, "count must be a number from 1 to 1,000,000, not True"),
        ({"count": None}, "count must be a number from 1 to 1,000,000, not None"),
        ({"tau": math.nan}, "tau must be a number from 0.0001 to 10, not nan"),
        ({"tau": math.inf}, "tau must lie between 0.0001 and 10, not inf"),
        ({"tau": "warm"}, "tau must be a number from 0.0001 to 10, not 'warm'"),
        ({"kind": "blur"}, "kind must be one of jpeg, crop, not 'blur'"),
        ({"kinds": ("jpeg", "blur")}, "kinds must be one of jpeg, crop, not 'blur'"),
        ({"kinds": "jpeg"}, "kinds must be a tuple, not 'jpeg'"),
        ({"shares": (0.1, 1.5)}, "shares must lie between 0 and 1, not 1.5"),
        ({"count": 1_000_000.5}, "count must lie between 1 and 1,000,000, not 1,000,000.5"),
        ({"count": 10**400}, "count must lie between 1 and 1,000,000, not 1e+400"),
        ({"tau": 10.0000001}, "tau must lie between 0.0001 and 10, not 10.0000001"),
        ({"shares": (-1e-9,)}, "shares must lie between 0 and 1, not -1e-09"),
        ({"order": -1}, "order must lie between 0 and 2,147,483,647, not -1"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudioError) as error:
        Method(**changes)
    assert str(error.value) == message


# --- texts -------------------------------------------------------------------------------------------------------

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "tau": st.none() | st.floats(1e-4, 10),
    "count": st.integers(1, 1_000_000),
    "kind": st.sampled_from(["jpeg", "crop"]),
    "kinds": st.lists(st.sampled_from(["jpeg", "crop"])).map(tuple),
    "shares": st.lists(st.floats(0, 1)).map(tuple),
    "whole": st.booleans(),
    "name": st.text(),
    "seed": st.integers(0, 2**31 - 1),
    "order": st.none() | st.integers(0, 2**31 - 1),
}


@given(st.fixed_dictionaries(VALUES))
def test_a_value_reads_back_from_its_text(values: dict[str, Any]) -> None:
    known = parameters(Method)
    assert {name: known[name].parse(known[name].text(value)) for name, value in values.items()} == values


@given(st.floats(allow_nan=False))
def test_a_number_of_any_size_reads_back_from_its_text(value: float) -> None:
    parameter = Parameter("x", float, 0.0, "", None, (), False, False)
    assert parameter.parse(parameter.text(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("tau", "none", None),
        ("tau", " None ", None),
        ("tau", "", None),
        ("whole", "TRUE", True),
        ("kinds", " jpeg , ,crop", ("jpeg", "crop")),
        ("shares", "", ()),
        ("name", "none", "none"),
    ],
)
def test_texts_that_people_write(name: str, text: str, value: Any) -> None:
    assert parameters(Method)[name].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("count", "1.5", "count of knn must be a whole number, not '1.5'"),
        ("count", "none", "count of knn must be a whole number, not 'none'"),
        ("tau", "warm", "tau of knn must be a number, not 'warm'"),
        ("whole", "yes", "whole of knn must be true or false, not 'yes'"),
        ("kinds", "jpeg,blur", "kinds of knn must be one of jpeg, crop, not 'blur'"),
    ],
)
def test_texts_that_are_no_values(name: str, text: str, message: str) -> None:
    with pytest.raises(StudioError) as error:
        parameters(Method)[name].parse(text, f"{name} of knn")
    assert str(error.value) == message


# --- dataclasses within dataclasses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("few:steps", r"'few:steps': few has no parameter 'steps'; it has smoothness=, steps=, "),
        ("few:stps=3", "few has no parameter 'stps=3'"),
        ("few:steps=many", "steps of few must be a whole number, not 'many'"),
        ("few:steps=0", "steps must lie between 1 and"),
    ],
)
def test_settings_behind_a_name_are_read_or_refused(text: str, message: str) -> None:
    usual = FeatureAttack()
    assert with_settings(usual, "few") == usual
    assert with_settings(usual, "few:steps=3:seed=5") == replace(usual, steps=3, seed=5)
    with pytest.raises(StudioError, match=message):
        with_settings(usual, text)


def test_leaves_hold_what_an_instance_without_arguments_holds() -> None:
    found = leaves(Asked)
    assert [*found][:3] == ["steps", "seed", "method.tau"]
    assert {path: each.default for path, each in found.items()} == {path: value_at(Asked(), path) for path in found}
    assert found["other.count"].default == 7 and found["method.count"].default == 100


def test_a_taken_name_says_where_it_stands() -> None:
    called = names(Asked)
    assert list(called) == list(leaves(Asked)) and len(set(called.values())) == len(called)
    assert (called["seed"], called["method.seed"], called["method.tau"]) == ("seed", "method_seed", "tau")
    assert called["other.tau"] == "other_tau"


def test_other_values_at_some_paths() -> None:
    asked = with_values(Asked(), {"method.count": 3, "method.tau": 0.5, "steps": 9})
    assert asked == Asked(method=Method(count=3, tau=0.5), steps=9)
    same = Asked()
    assert with_values(same, {}) is same
    assert with_values(Asked(), {"method": Method(count=3), "method.tau": 0.5}) == Asked(Method(count=3, tau=0.5))
    with pytest.raises(StudioError, match="count must lie between"):
        with_values(Asked(), {"other.count": 0})


# --- all methods and requests ------------------------------------------------------------------------------------

METHODS: tuple[type, ...] = (Mining, FeatureAttack, Defence, NearBoundary, *SCORERS.values())
DECLARED = [
    pytest.param(cls, name, id=f"{cls.__name__}.{name}") for cls in (*METHODS, *REQUESTS) for name in parameters(cls)
]


@pytest.mark.parametrize(("cls", "name"), DECLARED)
def test_every_parameter_is_declared_whole(cls: type, name: str) -> None:
    """A line of help for people, and bounds or choices wherever there is a number."""
    parameter = parameters(cls)[name]
    assert parameter.help.strip() and not parameter.help.endswith("."), f"{name} of {cls.__name__} has no help"
    assert parameter.help[0].isupper() or not parameter.help[0].isalpha()
    assert len(parameter.help) <= 100
    if parameter.kind in (int, float):
        assert parameter.bounds is not None or parameter.choices, f"{name} of {cls.__name__} has no bounds"
    if parameter.optional:
        assert "none" in parameter.help.lower(), f"the help of {name} of {cls.__name__} does not say what none means"
    if parameter.default is not dataclasses.MISSING:
        parameter.check(parameter.default)


@pytest.mark.parametrize(("cls", "name"), DECLARED)
def test_what_several_have_is_declared_once(cls: type, name: str) -> None:
    """Temperatures, seeds and bounds of one meaning are one object, not equal ones."""
    bounds = parameters(cls)[name].bounds
    for shared in (Tau, Seed, Steps):
        usual = next(extra for extra in typing.get_args(shared) if isinstance(extra, Bounds))
        alike = bounds is not None and (bounds.low, bounds.high, bounds.log) == (usual.low, usual.high, usual.log)
        if alike and (shared is not Steps or "step" in name):
            assert bounds is usual, f"{name} of {cls.__name__} declares anew what {core.__name__} has"


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_repeats_no_parameter_of_a_method_it_contains(request_: type) -> None:
    """A parameter of the same name within the request is there for several values, or is another thing by its help."""
    own = parameters(request_)
    for path, inner in leaves(request_).items():
        name = path.rpartition(".")[2]
        if "." in path and name in own:
            assert own[name].many or own[name].help != inner.help, f"{request_.__name__} says {path} again"


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_as_texts_is_read_back(request_: type) -> None:
    """All of it, also what is not usual; commas separate the values of one parameter."""
    asked = with_values(request_(), {path: 7 for path in leaves(request_) if path.endswith("seed")})
    said = texts(asked)
    paths = {name: path for path, name in names(request_).items()}
    assert list(said) == list(paths)
    read = {paths[name]: leaves(request_)[paths[name]].parse(text) for name, text in said.items()}
    assert with_values(request_(), read) == asked


@given(st.one_of(st.integers(-(10**15) + 1, 10**15 - 1), st.floats(-1e14, 1e14)))
def test_numbers_that_differ_look_different(value: float) -> None:
    assert float(number(value).replace(",", "")) == float(value)
