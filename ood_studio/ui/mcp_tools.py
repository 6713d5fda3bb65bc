"""The endpoints as MCP tools (``--mcp``): the package that gradio needs for them, and lists of files.

Gradio takes a file that an agent gives, an address or a ``data:`` text, where a parameter is one file, and forgets to
where it is a list of files.
"""

from __future__ import annotations

import functools
import importlib.util
import operator
import re
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from ood_studio.core.errors import StudioError


def check_package() -> None:
    """Checks that the package mcp is there, and one that gradio uses.

    Raises:
        StudioError: where it is not, saying what to install.
    """
    if importlib.util.find_spec("mcp") is None:
        raise StudioError("the MCP server needs the package mcp; install it with: pip install 'gradio[mcp]'")
    if wanted := _other_mcp():
        raise StudioError(_no_mcp(f"gradio needs {wanted}"))


def take_lists(blocks: Any) -> None:
    """Lets the tools of launched blocks take lists of files.

    Raises:
        StudioError: where gradio made no tools, saying why.
    """
    server = blocks.mcp_server_obj
    if server is None:
        raise StudioError(_no_mcp(str(blocks.mcp_error or "gradio made no server of tools")))
    given = server.convert_strings_to_filedata

    @functools.wraps(given)
    def converted(value: dict[str, Any], places: Sequence[Sequence[str | int]]) -> Any:
        return given(value, [*map(list, places), *_of_lists(value, places)])

    server.convert_strings_to_filedata = converted


def _of_lists(value: dict[str, Any], places: Sequence[Sequence[str | int]]) -> list[list[str | int]]:
    """Where the files of lists stand in a call: schemas say ``items`` for any place of a list."""
    names = [place[0] for place in places if len(place) == 2 and place[1] == "items"]
    lists = {str(name): found for name in names if isinstance(found := value.get(str(name)), list)}
    return [[name, i] for name, found in lists.items() for i in range(len(found))]


def _other_mcp() -> str:
    """What gradio needs of the package mcp where that is not met; empty where it is, or where nobody knows."""
    with suppress(PackageNotFoundError):
        have = _numbers(version("mcp"))
        for each in requires("gradio") or ():
            wanted = each.partition(";")[0].strip()
            bounds = re.findall(r"(<=|>=|<|>)\s*([0-9.]+)", wanted) if re.match(r"mcp[<>= ]", wanted) else []
            if not all(_HOLDS[sign](have, _numbers(bound)) for sign, bound in bounds):
                return wanted
    return ""


_HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _numbers(release: str) -> tuple[int, ...]:
    """The first three numbers of a version."""
    return tuple(map(int, [*re.findall(r"\d+", release), 0, 0, 0][:3]))


def _no_mcp(reason: str) -> str:
    """Why agents get no tools: gradio itself goes on without a word that anybody would see."""
    reason = " ".join(reason.removeprefix("Error launching MCP server:").split())
    try:
        found = f" {version('mcp')}"
    except PackageNotFoundError:
        found = ""
    return (
        f"the MCP server cannot be started with the package mcp{found} ({reason}); install the version that gradio "
        "takes: pip install 'gradio[mcp]'"
    )
