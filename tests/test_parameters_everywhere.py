"""Every bound, default and help text that people meet is that of its one declaration, wherever they meet it.

Requests are walked by their leaves (that these are whole is tested in ``core/test_parameters.py``); what shows them is
compared with `core.parameters` alone.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tyro.constructors import StructTypeInfo

from ood_studio.cli.command import Command
from ood_studio.cli.flags import flags, part, registry
from ood_studio.cli.main import COMMANDS, parse
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import about, leaves, names, nested, value_at, with_values
from ood_studio.core.paths import ROOT
from ood_studio.studio import AttackImageRequest, ExploreRequest, Studio, SynthesizeImageRequest
from ood_studio.studio.requests import REQUESTS
from ood_studio.ui.adapt.layout import START as ADAPT
from ood_studio.ui.attack.batch import START as ATTACK_SET
from ood_studio.ui.blocks import build
from ood_studio.ui.compare.layout import START
from ood_studio.ui.form import Form
from ood_studio.ui.form.convert import value_of
from ood_studio.ui.form.widgets import OWN, scale
from ood_studio.ui.run import Run
from ood_studio.ui.synthesize.layout import SET_START
from tests.parameters import values

# --- declarations ------------------------------------------------------------------------------------------------


def test_what_several_declare_alike_is_declared_once() -> None:
    """Two bounds or helps with the same words stand for one thing: a type that is shared."""
    places: dict[str, list[str]] = {}
    for path in (ROOT / "ood_studio").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "Annotated[" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Bounds", "Help"):
                said = ast.dump(node)
                if node.func.id == "Help" or "arg='help'" in said:
                    places.setdefault(said, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert len(places) > 300
    assert [found for found in places.values() if len(found) > 1] == []


# --- requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_refuses_what_a_declaration_excludes(kind: type) -> None:
    for path, parameter in leaves(kind).items():
        wrong: list[Any] = ["no-such-choice"] if parameter.choices else []
        if parameter.bounds is not None:
            wrong += [parameter.bounds.low - 1, parameter.bounds.high + 1, float("nan"), "1"]
            wrong += [parameter.bounds.low + 0.5] if parameter.kind is int else []
        for value in wrong:
            with pytest.raises(StudioError, match=parameter.name):
                with_values(kind(), {path: (value,) if parameter.many else value})


_NO_NUMBERS = (float("inf"), float("-inf"), float("nan"), 1e300, True, [1], (1,), {}, "many", "9" * 5_000, "[1, 2]")


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_is_no_number_is_refused_in_a_short_sentence(kind: type) -> None:
    """As programs send it (JSON's numbers, lists and texts), and as it is typed."""
    for path, parameter in leaves(kind).items():
        if parameter.bounds is None:
            continue
        for value in _NO_NUMBERS:
            for give in (lambda given: given, lambda given, known=parameter: value_of(known, given, known.default)):
                with pytest.raises(StudioError, match=parameter.name) as caught:
                    with_values(kind(), {path: give([value] if parameter.many else value)})
                assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", REQUESTS)
@given(data=st.data())
def test_what_a_link_or_a_command_says_of_a_value_is_that_value(kind: type, data: st.DataObject) -> None:
    parameter = leaves(kind)[data.draw(st.sampled_from([*leaves(kind)]))]
    value = data.draw(values(parameter))
    parameter.check(value)
    texts = [parameter.text((each,)) for each in value] if parameter.many else [parameter.text(value)]
    read = [parameter.parse_one(text) for text in texts]
    assert (tuple(read) if parameter.many else read[0]) == value


# --- flags -------------------------------------------------------------------------------------------------------


def told(command: type[Command], path: str = "") -> dict[str, Any]:
    """What tyro is told of every flag of a command, by path."""
    (rule,) = registry._struct_rules
    spec = rule(StructTypeInfo.make(part(command, path), None, False))
    assert spec is not None
    found: dict[str, Any] = {}
    for field in spec.fields:
        place = field.name.replace("__", ".")
        found |= {place: field} if place in leaves(command) else told(command, place)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_flags_are_what_declarations_say(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = COMMANDS[name]
    fields, known, called = told(command), leaves(command), flags(command)
    assert set(fields) == set(known)
    for path, field in fields.items():
        assert field.default == value_at(command(), path), path
        assert field.helptext == about(known[path]), path
    asked = nested(command).get("request")  # what a command that computes something takes
    for path, shorter in (names(asked) if asked else {}).items():
        assert called[f"request.{path}"] == f"--{shorter.replace('_', '-')}"

    monkeypatch.setenv("COLUMNS", "110")  # one column: nothing stands beside a text that is broken
    with pytest.raises(SystemExit):
        parse([name, "--help"])
    out = capsys.readouterr().out
    said, tight = re.sub(r"[│\s]+", " ", out), re.sub(r"[│\s]+", "", out)
    for path, parameter in known.items():
        if path not in ("pictures", "adapter", "kinds"):  # stand without a flag
            turned_off = parameter.kind is bool and value_at(command(), path) is True  # its flag says no
            assert f" {'--no' + called[path][1:] if turned_off else called[path]} " in said, path
        assert re.sub(r"\s+", "", about(parameter)) in tight, path
        for choice in parameter.choices:
            assert str(choice) in said.partition(f" {called[path]} ")[2].partition("}")[0], path


# --- forms and endpoints -----------------------------------------------------------------------------------------

ENDPOINTS = {
    "/explore": ExploreRequest(),
    "/compare": START,
    "/attack": AttackImageRequest(),
    "/attack_set": ATTACK_SET,
    "/synthesize": SynthesizeImageRequest(),
    "/synthesize_set": SET_START,
    "/adapt": ADAPT,
}
"""What is asked for by programs that say nothing, by endpoint."""


RUNS: list[Run] = []
"""All that clicks and changes start in the app."""


@pytest.fixture(scope="module")
def app() -> Iterator[tuple[gr.Blocks, list[Form[Any]]]]:
    """The app as it is served, and every form in it; `RUNS` are noted as well."""
    forms: list[Form[Any]] = []
    make, make_run = Form.__init__, Run.__init__

    def noted(form: Form[Any], *arguments: Any, **more: Any) -> None:
        make(form, *arguments, **more)
        forms.append(form)

    def noted_run(run: Run, *arguments: Any, **more: Any) -> None:
        make_run(run, *arguments, **more)
        RUNS.append(run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Form, "__init__", noted)
        patch.setattr(Run, "__init__", noted_run)
        yield build(Studio("cpu", workers=0), "diorama"), forms


def test_whatever_a_click_or_a_change_starts_can_be_stopped(app: tuple[gr.Blocks, list[Form[Any]]]) -> None:
    assert len({run.name for run in RUNS}) > 12
    unseen = {run.name for run in RUNS if not run.buttons.stop.visible}
    assert unseen == {"synthesize_prompt"}  # a prompt is read by a model of this machine in a moment


def test_boxes_are_what_declarations_say(app: tuple[gr.Blocks, list[Form[Any]]]) -> None:
    _, forms = app
    assert forms
    for form in forms:
        known = leaves(type(form.start))
        for path in form.paths:
            parameter, drawn, box = known[path], form[path], form.box(path)
            held = drawn.props if isinstance(drawn, gr.HTML) else vars(drawn)
            assert unescape(held["info"] or "") == about(parameter), path
            bounds = parameter.bounds
            if isinstance(drawn, gr.HTML):  # the slider on a logarithmic scale
                assert bounds is not None and (held["bottom"], held["top"]) == (max(0.0, bounds.low), bounds.high), path
            if isinstance(drawn, gr.Slider):  # may be shorter than what can be typed elsewhere
                assert bounds is not None and bounds.low <= drawn.minimum < drawn.maximum <= bounds.high, path
                assert (drawn.minimum, drawn.maximum) == scale(bounds, box), path
            if parameter.choices:
                offered = [value for _, value in drawn.choices if value not in ("none", OWN)]
                assert offered == [each for each in parameter.choices if each != "none"], path
        values = [drawn.value for drawn in form.inputs()]
        assert form.read(values) == form.start


def test_endpoints_are_what_declarations_say(app: tuple[gr.Blocks, list[Form[Any]]]) -> None:
    blocks, _ = app
    told = blocks.get_api_info()["named_endpoints"]
    for endpoint, start in ENDPOINTS.items():
        kind = type(start)
        parameters = {each["parameter_name"]: each for each in told[endpoint]["parameters"]}
        shared = {path: name for path, name in names(kind).items() if name in parameters}
        assert len(shared) > 5
        for path, name in shared.items():
            parameter, usual = leaves(kind)[path], value_at(start, path)
            assert parameters[name]["label"] == about(parameter), path
            assert parameters[name]["parameter_default"] == (list(usual) if parameter.many else usual), path
            said = json.dumps(parameters[name]["type"])
            if parameter.bounds is not None:
                for end in (parameter.bounds.low, parameter.bounds.high):
                    assert json.dumps(end) in said, path
            assert all(json.dumps(choice) in said for choice in parameter.choices), path
