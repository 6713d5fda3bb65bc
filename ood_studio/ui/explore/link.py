"""What is seen as a link and as a command."""

from __future__ import annotations

from pathlib import Path

from ood_studio.studio.commands import command_line
from ood_studio.ui.explore.session import Session
from ood_studio.ui.share import shared_view
from ood_studio.ui.sidebar import Sidebar

EXAMPLE = "example"
"""The name of a link's part that says which example is open: its kind, turn and place."""
CHANGE = "change"
"""That of what is changed of it, such as ``colour=red``; several are parted by semicolons."""


def view_of(sidebar: Sidebar, mine: Session) -> str:
    """The value of the box that shares it; pictures of one's own are in no link, and in the command by their names."""
    if mine.request is None:
        return ""
    query = sidebar.query(mine.request)
    _, path = mine.pictures[mine.opened]
    redrawn = mine.redrawn.get(path)
    if redrawn is not None:
        path = redrawn.path
    if path in mine.examples:
        query[EXAMPLE] = f"{mine.kind}/{mine.turn}/{mine.examples.index(path)}"
    names = [Path(path).name for _, path in mine.pictures]
    if redrawn is not None:  # the command is of this picture alone: it changes all that it is given
        changes = [f"{thing}={value}" for thing, value in redrawn.picture.changes.items()]
        names = [Path(path).name, "--change", *changes]
        if EXAMPLE in query:
            query[CHANGE] = ";".join(changes)
    return shared_view("explore", query, command_line("explore", sidebar.shown(mine.request), *names))
