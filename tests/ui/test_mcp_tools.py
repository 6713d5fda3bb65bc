"""Files that agents give."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from gradio.mcp import GradioMCPServer

from ood_studio.core.errors import StudioError
from ood_studio.ui.mcp_tools import take_lists


def test_files_of_lists_are_taken_as_single_ones_are() -> None:
    server = SimpleNamespace(convert_strings_to_filedata=partial(GradioMCPServer.convert_strings_to_filedata, None))
    take_lists(SimpleNamespace(mcp_server_obj=server))
    given = {
        "picture": "https://example.org/a.png",
        "pictures": ["https://example.org/b.png"] * 2,
        "labels": "https://",
    }
    found = server.convert_strings_to_filedata(given, [["picture"], ["pictures", "items"], ["others", "items"]])
    files = [found["picture"], *found["pictures"]]
    assert [each["path"].rsplit("/", 1)[-1] for each in files] == ["a.png", "b.png", "b.png"]
    assert all(each["meta"] == {"_type": "gradio.FileData"} for each in files) and found["labels"] == "https://"


def test_no_tools_are_one_sentence() -> None:
    with pytest.raises(StudioError, match=r"cannot be started with the package mcp.* \(no module\); install"):
        take_lists(SimpleNamespace(mcp_server_obj=None, mcp_error="Error launching MCP server: no module"))
