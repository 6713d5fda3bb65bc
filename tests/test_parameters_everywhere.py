"""Every bound, default and help text that people meet is that of its one declaration, wherever they meet it.

Requests are walked by their leaves (that these are whole is tested in ``core/test_parameters.py``); what shows them is
compared with `core.parameters` alone.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tyro.constructors import StructTypeInfo

from ood_studio.cli.command import Command
from ood_studio.cli.flags import flags, part, registry
from ood_studio.cli.main import COMMANDS, parse
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import about, leaves, names, nested, value_at, with_values
from ood_studio.studio.requests import REQUESTS
from tests.parameters import values

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
    for path, shorter in names(nested(command)["request"]).items():
        assert called[f"request.{path}"] == f"--{shorter.replace('_', '-')}"

    monkeypatch.setenv("COLUMNS", "400")  # so that no line is broken
    with pytest.raises(SystemExit):
        parse([name, "--help"])
    said = re.sub(r"[│\s]+", " ", capsys.readouterr().out)
    for path, parameter in known.items():
        if path != "pictures":  # stands without a flag
            assert f" {called[path]} " in said, path
        assert about(parameter) in said, path
        for choice in parameter.choices:
            assert str(choice) in said.partition(f" {called[path]} ")[2].partition("}")[0], path


# --- forms and schemas -------------------------------------------------------------------------------------------
# Boxes are compared with `about`, bounds and choices in ui/test_form.py, endpoints for programs in ui/test_endpoint.py.
