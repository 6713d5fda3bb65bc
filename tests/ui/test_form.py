"""Forms: boxes from parameters, requests from boxes, links from requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import gradio as gr
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Tau, about, check, leaves, names
from ood_studio.ui.form import Box, Form, Layout, Own, When, query_of, read_query, request_of
from ood_studio.ui.form.widgets import OWN


@dataclass(frozen=True)
class Method:
    steps: Annotated[int, Bounds(1, 2000, step=1, help="steps of Adam")] = 5
    tau: Tau = None
    norm: Annotated[Literal["none", "linf"], Help("Norm of the budget")] = "none"
    rate: Annotated[float, Bounds(1e-6, 1, log=True, help="Learning rate")] = 1e-3

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Ask:
    attack: Method = field(default_factory=Method)
    labels: Annotated[str, Help("ID labels")] = "few"
    fast: Annotated[bool, Help("Whether it hurries")] = False
    kinds: Annotated[tuple[Literal["crop", "blur"], ...], Help("Transformations")] = ()
    sizes: Annotated[tuple[float, ...], Bounds(0, 10, help="Sizes")] = (1.0,)
    steps: Annotated[int, Bounds(0, 9, help="Rounds")] = 3

    def __post_init__(self) -> None:
        check(self)


OWN_LABELS = Own("type your own", "Your labels", "type at least one label", lines=3)
LAYOUT = Layout(
    "ask",
    {
        "first": (("attack.steps", "attack.tau"), ("labels",)),
        "more": (("attack.norm",), ("attack.rate",), ("fast", "kinds", "sizes"), ("steps",)),
    },
    {
        "labels": Box("Labels", choices=lambda: [("A few", "few"), ("All", "all")], own=OWN_LABELS),
        "attack.rate": Box(widget="log", when=When("attack.norm", ("linf",))),
    },
)


@pytest.fixture
def form() -> Form[Ask]:
    with gr.Blocks():
        form = Form(Ask(), LAYOUT)
        form.draw("first", "more")
        form.wire()
    return form


def values(form: Form[Ask], **changes: Any) -> list[Any]:
    """What the boxes hold at first, with some of them changed, by the last parts of their ids."""
    return [changes.get(str(each.elem_id)[4:].replace("-", "_"), each.value) for each in form.inputs()]


def test_the_boxes_say_what_the_declarations_say(form: Form[Ask]) -> None:
    assert form.read(values(form)) == Ask()
    ids = [each.elem_id for each in form.inputs()]
    assert ids[:4] == ["ask-attack-steps", "ask-tau", "ask-labels", "ask-labels-own"] and ids[-1] == "ask-steps"
    assert form["attack.steps"].info == "Steps of Adam, 1 to 2,000" and form["labels"].label == "Labels"
    assert form["labels"].choices[-1] == ("type your own", OWN)
    assert [value for _, value in form["attack.norm"].choices] == ["none", "linf"]
    assert form["attack.rate"].visible == "hidden" and form.inputs()[3].visible == "hidden"
    for path, parameter in form.parameters.items():
        shown = form[path].props["info"] if isinstance(form[path], gr.HTML) else form[path].info
        assert shown == about(parameter), path


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"attack_steps": 7.0, "tau": "0.5"}, Ask(Method(7, 0.5))),
        ({"attack_steps": None, "tau": " none "}, Ask()),
        ({"labels": OWN, "labels_own": "cat, dog"}, Ask(labels="cat, dog")),
        ({"kinds": ["blur"], "sizes": "2, 0.5", "fast": True}, Ask(kinds=("blur",), sizes=(2.0, 0.5), fast=True)),
        ({"sizes": ""}, Ask(sizes=())),
        ({"norm": "linf", "rate": "0.1"}, Ask(Method(norm="linf", rate=0.1))),
    ],
)
def test_boxes_become_a_request_and_a_request_becomes_boxes_and_a_link(
    form: Form[Ask], changes: dict[str, Any], expected: Ask
) -> None:
    assert form.read(values(form, **changes)) == expected
    updates = form.values(expected)
    assert form.read([updates[each]["value"] for each in form.inputs()]) == expected
    assert request_of(Ask(), query_of(expected, Ask())) == expected


def test_a_request_brings_into_sight_what_belongs_to_it(form: Form[Ask]) -> None:
    updates = form.values(Ask(Method(norm="linf"), labels="cat"))
    assert updates[form["attack.rate"]]["visible"] is True and updates[form.inputs()[3]]["visible"] is True
    some = form.updates({"attack.norm": "none"})
    assert set(some) == {form["attack.norm"], form["attack.rate"]}
    assert some[form["attack.rate"]]["visible"] == "hidden" and "value" not in some[form["attack.rate"]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"attack_steps": 2.5}, "steps must be a whole number, not 2.5"),
        ({"attack_steps": 9999}, "steps must lie between 1 and 2,000, not 9,999"),
        ({"tau": "warm"}, "tau must be a number, not 'warm'"),
        ({"labels": OWN, "labels_own": " "}, "type at least one label"),
        ({"sizes": "1, x"}, "sizes must be a number, not 'x'"),
        ({"norm": "l1"}, "norm must be one of none, linf, not 'l1'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(form: Form[Ask], changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StudioError) as error:
        form.read(values(form, **changes))
    assert str(error.value) == sentence


def test_forms_are_put_together() -> None:
    with gr.Blocks():
        shared = Form(Ask(), Layout("shared", {"all": (("labels",),)}))
        own = Form(Ask(steps=4), Layout("own", {"all": (("attack.steps",), ("steps",))}))
        shared.draw("all")
        own.draw("all")
    asked = own.read([9, None], shared.changes(["mine"]) | {"elsewhere": 1})
    assert asked == Ask(Method(9), labels="mine", steps=4)


def test_something_of_ones_own_that_is_still_to_come(form: Form[Ask]) -> None:
    assert form.unfinished(values(form, labels=OWN)) and not form.unfinished(values(form))
    assert not form.unfinished(values(form, labels=OWN, labels_own="cat"))


def test_links_name_what_is_not_usual_and_refuse_what_cannot_be() -> None:
    assert read_query("?tab=adapt&__theme=dark&__sign=a.b") == {"tab": "adapt"}  # a Space's own ask for nothing here
    assert names(Ask)["attack.steps"] == "attack_steps" and names(Ask)["steps"] == "steps"
    assert query_of(Ask(), Ask()) == {}
    # What a server was started with is said, since another may have been started with something else.
    assert query_of(Ask(steps=4), Ask(steps=4)) == {"steps": "4"} and query_of(Ask(), Ask(steps=4)) == {"steps": "3"}
    assert query_of(Ask(labels="mine"), Ask(), {"labels": Box(private=True)}) == {}
    assert request_of(Ask(), {"attack.steps": "7", "tab": "ask"}) == Ask(Method(7))
    assert request_of(Ask(), {"attack_steps": "7", "fast": "true"}, own=("fast",)) == Ask(fast=True)
    with pytest.raises(StudioError, match="the link’s attack_steps must be a whole number, not 'many'"):
        request_of(Ask(), {"attack_steps": "many"})
    with pytest.raises(StudioError, match="the link cannot be followed: steps must lie between 0 and 9, not 99"):
        request_of(Ask(), {"steps": "99"})


def test_a_layout_names_only_what_is_there() -> None:
    for groups in ({"all": (("attack.speed",),)}, {"all": (("steps", "steps"),)}):
        with pytest.raises(ValueError, match=r"Ask has no|named twice"):
            Form(Ask(), Layout("ask", groups))
    assert set(LAYOUT.paths()) == set(leaves(Ask))
