"""Flags are what declarations say, and commands say what requests say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ood_studio.cli.bench import Bench
from ood_studio.cli.command import Common
from ood_studio.cli.flags import flags
from ood_studio.cli.main import COMMANDS, joined, parse
from ood_studio.core import plugins
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, nested
from ood_studio.studio import BenchRequest, ExploreRequest, workbench
from ood_studio.studio.commands import PROGRAM, command_line, value_typed
from tests.parameters import requests

ROOT = Path(__file__).resolve().parents[2]
WITH_REQUEST = {name: nested(each)["request"] for name, each in COMMANDS.items() if "request" in nested(each)}


def read(line: str) -> Any:
    """What a whole command line asks for."""
    return parse(shlex.split(line)[len(PROGRAM.split()) :])


@pytest.mark.parametrize("name", WITH_REQUEST)
@settings(max_examples=40)
@given(data=st.data())
def test_the_command_of_a_request_asks_for_the_same(name: str, data: st.DataObject) -> None:
    request = data.draw(requests(WITH_REQUEST[name]))
    command = read(command_line(name, request))
    assert type(command) is COMMANDS[name] and command.request == request


@pytest.mark.parametrize("name", WITH_REQUEST)
def test_a_command_without_flags_asks_for_what_is_usual(name: str) -> None:
    assert command_line(name, WITH_REQUEST[name]()) == f"{PROGRAM} {name}"
    assert parse([name]) == COMMANDS[name]()


def test_a_command_line_can_be_read() -> None:
    request = BenchRequest(scorers=("mcm", "knn:k=5"), ood_data=("odd=my pictures",), count=50, seed=0)
    assert command_line("bench", request) == (
        "python -m ood_studio bench --scorers mcm knn:k=5 --ood-data 'odd=my pictures' --seed 0 --count 50"
    )
    explored = read(command_line("explore", ExploreRequest(top=3), "a.png", "b c.png"))
    assert explored.pictures == ("a.png", "b c.png") and explored.request.top == 3


def test_several_values_are_separated_by_spaces_or_commas() -> None:
    for typed in (["mcm,energy", "knn"], ["mcm", "energy", "knn"], ["mcm, energy,knn"]):
        assert parse(["bench", "--scorers", *typed]).request.scorers == ("mcm", "energy", "knn")  # type: ignore[attr-defined]
    assert parse(["bench", "--ood-data", r"a=/x\,y"]).request.ood_data == ("a=/x,y",)  # type: ignore[attr-defined]
    assert parse(["attack", "--smoothness", "0", "5000", "--linf"]).request.smoothness == (0, 5000)  # type: ignore[attr-defined]


def test_none_is_none_and_underscores_are_hyphens() -> None:
    command: Any = parse(["explore", "x.png", "--tau", "0.5", "--tau", "none", "--fuse=none", "--per_pos"])
    assert command.request.score.tau is None and command.request.score.fuse is None


def test_a_value_may_look_like_a_flag() -> None:
    request = BenchRequest(id_data="--odd", ood_data=("-x", "y"), train_data="-5")
    assert read(command_line("bench", request)).request == request


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("bnech", "there is no command bnech; did you mean bench?"),
        ("paint", f"there is no command paint; there are {', '.join(COMMANDS)}"),
        ("bench --scorer mcm", "there is no flag --scorer; did you mean --scorers?"),
        ("bench --count=5.5", "--count must be a whole number, not '5.5'"),
        ("bench --count", "Missing value for argument '--count'"),
        ("bench --format pdf", "--format must be one of table, markdown, latex, csv, not 'pdf'"),
        ("bench --count 5", "count must lie between 10 and 100,000, not 5"),
        ("mine 7", "7 is one value too many"),
        ("mine --plugin nowhere.py", "the plug-in nowhere.py does not exist"),
        ("serve --port 70000", "port must lie between 1 and 65,535, not 70,000"),
        ("--quiet", "Expected one of"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(line: str, sentence: str) -> None:
    with pytest.raises(StudioError) as caught:
        parse(line.split())
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_options_and_requests_share_no_flag() -> None:
    for command in COMMANDS.values():
        assert list(flags(command)) == list(leaves(command))
        assert len(set(flags(command).values())) == len(leaves(command))
        assert "--plugin" not in flags(command).values()


def test_a_text_is_no_list() -> None:
    parameter = leaves(BenchRequest)["suite"]
    assert value_typed(parameter, ["a,b "], "--suite") == "a,b "


def documented() -> list[str]:
    """The commands that the README and docs/ tell, each on one line."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += [
        " ".join(code.split()) for code in re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    ]
    first = {name.partition("-")[0] for name in COMMANDS}  # "detect fit" is "detect-fit"
    found = (
        re.fullmatch(rf"(?:\S*python -m ood_studio|ood-studio) ((?:{'|'.join(first)})\b.*)", line) for line in lines
    )
    return [match[1].partition(" #")[0].strip() for match in found if match]


def test_commands_of_the_readme_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    monkeypatch.setattr(plugins, "use_files", used.extend)  # what is registered stays
    monkeypatch.chdir(ROOT)
    lines = documented()
    assert len(lines) > 15 and {joined(line.split())[0] for line in lines} == set(COMMANDS)
    for line in lines:
        if not line.endswith("--help"):
            parse(shlex.split(line))


def test_a_flag_with_many_values_may_be_given_several_times() -> None:
    command = parse(["bench", "--adapter", "a", "--count", "20", "--adapter=b", "--adapter", "c", "d", "--json"])
    assert isinstance(command, Bench)
    assert command.request.labels.adapter == ("a", "b", "c", "d") and command.request.count == 20 and command.json
    command = parse(["bench", "--ood-data=-x=1", "--ood-data", "y=2"])
    assert isinstance(command, Bench) and command.request.ood_data == ("-x=1", "y=2")


def test_every_command_that_computes_takes_a_device_and_a_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(workbench, "load_backbone", lambda *given, progress: asked.append(given))
    command = parse(["mine", "--backbone", "diorama-conv", "--device", "cpu", "--precision", "bfloat16"])
    assert isinstance(command, Common)
    command.studio().backbone("diorama-conv")
    assert asked == [("diorama-conv", "cpu", "bfloat16")]
    for name, kind in COMMANDS.items():
        assert ("--precision" in flags(kind).values()) == (issubclass(kind, Common) or name == "serve"), name
    own = [
        path.name for path in (ROOT / "ood_studio/cli").glob("*.py") if " Studio(" in path.read_text(encoding="utf-8")
    ]
    assert own == ["command.py"]  # a command with a studio of its own would forget one of them
    with pytest.raises(StudioError, match="precision must be one of auto, float32, float16, bfloat16, not 'half'"):
        parse(["explore", "--precision", "half"])
